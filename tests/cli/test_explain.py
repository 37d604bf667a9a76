"""``stopwatch explain`` answers in plain words, on a real Prometheus and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopwatch.core.decision import Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind
from stopwatch.core.kpi import PhaseId, RuleId, SiteId
from stopwatch.core.records import Activation
from stopwatch.store.connect import open_store
from tests.cli.real_past import START, prometheus_with, run, write_folder

NOWHERE = "http://127.0.0.1:9"
HAM, ERRORS = SiteId("ham-01"), RuleId("errors")
PAST = "CCCCCBBBBBBBBCCHCCCCMNCCCCCCCCCC"
VOLUMES = "4444444444444444444444L444444444"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus_with(tmp_path_factory.mktemp("past"), {"HAM": PAST}, {"HAM": VOLUMES}) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules")


def at(minute: int) -> str:
    return (START + minute * MINUTE).isoformat()


def explained(folder: Path, url: str, minute: int) -> str:
    result = run(["explain", "ham-01", "errors", "--at", at(minute)], folder=folder, url=url)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["explain", "hamburg", "errors"], "the plan has no site 'hamburg'", id="site"),
        pytest.param(["explain", "ham-01", "error"], "no rule 'error' applies at ham-01", id="rule"),
        pytest.param(["explain", "ham-01", "errors", "--at", "noon"], "'noon' is no time", id="time"),
    ],
)
def test_what_cannot_be_asked_ends_with_two(folder: Path, words: list[str], said: str) -> None:
    result = run(words, folder=folder, url=NOWHERE)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_a_source_that_does_not_answer_is_said_and_no_failure_of_the_command(folder: Path) -> None:
    result = run(["explain", "ham-01", "errors"], folder=folder, url=NOWHERE)
    assert result.exit_code == 0
    assert "cannot be judged" in result.stdout
    assert "cannot be reached" in result.stdout


def test_no_database_is_made_by_looking(folder: Path) -> None:
    run(["explain", "ham-01", "errors"], folder=folder, url=NOWHERE)
    assert not (folder / "records.db").exists()


@pytest.mark.slow
def test_a_pending_rule_says_what_is_missing_to_fire(folder: Path, past: str) -> None:
    lines = explained(folder, past, 8).splitlines()
    assert lines[0] == "errors at ham-01 is PENDING at 2026-11-20 10:08Z (11:08 in Hamburg), since 10:05Z."
    assert lines[1] == ("To fire it needs 2 more breaching slots: at the earliest 10:10Z, which is judged 1 min later.")
    assert "verdict  clear: 4 breach and 6 are needed" in lines


@pytest.mark.slow
def test_a_breached_rule_says_what_is_missing_to_recover(folder: Path, past: str) -> None:
    lines = explained(folder, past, 15).splitlines()
    assert lines[0].endswith("fired at 10:10Z, breaching since 10:05Z.")
    assert lines[1].startswith("To recover it needs 4 more good slots (2 of 4 good slots since it fired)")
    assert lines[2] == "What fired it: stopwatch explain ham-01 errors --at 2026-11-20T10:10:00Z"


@pytest.mark.slow
def test_missing_slots_say_why_they_are(folder: Path, past: str) -> None:
    text = explained(folder, past, 23)
    for words in ("missing: no point", "missing: the value is NaN", "missing: volume 34 under 100"):
        assert words in text


@pytest.mark.slow
def test_the_query_can_be_pasted_with_its_range(folder: Path, past: str) -> None:
    text = explained(folder, past, 8)
    command = "promtool query range --start=2026-11-20T10:01:00Z --end=2026-11-20T10:08:00Z --step=60s"
    assert f"{command} {past} 'last_over_time(err{{site=~\"HAM\"}}[30s])'" in text
    assert "dashboard: https://g.example/HAM?from=" in text


@pytest.mark.slow
def test_the_same_facts_are_given_as_json(folder: Path, past: str) -> None:
    asked = ["explain", "ham-01", "errors", "--at", at(10), "--format", "json"]
    told = json.loads(run(asked, folder=folder, url=past).stdout)
    assert (told["state"], told["opened_at"], told["pending_since"]) == (
        *("breached", "2026-11-20T10:10:00Z", "2026-11-20T10:05:00Z"),
    )
    assert told["verdict"]["branch"] == "enough_breaching"
    assert told["range"]["classes"] == "CCBBBBBB"
    assert [slot["conditions"][0]["reason"] for slot in told["slots"]][:3] == ["clear", "clear", "breaching"]


@pytest.mark.slow
def test_a_rule_that_a_decision_armed_again_counts_from_its_end(folder: Path, past: str) -> None:
    store = open_store(f"sqlite:///{folder}/records.db")
    with store.writing() as tx:
        tx.save_activation(Activation("t", HAM, START, "cli:eva", START))
        tx.save_decision(_resumed(datetime(2026, 11, 20, 10, 12, tzinfo=UTC)), rev_before=None)
    store.close()
    before, after = (explained(folder, past, minute).splitlines() for minute in (11, 14))
    assert "watched  from 2026-11-20 10:00Z: the recorded go-live" in before
    assert "watched  from 2026-11-20 10:12Z: armed again by the end of decision ham-01-20261120T1010Z" in after
    assert "is OK at" in after[0]


def _resumed(ended: datetime) -> Decision:
    opened = START + 10 * MINUTE
    name = "ham-01-20261120T1010Z"
    ground = Ground(GroundId(f"{name}/errors"), GroundKind.RULE, HAM, ERRORS, None, opened, opened)
    live = Decision(DecisionId(name), "t", HAM, HAM, PhaseId("pilot"), DecisionState.OPEN, 1, 1, opened)
    return replace(live, state=DecisionState.RESUMED, grounds=(ground,), ended_at=ended)
