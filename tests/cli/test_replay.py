"""``stopwatch replay`` on a real Prometheus agrees with the core's fold and with explain, and compares variants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stopwatch.app.building import load
from stopwatch.core.grid import SlotRange, rfc3339
from stopwatch.core.kpi import KpiId, RuleId, SiteId
from stopwatch.core.reading import Query
from stopwatch.core.resolve import resolve
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Change, fold, rearmed
from stopwatch.prometheus.client import PrometheusSource
from tests.cli.real_past import START, prometheus_with, run, write_folder

NOWHERE = "http://127.0.0.1:9"
QUIET = "C" * 10
PAST = {
    "HAM": QUIET + "BBBBBBBBHHCCCC" + "MMMMMM" + "BBNBBBBB" + QUIET + "BBBB" + QUIET + "B" * 9,
    "LDZ": QUIET + "HHHHHHH" + QUIET + "CHCHCHCCCCC" + "BBBBBBBB" + "C" * 40,
}
VOLUMES = {"HAM": "4" * 35 + "LL" + "4" * 60, "LDZ": "4" * 90}
MINUTES = 70
SPAN = ["replay", "--start", rfc3339(START), "--end", rfc3339(START + timedelta(minutes=MINUTES))]
BREACHED = {"ham-01": "HAM", "lodz": "LDZ"}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus_with(tmp_path_factory.mktemp("past"), PAST, VOLUMES) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules")


def replayed(folder: Path, url: str, *words: str) -> dict[str, Any]:
    result = run([*SPAN, "--format", "json", *words], folder=folder, url=url)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def folded(folder: Path, url: str) -> list[dict[str, object]]:
    """The breaches as the core's fold tells them, over values read as the daemon reads them."""
    rule_set = load(folder)
    kpi = rule_set.kpis[KpiId("err")]
    found: list[dict[str, object]] = []
    source = PrometheusSource("p", url, monotonic=lambda: 0.0, clock=lambda: datetime.now(UTC), sleep=lambda _s: None)
    with source:
        for name, label in BREACHED.items():
            site = SiteId(name)
            written = rule_set.rule(site, RuleId("errors"))
            assert written is not None
            rule = resolve(written, rule_set.kpis, {})
            first = rule.grid.at_or_after(START)
            span = SlotRange(rule.grid, first, first + MINUTES)
            values, volumes = (
                source.read(Query(text or "", "site", {label: site}), span, deadline_seconds=20).series[site]
                for text in (kpi.query, kpi.volume)
            )
            slots = classify(rule, first, [Samples(values, volumes)])
            for event in fold(rule, rearmed(START), slots, start=first)[1]:
                if event.change is Change.OPENED:
                    since = rfc3339(event.pending_since)
                    entry = {"opened_at": rfc3339(event.at), "recovered_at": None, "pending_since": since}
                    found.append({"site": name, "rule": "errors", "mode": "enforce", **entry})
                else:
                    found[-1]["recovered_at"] = rfc3339(event.at)
    return sorted(found, key=lambda breach: (str(breach["opened_at"]), str(breach["site"])))


@pytest.mark.slow
def test_a_replay_of_a_real_prometheus_tells_what_the_fold_tells(folder: Path, past: str) -> None:
    found = replayed(folder, past)
    expected = folded(folder, past)
    assert len(expected) == 5
    assert found["breaches"] == expected
    assert found["evaluated"] == {"slots": 2 * (MINUTES + 1), "missing": 9, "errors": 0}


@pytest.mark.slow
def test_explain_agrees_with_the_replay_at_every_change(folder: Path, past: str) -> None:
    for breach in replayed(folder, past)["breaches"]:
        opened = datetime.fromisoformat(breach["opened_at"])
        before = {"pending", "no_data"}  # missing slots may hide a pending rule until it fires
        for at, states in ((opened - timedelta(minutes=1), before), (opened, {"breached"})):
            asked = ["explain", breach["site"], "errors", "--at", rfc3339(at), "--format", "json"]
            told = json.loads(run(asked, folder=folder, url=past).stdout)
            assert told["state"] in states
            assert told["pending_since"] == breach["pending_since"]
        assert told["opened_at"] == breach["opened_at"]


@pytest.mark.slow
def test_people_get_durations_the_local_hour_and_the_sums(folder: Path, past: str) -> None:
    text = run(SPAN, folder=folder, url=past).stdout
    [first] = [line for line in text.splitlines() if "10:15Z" in line and line.startswith("ham-01")]
    assert " ".join(first.split()[3:]) == (
        "2026-11-20 10:10Z 5 min 2026-11-20 10:15Z Fri 11:15 2026-11-20 10:23Z 8 min"
    )
    assert "5 breaches, 5 decisions: sites were watched for 2 h 22 min in all, too short for a rate" in text
    assert "longest breach: errors at" in text


@pytest.mark.slow
def test_the_page_is_written_whole(folder: Path, past: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    result = run([*SPAN, "--html", str(file)], folder=folder, url=past)
    text = file.read_text(encoding="utf-8")
    assert f"stopwatch: wrote {file}" in result.stderr
    for words in ("Hamburg (ham-01)", "Łódź (lodz)", "ham-01-20261120T1015Z", "decisions per site-week", "limit 5 %"):
        assert words in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.slow
def test_a_changed_rule_stands_beside_the_rule_as_written(folder: Path, past: str) -> None:
    found = replayed(folder, past, "--set", "errors.sustain={for: 3m}")
    assert [variant["variant"] for variant in found["variants"]] == ["as written", "errors.sustain={for: 3m}"]
    written, changed = (variant["summary"] for variant in found["variants"])
    assert found["breaches"] == found["variants"][0]["breaches"]
    assert (written["breaches"], changed["breaches"]) == (5, 6)
    assert (written["detection_median_seconds"], changed["detection_median_seconds"]) == (300, 180)


@pytest.mark.slow
def test_a_sweep_compares_every_value_and_says_which_make_no_rule(folder: Path, past: str) -> None:
    found = replayed(folder, past, "--sweep", "errors.threshold=0.02:0.10:0.04")
    names = [variant["variant"] for variant in found["variants"]]
    assert names == ["as written", *(f"errors.threshold={value}" for value in ("0.02", "0.06", "0.10"))]
    assert "breaching side" in found["variants"][1]["refused"]
    assert [variant["summary"]["breaches"] for variant in found["variants"][2:]] == [4, 0]


@pytest.mark.slow
def test_variants_are_shown_side_by_side(folder: Path, past: str) -> None:
    text = run([*SPAN, "--sweep", "errors.threshold=0.02:0.10:0.04"], folder=folder, url=past).stdout
    rows = {line.split()[0]: line for line in text.splitlines() if line.startswith(("as written", "errors.threshold"))}
    assert "not valid" in rows["errors.threshold=0.02"]
    assert rows["errors.threshold=0.10"].split()[1:3] == ["0", "–"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["--set", "errors"], "write it as rule.key=value", id="no change"),
        pytest.param(["--set", "error.threshold=1"], "did you mean 'errors'", id="no such rule"),
        pytest.param(["--set", "errors.threshold=0.01"], "breaching side", id="no valid rule"),
        pytest.param(["--sweep", "errors.threshold=1"], "low:high:step", id="no sweep"),
        pytest.param(
            ["--sweep", "errors.threshold=0.1:0.9:0.1", "--sweep", "errors.stale_after=1:9:1"], "81 variants", id="many"
        ),
    ],
)
def test_changes_that_cannot_be_end_with_two(folder: Path, words: list[str], said: str) -> None:
    result = run([*SPAN, *words], folder=folder, url=NOWHERE)
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_a_source_that_does_not_answer_is_named_and_counted(folder: Path) -> None:
    result = run([*SPAN, "--format", "json"], folder=folder, url=NOWHERE)
    assert result.exit_code == 0
    assert "cannot be reached" in result.stderr
    assert json.loads(result.stdout)["evaluated"] == {"slots": 0, "missing": 0, "errors": 2 * (MINUTES + 1)}


def test_a_page_that_cannot_be_written_ends_with_two(folder: Path) -> None:
    result = run([*SPAN, "--html", str(folder / "nowhere" / "page.html")], folder=folder, url=NOWHERE)
    assert (result.exit_code, "cannot be written" in result.stderr) == (2, True)
