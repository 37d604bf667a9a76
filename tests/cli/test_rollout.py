"""The commands of a rollout as a person uses them: what is missing, what is recorded, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from tests.prometheus.scripted import ScriptedServer, Seen, http

KPIS = """
kpis:
  - {id: load, title: Load, unit: count, better: lower, query: 'sum by (site) (rate(load[5m]))'}
"""
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: 5, sustain: {for: 5m}}
"""
PLAN = """
rollout: story
change: {type: TYPE, version: "4.12.0", what: WMS 4.12, why: speed, risk: low, scope: {in: all}, communication: [told]}
phases:
  - {id: pilot, sites: [ham-01], observation: 1d}
  - id: wave-1
    sites: [lodz]
    observation: 1d
    readiness: [{id: uat, text: UAT signed, owner: warehouse-lead}]
    automatic: [AUTOMATIC]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-20T06:00:00Z}
  lodz: {name: Łódź, timezone: Europe/Warsaw, go_live: 2026-11-20T06:00:00Z}
roles: [warehouse-lead]
"""
LINK = "https://wiki.example/uat"


class Shell:
    """A terminal with a rule folder and a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kpis.yaml").write_text(KPIS, encoding="utf-8")
        (folder / "stop-rules.yaml").write_text(RULES, encoding="utf-8")
        self.settings = {
            "STOPWATCH_CONFIG": str(folder),
            "STOPWATCH_DATABASE_URL": f"sqlite:///{folder}/stopwatch.db",
            "STOPWATCH_LINK_HOSTS_PRIVATE": "true",
        }
        self.plan()

    def plan(self, *, kind: str = "normal", automatic: str = "", **more: str) -> None:
        text = PLAN.replace("TYPE", kind).replace("AUTOMATIC", automatic)
        extra = "".join(f"{key}: {value}\n" for key, value in more.items())
        (self.folder / "rollout.yaml").write_text(text + extra, encoding="utf-8")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, list(words), env=self.settings, prog_name="stopwatch")

    def json(self, *words: str) -> Any:  # noqa: ANN401 – whatever JSON the command writes
        return json.loads(self.run(*words, "--format", "json").stdout)

    def passed(self) -> None:
        """Let a person decide that the pilot may be left."""
        done = self.run("gate", "pilot", "--go", "--reason", "quiet days", "--actor", "cli:ida")
        assert done.exit_code == 0, done.output


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def judged(shell: Shell) -> None:
    """Have the pilot's exit judged by a source that knows nothing, and let a person say go all the same."""
    with ScriptedServer(empty) as server:
        shell.settings["STOPWATCH_PROMETHEUS_URL"] = server.url
        assert shell.run("gate", "pilot").exit_code == 1
    shell.passed()


def empty(seen: Seen) -> bytes:
    body = {"status": "success", "data": {"resultType": "matrix", "result": []}}
    return http(json.dumps(body), 200, "Content-Type: application/json")


def test_a_site_becomes_ready_item_by_item_and_is_activated(shell: Shell) -> None:
    first = shell.run("rollout", "ready", "lodz")
    assert first.exit_code == 1
    assert "lodz (Łódź, wave-1): closed: 1 of 1 items missing, 1 other reason" in first.stdout
    assert "warehouse-lead   not recorded; stopwatch rollout done lodz uat --link URL" in first.stdout
    assert "phase pilot has not passed its exit; stopwatch gate pilot judges it" in first.stdout
    assert shell.run("gate", "lodz").exit_code == 0, "it may go on, yet not begin"
    refused = shell.run("rollout", "activate", "lodz", "--version", "4.12.0")
    assert refused.exit_code == 1
    assert "the entry gate of lodz is closed:" in refused.stderr
    assert "uat (warehouse-lead): not recorded" in refused.stderr
    done = shell.run("rollout", "done", "lodz", "UAT signed", "--link", LINK, "--expires", "30d", "--actor", "cli:ida")
    assert done.stdout.startswith("lodz: uat is done until 20")
    judged(shell)
    assert shell.run("rollout", "ready", "lodz").exit_code == 0
    activated = shell.run("rollout", "activate", "lodz", "--actor", "cli:bo")
    assert activated.exit_code == 0, activated.output
    assert activated.stdout.endswith("with 4.12.0, by cli:bo\n")
    wave = shell.json("rollout", "status")["phases"][1]
    assert wave["sites"][0]["activation"]["version"] == "4.12.0"
    assert shell.run("audit", "verify").exit_code == 0


def test_an_override_is_told_and_shown_for_good(shell: Shell) -> None:
    bare = shell.run("rollout", "activate", "lodz", "--override")
    assert (bare.exit_code, bare.stderr) == (2, "stopwatch: reason: an override needs a reason\n")
    passed = shell.run("rollout", "activate", "lodz", "--override", "--reason", "customers wait", "--actor", "cli:bo")
    assert passed.exit_code == 0
    assert "passed by override: uat (warehouse-lead): not recorded" in passed.stdout
    told = "lodz: 4.12.0 went live past a closed gate, by cli:bo: customers wait"
    assert told in shell.run("rollout", "status").stdout
    shell.run("rollout", "done", "lodz", "uat", "--link", LINK)
    judged(shell)
    shell.run("rollout", "activate", "lodz", "--version", "4.12.1")
    assert told in shell.run("rollout", "status").stdout
    audit = shell.run("audit", "export").stdout
    assert '"act":"rollout.activate"' in audit.replace('": "', '":"')


def test_a_live_decision_closes_the_entry_gate_of_the_next_phase_and_says_what_opens_it(shell: Shell) -> None:
    shell.run("rollout", "done", "lodz", "uat", "--link", LINK)
    judged(shell)
    decision = shell.json("pause", "ham-01", "--criterion", "sev1", "--reason", "nothing ships")["id"]
    refused = shell.run("rollout", "activate", "lodz")
    assert refused.exit_code == 1
    assert "earlier phase pilot has a live decision since" in refused.stderr
    assert f"end {decision} to open" in refused.stderr
    found = shell.json("rollout", "ready", "lodz")
    assert [(one["holds"], one["decision"], one["phase"]) for one in found["reasons"]] == [
        ("decision", decision, "pilot")
    ]
    assert shell.run("gate", "lodz").exit_code == 1
    ground = f"sev1@{decision.removeprefix('ham-01-')}"
    shell.run("decisions", "dismiss", decision, "--category", "false_alarm", "--reason", "a drill of the floor")
    assert ground
    assert shell.run("rollout", "activate", "lodz").exit_code == 0


@pytest.mark.parametrize("wide", [("--phase", "wave-1"), ("--all",)])
def test_wide_stops_close_the_entry_gates_they_cover(shell: Shell, wide: tuple[str, ...]) -> None:
    shell.run("rollout", "done", "lodz", "uat", "--link", LINK)
    judged(shell)
    shell.run("pause", *wide, "--criterion", "sev1", "--reason", "the carrier is down")
    refused = shell.run("rollout", "activate", "lodz")
    assert refused.exit_code == 1
    assert "a wide stop" in refused.stderr


def test_a_standard_change_demands_no_items(shell: Shell) -> None:
    shell.plan(kind="standard")
    ready = shell.run("rollout", "ready", "lodz")
    assert (ready.exit_code, ready.stdout.splitlines()[0]) == (
        0,
        "lodz (Łódź, wave-1): open; a standard change demands no items",
    )
    assert shell.run("rollout", "activate", "lodz").exit_code == 0


def test_an_emergency_goes_ahead_with_one_approver_besides_who_activates(shell: Shell) -> None:
    shell.plan(kind="emergency")
    words = ("rollout", "activate", "lodz", "--actor", "cli:bo")
    assert "an emergency needs an approver; stopwatch rollout approve lodz" in shell.run(*words).stderr
    approve = ("rollout", "approve", "lodz", "--reason", "labels are refused", "--actor")
    shell.run(*approve, "cli:bo")
    assert "an approver besides cli:bo" in shell.run(*words).stderr
    shell.run(*approve, "cli:eva")
    assert shell.run(*words).exit_code == 0
    assert shell.run(*words).exit_code == 1, "an approval serves one activation"


def test_a_freeze_window_refuses_with_the_next_opening(shell: Shell) -> None:
    shell.plan(kind="standard", freeze="[{name: peak, from: 2026-01-01, until: 2199-12-31}, {name: x, days: [mon]}]")
    refused = shell.run("rollout", "activate", "lodz")
    assert refused.exit_code == 1
    assert "frozen by peak: no opening within two years; change the plan" in refused.stderr
    early = shell.run("rollout", "activate", "lodz", "--at", "2025-12-30T10:00:00Z")
    assert early.exit_code == 0, early.output


def test_the_world_is_asked_and_its_answers_count_and_age(shell: Shell) -> None:
    shell.plan(automatic="kpi-data, links, on-call, channel", links="{runbook: http://127.0.0.1:9/runbook}")
    with ScriptedServer(empty) as server:
        shell.settings["STOPWATCH_PROMETHEUS_URL"] = server.url
        found = {item["item"]: item for item in shell.json("rollout", "ready", "lodz")["items"]}
        asked = len(server.seen)
        shown = {item["item"]: item for item in shell.json("rollout", "ready", "lodz", "--no-ask")["items"]}
        assert len(server.seen) == asked
    assert found["kpi-data"]["why"] == "load: no data in the past hour (asked 0 s ago)"
    assert "runbook link of the plan http://127.0.0.1:9/runbook: cannot be reached" in found["links"]["why"]
    assert found["on-call"]["why"].startswith("nobody is on call: sites.lodz.on_call")
    assert found["channel"]["why"].startswith("Slack is off")
    assert {name: item["at"] for name, item in shown.items()} == {name: item["at"] for name, item in found.items()}


def test_the_links_of_rules_that_follow_a_baseline_are_asked_frozen_or_not(shell: Shell) -> None:
    limit = "threshold: {baseline: median, factor: 2, floor: 1}"
    rules = RULES.replace("threshold: 5", limit).replace("for: 5m}", "for: 5m}, links: {runbook: 'URL/{site}'}")
    shell.plan(automatic="links")
    with ScriptedServer(lambda _seen: http("", 404)) as server:
        shell.settings["STOPWATCH_PROMETHEUS_URL"] = server.url
        (shell.folder / "stop-rules.yaml").write_text(rules.replace("URL", server.url), encoding="utf-8")
        found = {item["item"]: item for item in shell.json("rollout", "ready", "lodz")["items"]}
    assert f"runbook link {server.url}/lodz: nothing is there (HTTP 404)" in found["links"]["why"]


def test_people_sign_rehearse_and_bring_runbooks_up_to_date(shell: Shell) -> None:
    signed = shell.run("rollout", "sign-off", "pilot", "--role", "warehouse-lead", "--actor", "Anna Schulz")
    assert signed.stdout == "pilot: signed off as warehouse-lead by Anna Schulz\n"
    words = ("--what", "flag", "--from", "4.12", "--to", "4.11", "--took", "8m", "--link", LINK, "--actor", "cli:bo")
    assert shell.run("rollout", "rehearse", "lodz", *words).stdout == "lodz: the rehearsal worked, recorded by cli:bo\n"
    runbook = shell.json("rollout", "runbook", "--link", LINK, "--note", "label retries added")
    assert (runbook["kind"], runbook["scope"], runbook["body"]["note"]) == ("runbook", "_all", "label retries added")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("ready", "nowhere"), "site: the plan has no site nowhere; it has ham-01", id="no such site"),
        pytest.param(("done", "lodz", "uta", "--link", LINK), "item: the checklist of lodz has no item", id="no item"),
        pytest.param(("done", "lodz", "uat"), "link: give the evidence: --link URL, or --note TEXT", id="no evidence"),
        pytest.param(("done", "lodz", "uat", "--link", "wiki"), "'wiki' is no web address", id="no link"),
        pytest.param(("done", "lodz", "uat", "--link", LINK, "--expires", "2020-01-01T00:00Z"), "is past", id="past"),
        pytest.param(("sign-off", "pilot", "--role", "ceo"), "role: the plan lets no ceo sign", id="no role"),
        pytest.param(("runbook", "nowhere", "--link", LINK), "place: the plan has no phase or site", id="no place"),
        pytest.param(("activate", "nowhere"), "site: the plan has no site nowhere", id="activating nowhere"),
    ],
)
def test_bad_usage_says_what_to_write(shell: Shell, words: tuple[str, ...], told: str) -> None:
    result = shell.run("rollout", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_status_shows_where_everything_stands_and_what_is_missing(shell: Shell) -> None:
    shell.run("pause", "ham-01", "--criterion", "sev1", "--reason", "nothing ships")
    shown = shell.run("rollout", "status").stdout
    assert shown.startswith("story, normal change: WMS 4.12\n\npilot: phase pilot has not passed its exit")
    assert "ham-01   Hamburg   at the daemon's next tick   PAUSED: ham-01-" in shown
    assert "waits for rollout activate, planned 2026-11-20 06:00 UTC" in shown
    assert "lodz lacks uat" in shown
