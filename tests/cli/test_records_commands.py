"""Commands upon the records: nothing is answered from an empty database, and broken rules lock nobody out."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.core.decision import DecisionId
from stopwatch.core.outbox import Message, MessageKind, root_key
from stopwatch.store.connect import open_store
from tests.stories.world import write_rules

SITES = {"ham-01": "pilot", "lodz": "wave-1"}


class Shell:
    """A terminal with a rule folder and a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.rules = write_rules(folder / "rules", SITES, datetime(2026, 11, 20, tzinfo=UTC))
        self.database = folder / "stopwatch.db"

    def run(self, *words: str) -> Result:
        environment = {"STOPWATCH_CONFIG": str(self.rules), "STOPWATCH_DATABASE_URL": f"sqlite:///{self.database}"}
        return CliRunner().invoke(main, list(words), env=environment, prog_name="stopwatch")

    def pause(self, site: str = "ham-01") -> str:
        """Open a decision and return its id."""
        words = ("pause", site, "--criterion", "sev1", "--reason", "nothing ships", "--format", "json")
        identity: str = json.loads(self.run(*words).stdout)["id"]
        return identity

    def break_rules(self) -> None:
        path = self.rules / "stop-rules.yaml"
        path.write_text(path.read_text().replace("threshold: 10", "threshold: ten"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("gate", "ham-01"), id="gate"),
        pytest.param(("status",), id="status"),
        pytest.param(("decisions", "list"), id="decisions"),
        pytest.param(("audit", "verify"), id="audit"),
        pytest.param(("outbox", "list"), id="outbox"),
    ],
)
def test_without_a_database_nothing_is_answered_and_none_is_made(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell.run(*words)
    assert result.exit_code == 2
    assert "there is no database at" in result.stderr
    assert not shell.database.exists()


def test_a_broken_rule_file_keeps_nobody_from_acting_but_from_resuming(shell: Shell) -> None:
    decision = shell.pause()
    shell.break_rules()
    assert shell.run("decisions", "acknowledge", decision).exit_code == 0
    assert shell.run("gate", "ham-01").exit_code == 1
    assert shell.run("gate", "lodz").exit_code == 1
    assert shell.run("audit", "verify").exit_code == 0
    ground = f"sev1@{decision.removeprefix('ham-01-')}"
    resolved = shell.run("decisions", "resolve", decision, "--ground", ground, "--reason", "it ships")
    assert resolved.exit_code == 0, resolved.output
    assert "only the plan of" in resolved.stderr
    refused = shell.run("decisions", "resume", decision, "--reason", "it ships")
    assert refused.exit_code == 1
    assert "nobody can tell whether the site is seen" in refused.stderr


def test_a_broken_plan_says_where_one_can_act_meanwhile(shell: Shell) -> None:
    decision = shell.pause()
    (shell.rules / "rollout.yaml").write_text("rollout: [", encoding="utf-8")
    result = shell.run("decisions", "acknowledge", decision)
    assert result.exit_code == 2
    assert "rollout.yaml:1:" in result.stderr
    assert "meanwhile act in Slack, on its pages or over HTTP" in result.stderr


def test_status_says_why_a_site_has_no_state_yet(shell: Shell) -> None:
    shell.pause()
    (line,) = [line for line in shell.run("status").stdout.splitlines() if line.startswith("lodz")]
    assert "not evaluated yet" in line
    plan = shell.rules / "rollout.yaml"
    plan.write_text(plan.read_text().replace("2026-11-20T00:00:00", "2099-01-01T06:00:00"))
    (line,) = [line for line in shell.run("status").stdout.splitlines() if line.startswith("lodz")]
    assert "goes live 2099-01-01 06:00 UTC" in line


def test_a_refusal_names_who_acted_last_and_how_a_ground_can_end(shell: Shell) -> None:
    decision = shell.pause()
    assert shell.run("decisions", "acknowledge", decision, "--actor", "anna").exit_code == 0
    again = shell.run("decisions", "acknowledge", decision)
    assert again.exit_code == 1
    assert "anna" in again.stderr
    resume = shell.run("decisions", "resume", decision, "--reason", "it ships")
    assert "resolve it first (resolve, ground sev1@" in resume.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("--site", "nonsense"), "the plan has no site nonsense", id="no such site"),
        pytest.param(("--state", "nonsense"), "nonsense", id="no such state"),
    ],
)
def test_a_filter_that_names_nothing_is_bad_usage(shell: Shell, words: tuple[str, ...], told: str) -> None:
    shell.pause()
    result = shell.run("decisions", "list", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_audit_rows_that_were_removed_are_found(shell: Shell) -> None:
    decision = shell.pause()
    shell.run("decisions", "acknowledge", decision)
    head = shell.run("audit", "verify").stdout.split()[-1]
    assert shell.run("audit", "verify", "--head", head[:12]).exit_code == 0
    shell.run("decisions", "confirm", decision)
    with sqlite3.connect(shell.database) as database:  # sqlite3 here is the hand of somebody who tampers
        triggers = database.execute(
            "select name from sqlite_master where type='trigger' and tbl_name='audit'"
        ).fetchall()
        for (name,) in triggers:
            database.execute(f'drop trigger "{name}"')
        database.execute("delete from audit where seq = (select max(seq) from audit)")
    gone = shell.run("audit", "verify")
    assert gone.exit_code == 1
    assert f"confirm of {decision}" in gone.stderr
    assert shell.run("audit", "verify", "--head", "f" * 12).exit_code == 1


def test_every_command_takes_the_rule_folder(shell: Shell) -> None:
    assert shell.run("token", "grafana", "--scope", "read", "--config", str(shell.rules)).exit_code == 0


def test_the_list_of_messages_says_what_each_is_about(shell: Shell) -> None:
    decision = shell.pause()
    store = open_store(f"sqlite:///{shell.database}")
    message = Message(root_key(DecisionId(decision), "C1"), MessageKind.ROOT, "C1", DecisionId(decision), 1)
    with store.writing() as tx:
        tx.enqueue(message, now=datetime(2026, 11, 20, tzinfo=UTC))
    store.close()
    head, _rule, row = shell.run("outbox", "list").stdout.splitlines()[:3]
    assert head.split() == ["key", "kind", "decision", "state", "attempts", "ts", "error"]
    assert row.split() == [message.key, "root", decision, "pending", "0"]


def test_a_table_shows_the_newest_decisions_and_says_how_to_see_all(shell: Shell) -> None:
    """Two hundred by itself; here two of three are asked for."""
    ids = []
    for _ in range(3):
        ids.append(shell.pause())
        shell.run("decisions", "dismiss", ids[-1], "--category", "false_alarm", "--reason", "a try")
    whole = shell.run("decisions", "list")
    assert [line.split()[0] for line in whole.stdout.splitlines()[2:]] == ids
    assert whole.stderr == ""
    assert "." not in whole.stdout, "a person's pause bears the instant, a list tells it to the second"
    few = shell.run("decisions", "list", "--limit", "2")
    assert [line.split()[0] for line in few.stdout.splitlines()[2:]] == ids[1:]
    assert "these are the newest 2 of 3; --limit 3 shows all, --format json has all" in few.stderr
    found = json.loads(shell.run("decisions", "list", "--format", "json").stdout)["decisions"]
    assert [one["id"] for one in found] == ids
