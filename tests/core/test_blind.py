"""A rule is blind without data, in error, or unevaluated; never for low volume, and told after ten minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.blind import (
    BLIND,
    SEEN,
    Blindness,
    BlindSpan,
    Looked,
    Why,
    blind_rule,
    blind_sites,
    first_seen,
    recorded_spans,
    to_be_told,
)
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.sample import Absence

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
WELL = Looked(HAM, RuleId("5xx"), MINUTE, timedelta(seconds=30), NOW - MINUTE)
SINCE = NOW - 7 * MINUTE


@pytest.mark.parametrize(
    ("looked", "why", "since"),
    [
        pytest.param(WELL, None, None, id="judged a step ago"),
        pytest.param(replace(WELL, judged_to=NOW - 3 * MINUTE), None, None, id="three steps and not yet the delay"),
        pytest.param(
            replace(WELL, judged_to=NOW - 4 * MINUTE), Why.UNEVALUATED, NOW - MINUTE / 2, id="unevaluated for 3 steps"
        ),
        pytest.param(
            replace(WELL, no_data=Absence.MISSING, no_data_since=SINCE), Why.NO_DATA, SINCE, id="nothing comes"
        ),
        pytest.param(replace(WELL, no_data=Absence.MISSING), Why.NO_DATA, NOW - MINUTE, id="nothing comes, unrecorded"),
        pytest.param(replace(WELL, no_data=Absence.LOW_VOLUME, no_data_since=SINCE), None, None, id="low volume"),
        pytest.param(replace(WELL, failing=True), Why.ERROR, NOW, id="it fails"),
        pytest.param(
            replace(WELL, failing=True, no_data=Absence.LOW_VOLUME), Why.ERROR, NOW, id="it fails after low volume"
        ),
        pytest.param(
            replace(WELL, judged_to=NOW - 30 * MINUTE, no_data=Absence.LOW_VOLUME),
            Why.UNEVALUATED,
            NOW - 26.5 * MINUTE,
            id="low volume, then nothing was evaluated",
        ),
    ],
)
def test_why_and_since_when_a_rule_is_blind(looked: Looked, why: Why | None, since: datetime | None) -> None:
    found = blind_rule(looked, NOW)
    assert (found and found.why, found and found.since) == (why, since)


def test_a_site_is_blind_since_its_first_blind_rule() -> None:
    late = replace(WELL, rule=RuleId("latency"), judged_to=NOW - 4 * MINUTE)
    gone = replace(WELL, rule=RuleId("errors"), no_data=Absence.MISSING, no_data_since=SINCE)
    found = blind_sites([WELL, late, gone, replace(WELL, site=LODZ)], NOW)
    assert list(found) == [HAM]
    assert (found[HAM].since, [rule.rule for rule in found[HAM].rules]) == (SINCE, ["latency", "errors"])


@pytest.mark.parametrize(
    ("since", "seen", "told"),
    [
        pytest.param(9.9, 9.9, False, id="a moment before ten minutes"),
        pytest.param(10, 10, True, id="ten minutes"),
        pytest.param(300, 0.5, False, id="blind for hours, but the daemon has just started"),
        pytest.param(300, 1, True, id="blind for hours, and catching up did not end it"),
    ],
)
def test_a_site_is_told_after_ten_minutes_and_not_for_a_start(since: float, seen: float, *, told: bool) -> None:
    blind = Blindness(HAM, NOW - since * MINUTE, ())
    assert to_be_told(blind, NOW - seen * MINUTE, NOW) is told


def test_a_break_starts_the_count_of_what_was_seen_anew() -> None:
    before = first_seen({}, [HAM, LODZ], SINCE)
    between = first_seen(before, [LODZ], SINCE + MINUTE)
    assert first_seen(between, [HAM, LODZ], NOW) == {HAM: NOW, LODZ: SINCE}


@given(
    judged=st.integers(0, 100),
    later=st.integers(0, 100),
    no_data=st.sampled_from([None, *Absence]),
    failing=st.booleans(),
)
def test_blindness_lasts_until_something_is_judged(
    judged: int, later: int, no_data: Absence | None, *, failing: bool
) -> None:
    """Time alone heals nothing, and no reason begins in the future."""
    looked = replace(WELL, judged_to=NOW - judged * MINUTE, no_data=no_data, failing=failing)
    first, second = blind_rule(looked, NOW), blind_rule(looked, NOW + later * MINUTE)
    assert first is None or second is not None
    for found, at in ((first, NOW), (second, NOW + later * MINUTE)):
        assert found is None or found.since <= at


def told(act: str, at: int, key: str, **details: object) -> dict[str, object]:
    return {"act": act, "at": (NOW + at * MINUTE).isoformat(), "details": {"site": "ham-01", "key": key, **details}}


def test_recorded_spans_begin_when_a_site_was_blind_and_end_when_it_was_seen() -> None:
    since = {"rollout": "t", "since": (NOW - 10 * MINUTE).isoformat()}
    bodies: list[dict[str, object]] = [
        told(BLIND, 0, "a", **since),
        told(BLIND, 1, "b", rollout="other", since=NOW.isoformat()),
        told(SEEN, 30, "a"),
        told(SEEN, 31, "b"),
        told(BLIND, 40, "c", **since),
        {"act": "decision.open", "at": NOW.isoformat(), "details": None},
    ]
    assert recorded_spans(bodies, "t") == [
        BlindSpan(SiteId("ham-01"), NOW - 10 * MINUTE, NOW + 30 * MINUTE),
        BlindSpan(SiteId("ham-01"), NOW - 10 * MINUTE),
    ]
