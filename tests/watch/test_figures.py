"""What KPIs were like is read once for all sites, each over its own span; what cannot be read says why."""

from __future__ import annotations

from stopwatch.core.baseline import KpiFigures
from stopwatch.core.kpi import SiteId
from stopwatch.watch.baseline import Span
from stopwatch.watch.rollout.figures import NO_TIME, Reading, read_figures
from tests.watch.past import HAM, LODZ, Past, minute, rule_set, stop_rule

RULES = rule_set(stop_rule(), sites=(HAM, LODZ))
ALL = {HAM: Span(minute(0), minute(399)), LODZ: Span(minute(200), minute(399))}


def past() -> Past:
    return Past({("v", HAM): [float(place) for place in range(400)], ("v", LODZ): [7.0] * 400})


def read(source: Past, most: int = 1000, left: float = 60.0) -> dict[SiteId, KpiFigures]:
    found = read_figures(RULES, {"default": source}, ALL, Reading(most, lambda: left))
    return {one.site: one.kpis[0] for one in found}


def test_every_site_is_told_over_its_own_span_from_one_query() -> None:
    source = past()
    found = read(source)
    assert len(source.asked) == 1
    assert (found[HAM].median, found[HAM].samples, found[HAM].slots) == (199.5, 400, 400)
    assert (found[LODZ].median, found[LODZ].samples, found[LODZ].slots) == (7.0, 200, 200)


def test_a_long_span_is_read_more_coarsely() -> None:
    source = Past({("v", HAM): [1.0] * 400, ("v", LODZ): [1.0] * 400})
    read(source, most=150)
    ((_, first, last),) = source.asked
    assert last - first + 1 <= 150


def test_what_cannot_be_read_says_why_and_nothing_is_made_up() -> None:
    source = past()
    source.broken.add("v")
    found = read(source)
    assert {one.median for one in found.values()} == {None}
    assert found[HAM].why == "it could not be read: no answer within 5 s"


def test_when_time_is_over_nothing_more_is_asked() -> None:
    source = past()
    assert read(source, left=0.0)[HAM].why == NO_TIME
    assert source.asked == []


def test_a_site_that_the_source_does_not_know_has_too_few_samples() -> None:
    found = read(Past({("v", HAM): [1.0] * 400}))
    assert found[LODZ].why == "0 samples in 200 slots, at least 100 are needed"
