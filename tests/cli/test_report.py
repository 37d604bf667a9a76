"""Reports from a terminal: written from the records alone, recorded as held, posted once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stopwatch.core.outbox import MessageKind
from stopwatch.store.connect import open_store
from tests.cli.test_rollout import Shell, judged

HELD = ("report", "checkpoint", "--held", "--actor", "cli:ida")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.plan(checkpoint="{at: '09:00'}", stakeholders="{channel: C0STAKE}")
    assert made.run("rollout", "activate", "ham-01").exit_code == 0
    return made


def test_a_checkpoint_is_written_and_recorded_with_who_was_there(shell: Shell) -> None:
    first = shell.run("report", "checkpoint")
    assert first.stdout.startswith("# Checkpoint pilot, 20")
    assert "Not looked at yet; the daemon notes them at every checkpoint." in first.stdout
    shell.run("issues", "add", "ham-01", "--severity", "sev4", "--text", "slow")
    held = shell.run(*HELD, "--present", "ops:Ida", "--present", "warehouse-lead: Bo", "--note", "go on")
    assert held.exit_code == 0, held.output
    assert held.stdout.endswith("is recorded, with Ida (ops), Bo (warehouse-lead)\n")
    rows = [json.loads(line) for line in shell.run("audit", "export").stdout.splitlines()]
    body = next(row.get("body", row) for row in rows if row.get("body", row)["act"] == "checkpoint.hold")
    assert body["details"]["body"]["issues"] == ["ham-01-1"]
    assert shell.run("audit", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param(HELD, "say who was there", id="nobody present"),
        pytest.param((*HELD, "--present", "Ida"), "no ROLE:NAME", id="no role"),
        pytest.param((*HELD, "--present", "ops:Ida", "--date", "2999-01-01"), "still to come", id="tomorrow"),
        pytest.param((*HELD, "--present", "ops:Ida", "--phase", "x"), "no phase x", id="unknown phase"),
        pytest.param((*HELD, "--present", "ops:Ida", "--phase", "wave-1"), "wave-1 is in hypercare", id="not live"),
        pytest.param(("report", "checkpoint", "--note", "x"), "go with --held", id="a note without --held"),
        pytest.param(("report", "gate", "x"), "no phase x", id="gate of an unknown phase"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(shell: Shell, words: tuple[str, ...], complaint: str) -> None:
    refused = shell.run(*words)
    assert (refused.exit_code, complaint in refused.stderr) == (2, True), refused.output


def test_nothing_in_hypercare_is_said_as_such(tmp_path: Path) -> None:
    empty = Shell(tmp_path)
    empty.run("issues", "add", "ham-01", "--severity", "sev4", "--text", "slow")
    said = empty.run("report", "checkpoint")
    assert (said.exit_code, said.stdout.startswith("No phase is in hypercare")) == (0, True)


def test_the_summary_of_a_gate_is_posted_to_the_stakeholders_once_for_each_word_on_it(shell: Shell) -> None:
    assert shell.run("report", "gate", "pilot", "--post").exit_code == 1
    judged(shell)
    for _ in range(2):
        assert shell.run("report", "gate", "pilot", "--post").exit_code == 0
    rows = posted(shell)
    assert [channel for channel, _ in rows] == ["C0STAKE"]
    assert rows[0][1] == "Gate of pilot: not provable"
    assert shell.run("gate", "pilot", "--no-go", "--reason", "wait").exit_code in {0, 1}
    again = shell.run("report", "gate", "pilot", "--post")
    assert "on its way to C0STAKE" in again.stderr
    assert len(posted(shell)) == 2


def posted(shell: Shell) -> list[tuple[str, object]]:
    """Channel and title of what waits to be sent."""
    store = open_store(shell.settings["STOPWATCH_DATABASE_URL"])
    with store.reading() as view:
        rows = [(row.message.channel, row.message.body["title"]) for row in view.every(MessageKind.REPORT)]
    store.close()
    return rows


def test_the_handover_pack_is_one_file_that_needs_nothing_else(shell: Shell, tmp_path: Path) -> None:
    out = tmp_path / "handover.html"
    assert shell.run("report", "handover", "--out", str(out)).exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "Escalation path" in text
    assert "sum by (site) (rate(load[5m]))" in text
    assert "# Handover of story" in shell.run("report", "handover").stdout
    message = json.loads(shell.run("report", "handover", "--format", "slack").stdout)
    assert message["blocks"][0]["text"]["text"] == "Handover of story"
    assert shell.run("report", "handover", "--out", str(tmp_path / "no" / "x.md")).exit_code == 2


def test_a_decision_carries_the_link_of_its_follow_up_into_the_pack(shell: Shell) -> None:
    link = "https://tickets.example/4800"
    made = shell.json("pause", "ham-01", "--criterion", "sev1", "--reason", "no totes")
    done = shell.run("decisions", "attach", made["id"], "--link", link, "--kind", "follow-up")
    assert done.exit_code == 0, done.output
    assert f"| {made['id']} | follow-up | <{link}> |" in shell.run("report", "handover").stdout
