"""A baseline frozen from a real Prometheus, shown, compared, and what limits, commands and gates make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from stopwatch.core.grid import rfc3339
from stopwatch.demo.prometheus import PrometheusServer
from stopwatch.store.connect import open_store
from tests.cli.real_past import run

pytestmark = pytest.mark.slow

KPIS = """
kpis:
  - {id: err, title: Errors, unit: ratio, better: lower, query: 'last_over_time(err{site=~"$sites"}[30s])'}
  - {id: rate, title: Orders, unit: per_second, better: higher, query: 'last_over_time(rate{site=~"$sites"}[30s])'}
  - {id: spare, title: Spare, unit: count, better: lower, query: 'last_over_time(spare[30s])', required: false}
"""
RULES = """
rules:
  - {id: errors, kpi: err, op: ">", threshold: {baseline: median, factor: 2, floor: 0.001}, sustain: {for: 5m}}
  - {id: spares, kpi: spare, op: ">", threshold: 5, sustain: {for: 5m}}
"""
PLAN = """
rollout: t
phases: [{id: pilot, sites: [ham-01, lodz], observation: 10d}]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-10T10:00:00Z, label: HAM}
  lodz: {name: Łódź, timezone: Europe/Warsaw, go_live: 2026-11-10T10:00:00Z, label: LDZ}
"""
START = datetime(2026, 11, 10, 10, tzinfo=UTC)
MINUTES = 3000
ERRORS = [(place * 7 % 1000) / 10_000 for place in range(MINUTES)]
FROZEN_TO = START + timedelta(minutes=MINUTES - 1)
BREACH = MINUTES + 60
"""From this minute on errors are ten times as many."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("past")
    first = int(START.timestamp())
    errors = [*ERRORS, *ERRORS[:60], *[0.5] * 60]
    lines = ["# TYPE err gauge"]
    lines += [f'err{{site="HAM"}} {value} {first + 60 * place}' for place, value in enumerate(errors)]
    lines += [f'err{{site="LDZ"}} 0.01 {first + 60 * place}' for place in range(99)]
    lines.append("# TYPE rate gauge")
    lines += [f'rate{{site="HAM"}} {10 + place % 3} {first + 60 * place}' for place in range(len(errors))]
    (folder / "history.om").write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    with PrometheusServer(folder / "server", openmetrics=folder / "history.om", retention="10y") as server:
        yield server.url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("kpis", KPIS), ("stop-rules", RULES), ("rollout", PLAN)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def freeze(folder: Path, url: str, *words: str) -> Result:
    span = ["--window", "2999m", "--until", rfc3339(FROZEN_TO), "--actor", "cli:ida"]
    return run(["rollout", "baseline", "ham-01", *span, *words], folder=folder, url=url)


def frozen(folder: Path, url: str) -> dict[str, Any]:
    result = freeze(folder, url, "--format", "json")
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_median_p90_and_counts_of_two_days_are_frozen_and_audited(folder: Path, url: str) -> None:
    entry = frozen(folder, url)
    assert (entry["kind"], entry["scope"], entry["actor"]) == ("baseline", "ham-01", "cli:ida")
    told = entry["body"]["kpis"]["err"]
    assert told["median"] == pytest.approx(float(np.quantile(ERRORS, 0.5)))
    assert told["p90"] == pytest.approx(float(np.quantile(ERRORS, 0.9)))
    assert (told["samples"], told["slots"], told["coverage"], told["step_seconds"]) == (MINUTES, MINUTES, 1.0, 60.0)
    assert told["query"] == 'last_over_time(err{site=~"$sites"}[30s])'
    assert (entry["body"]["start"], entry["body"]["end"]) == (rfc3339(START), rfc3339(FROZEN_TO))
    assert entry["body"]["source"] == "default"
    assert entry["body"]["left_out"] == {"spare": "0 samples in 3000 slots, at least 100 are needed"}
    rows = run(["audit", "export"], folder=folder, url=url).stdout
    assert '"act":"rollout.baseline"' in rows.replace(" ", "")
    assert run(["audit", "verify"], folder=folder, url=url).exit_code == 0


def test_it_is_shown_again_and_checked_against_its_evidence_without_prometheus(folder: Path, url: str) -> None:
    entry = frozen(folder, url)
    shown = run(
        ["rollout", "baseline", "ham-01", "--show", "--format", "json"], folder=folder, url="http://127.0.0.1:1"
    )
    assert json.loads(shown.stdout) == entry | {"verified": True, "troubles": []}
    told = run(["rollout", "baseline", "ham-01", "--show"], folder=folder, url="http://127.0.0.1:1")
    assert "every number was computed anew from its evidence, and agrees" in told.stdout
    assert "ham-01: baseline 1, frozen by cli:ida" in told.stdout


def test_a_baseline_whose_numbers_were_changed_is_told(folder: Path, url: str) -> None:
    frozen(folder, url)
    store = open_store(f"sqlite:///{folder}/records.db")
    with store.writing() as tx:
        entry = tx.entries("t")[0]
        kpis = dict(entry.body["kpis"])  # type: ignore[call-overload] # JSON
        kpis["err"] = kpis["err"] | {"median": 0.9}
        tx.record(type(entry)(0, "t", entry.kind, "ham-01", "", {**entry.body, "kpis": kpis}, "cli:eve", entry.at))
    store.close()
    shown = run(["rollout", "baseline", "ham-01", "--show"], folder=folder, url=url)
    assert shown.exit_code == 1
    assert "its numbers are not those of its evidence" in shown.stderr


def test_too_few_samples_freeze_nothing_and_say_why(folder: Path, url: str) -> None:
    span = ["--window", "2999m", "--until", rfc3339(FROZEN_TO)]
    refused = run(["rollout", "baseline", "lodz", *span], folder=folder, url=url)
    assert refused.exit_code == 1
    assert "no baseline of lodz was frozen: err: 99 samples in 3000 slots, at least 100 are needed; " in refused.stderr
    assert "rate: 0 samples" in refused.stderr
    shown = run(["rollout", "baseline", "lodz", "--show"], folder=folder, url=url)
    assert (shown.exit_code, shown.stderr) == (
        1,
        "stopwatch: no baseline of lodz is frozen; stopwatch rollout baseline lodz --window 14d\n",
    )


def test_a_source_that_does_not_answer_freezes_nothing(folder: Path) -> None:
    refused = freeze(folder, "http://127.0.0.1:1")
    assert refused.exit_code == 1
    assert "source default" in refused.stderr


def test_now_is_compared_with_it_in_plain_words(folder: Path, url: str) -> None:
    frozen(folder, url)
    words = ["--compare", "--window", "2h", "--until", rfc3339(START + timedelta(minutes=BREACH + 59))]
    told = run(["rollout", "baseline", "ham-01", *words], folder=folder, url=url)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("ham-01: outside the baseline's band: err\n")
    assert "OUTSIDE the band" in told.stdout
    answer = json.loads(
        run(["rollout", "baseline", "ham-01", *words, "--format", "json"], folder=folder, url=url).stdout
    )
    by_kpi = {one["kpi"]: one for one in answer["kpis"]}
    assert (by_kpi["err"]["inside"], by_kpi["rate"]["inside"]) == (False, True)
    assert by_kpi["rate"]["words"] == "as before, within the band"


def test_replay_explain_and_the_live_check_judge_by_it_and_without_it_say_what_is_missing(
    folder: Path, url: str
) -> None:
    span = ["--start", rfc3339(FROZEN_TO), "--end", rfc3339(START + timedelta(minutes=BREACH + 59)), "--format", "json"]
    without = run(["replay", *span], folder=folder, url=url)
    assert "no baseline median of err is frozen" in without.stderr
    assert json.loads(without.stdout)["breaches"] == []
    frozen(folder, url)
    breaches = json.loads(run(["replay", *span], folder=folder, url=url).stdout)["breaches"]
    assert [(one["site"], one["rule"]) for one in breaches] == [("ham-01", "errors")]
    assert breaches[0]["pending_since"] == rfc3339(START + timedelta(minutes=BREACH))
    at = rfc3339(START + timedelta(minutes=BREACH + 10))
    told = run(["explain", "ham-01", "errors", "--at", at, "--format", "json"], folder=folder, url=url).stdout
    limit = 2 * float(np.quantile(ERRORS, 0.5))
    assert f'"threshold": {limit}' in told
    checked = run(["check", "--live", "--format", "json"], folder=folder, url=url).stdout
    unresolved = [one["site"] for one in json.loads(checked)["findings"] if one["code"] == "baseline-unresolved"]
    assert unresolved == ["lodz"]


def test_replay_of_limits_that_follow_no_baseline_touches_no_database(folder: Path, url: str) -> None:
    rules = (folder / "stop-rules.yaml").read_text().replace("{baseline: median, factor: 2, floor: 0.001}", "0.2")
    (folder / "stop-rules.yaml").write_text(rules)
    (folder / "records.db").write_text("this is no database")
    span = ["--start", rfc3339(FROZEN_TO), "--end", rfc3339(START + timedelta(minutes=BREACH + 59))]
    assert run(["replay", *span], folder=folder, url=url).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["nowhere"], 2, "the plan has no site nowhere", id="an unknown site"),
        pytest.param(["ham-01", "--show", "--compare"], 2, "--show goes with no other option", id="two at once"),
        pytest.param(["ham-01", "--window", "x"], 2, "write 10m, 1h30m, 30d", id="no duration"),
    ],
)
def test_what_cannot_be_meant_is_refused(folder: Path, words: list[str], code: int, said: str) -> None:
    result = run(["rollout", "baseline", *words], folder=folder, url="http://127.0.0.1:1")
    assert result.exit_code == code
    assert said in result.stderr
