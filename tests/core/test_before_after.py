"""KPIs before and after are told in a sentence that names what is worse and what cannot be told, never as a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stopwatch.core.baseline import KpiFigures
from stopwatch.core.before_after import SiteFigures, held_against_baseline, in_a_sentence, recorded_figures, some
from stopwatch.core.kpi import Better, Kpi, KpiId, Unit
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.rollout import RuleSet
from tests.core.hypercare import HAM, PLAN

LOAD, SPEED = KpiId("load"), KpiId("speed")
KPIS = {
    LOAD: Kpi(LOAD, "Load", Unit.COUNT, Better.LOWER, "load"),
    SPEED: Kpi(SPEED, "Speed", Unit.PER_SECOND, Better.HIGHER, "speed"),
}
RULES = RuleSet(PLAN, KPIS, {HAM: ()}, "ab" * 32)
BEGIN, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


def frozen(number: int = 1, load: float = 10.0) -> Entry:
    told = {kpi: {"median": load, "p90": 2 * load, "samples": 500, "slots": 500} for kpi in KPIS}
    return Entry(number, "wms-4-12", EntryKind.BASELINE, HAM, "", {"kpis": told}, "cli:ida", BEGIN)


def after(load: float | None, speed: float | None) -> SiteFigures:
    told = {LOAD: load, SPEED: speed}
    found = [
        KpiFigures(kpi, 0, 9, why="no answer") if value is None else KpiFigures(kpi, 480, 480, value, value)
        for kpi, value in told.items()
    ]
    return SiteFigures(HAM, BEGIN, END, tuple(found))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(after(11, 9), "By their medians all 2 KPIs are within the band of the baseline.", id="both near"),
        pytest.param(
            after(30, 9),
            "By their medians 1 of 2 KPIs is within the band of the baseline; OUTSIDE it: Load at ham-01 (3 times).",
            id="one is worse",
        ),
        pytest.param(
            after(11, 5),
            "By their medians 1 of 2 KPIs is within the band of the baseline; OUTSIDE it: Speed at ham-01 (0.5 times).",
            id="one is lower that should be high",
        ),
        pytest.param(
            after(None, 9),
            "By their medians 1 of 2 KPIs is within the band of the baseline; cannot be told: Load at ham-01.",
            id="one could not be read",
        ),
        pytest.param(
            replace(after(11, 9), kpis=after(11, 9).kpis[:1]),
            "By their medians 1 of 2 KPIs is within the band of the baseline; cannot be told: Speed at ham-01.",
            id="one was not read at all",
        ),
        pytest.param(None, "Nothing can be compared with a baseline.", id="nothing is recorded"),
    ],
)
def test_it_is_said_in_a_sentence(now: SiteFigures | None, words: str) -> None:
    assert in_a_sentence([held_against_baseline(RULES, [frozen()], HAM, now, upto=9)]) == words


def test_a_sentence_names_the_first_of_many() -> None:
    assert some(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert some(["a", "b"], most=2) == "a, b"


def test_without_a_baseline_or_figures_it_is_said_what_is_missing() -> None:
    none = held_against_baseline(RULES, [], HAM, after(11, 9), upto=9)
    assert none.missing is not None
    assert none.missing.startswith("No baseline of ham-01 is frozen")
    assert in_a_sentence([none]) == "Nothing can be compared with a baseline."
    unseen = held_against_baseline(RULES, [frozen()], HAM, None, upto=9)
    assert unseen.missing is not None
    assert unseen.missing.startswith("No figures of ham-01 are recorded")
    assert held_against_baseline(RULES, [], HAM, None, upto=9, live=False).missing is None


def test_a_baseline_that_was_frozen_afterwards_changes_no_earlier_comparison() -> None:
    entries = [frozen(1, 10.0), frozen(5, 100.0)]
    (earlier, _), (later, _) = (
        held_against_baseline(RULES, entries, HAM, after(30, 9), upto=upto).rows for upto in (5, 6)
    )
    assert (earlier.inside, later.inside) == (False, True)


def test_figures_read_back_from_the_record_as_they_were() -> None:
    told = after(11, None)
    assert recorded_figures({"figures": [told.record()]}) == {HAM: told}
    assert recorded_figures({}) == {}
