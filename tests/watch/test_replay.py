"""A replay finds what the fold finds, in pieces of any size, reads what variants share once, and sums up truly."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import StopRule
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Change, Reported, fold, rearmed
from stopwatch.core.window import Missing
from stopwatch.watch.replay.lanes import Curve
from stopwatch.watch.replay.run import Replay, Span, replay
from stopwatch.watch.replay.summary import summary
from tests.watch.past import FIRST, HAM, LODZ, START, Past, minute, missing_as, rule_set, stop_rule, values

Opened = list[tuple[object, object, object]]


def replayed(text: str, *rules: StopRule, at: RuleSet | None = None, as_live: bool = False) -> Replay:
    source = Past({("v", site): values(text) for site in (HAM, LODZ)})
    span = Span(START, minute(len(text) - 1), as_live=as_live)
    [found] = replay([at or rule_set(*(rules or (stop_rule(),)))], {"default": source}, span, drawn=True)
    return found


def folded(text: str, rule: StopRule) -> Opened:
    """The breaches as the core's fold tells them: (opened, recovered, pending since)."""
    resolved = resolve(rule, {}, {})
    slots = classify(resolved, FIRST, [Samples(values(text))])
    found: list[list[object]] = []
    for event in fold(resolved, rearmed(START), slots, start=FIRST)[1]:
        if event.change is Change.OPENED:
            found.append([event.at, None, event.pending_since])
        else:
            found[-1][1] = event.at
    return [(one[0], one[1], one[2]) for one in found]


def breaches(found: Replay) -> Opened:
    return [(breach.opened_at, breach.recovered_at, breach.pending_since) for breach in found.breaches]


@given(text=st.text("BBCCHM", min_size=1, max_size=60), policy=st.sampled_from(list(Missing)), m=st.integers(1, 4))
def test_a_replay_tells_what_the_fold_tells(text: str, policy: Missing, m: int) -> None:
    rule = stop_rule(missing_as(policy, m=m))
    found = replayed(text, rule)
    assert breaches(found) == folded(text, rule)
    assert found.slots == len(text)
    assert found.missing == text.count("M")


@settings(max_examples=3)
@given(st.integers(0, 40))
def test_a_breach_across_pieces_is_found_whole(offset: int) -> None:
    text = "C" * (9_980 + offset) + "B" * 30 + "M" + "C" * 60
    assert breaches(replayed(text)) == folded(text, stop_rule())


def test_what_is_drawn_is_one_class_a_slot_across_pieces() -> None:
    text = "C" * 9_990 + "BM" + "C" * 20
    [lane] = replayed(text).lanes
    assert lane.trace is not None
    assert lane.trace.classes == text.encode()
    [curve] = lane.trace.curves
    assert max(value for value in curve.high if not math.isnan(value)) == 9.0
    assert len(curve.high) <= 600


def test_states_are_told_by_the_slot_at_which_they_began() -> None:
    [lane] = replayed("CBBBBBCCCCMMMMMM").lanes
    assert [(slot - FIRST, word) for slot, word in lane.turns] == [
        (1, Reported.PENDING),
        (4, Reported.BREACHED),
        (6, Reported.RECOVERING),
        (8, Reported.OK),
        (14, Reported.NO_DATA),
    ]


def test_variants_read_a_query_once_and_keep_their_findings_apart() -> None:
    source = Past({("v", HAM): values("CBBBBBBCC")})
    sets = [rule_set(stop_rule(missing_as(Missing.MISSING, n=n, m=n))) for n in (3, 5, 9)]
    found = replay(sets, {"default": source}, Span(START, minute(8)))
    assert source.asked == [("v", FIRST, FIRST + 8)]
    assert [len(one.breaches) for one in found] == [1, 1, 0]
    assert [one.slots for one in found] == [9, 9, 9]


def test_progress_ends_at_the_number_of_all_slots() -> None:
    told: list[tuple[int, int]] = []
    sets = [rule_set(stop_rule()), rule_set(stop_rule())]
    past = Past({("v", HAM): values("C" * 20)})
    replay(sets, {"default": past}, Span(START, minute(19)), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (40, 40)


@pytest.mark.parametrize(
    ("go_live", "as_live", "opened"),
    [
        pytest.param(0, False, [3], id="live from the start"),
        pytest.param(2, False, [5], id="live within"),
        pytest.param(None, False, [3], id="never live is replayed from the start"),
        pytest.param(None, True, [], id="never live is left out as live"),
        pytest.param(99, False, [3], id="live after the end is replayed from the start"),
        pytest.param(99, True, [], id="live after the end is left out as live"),
        pytest.param(-60, False, [3], id="slots before the start do not exist"),
    ],
)
def test_a_site_counts_from_its_activation_or_the_start(
    go_live: int | None, opened: list[int], *, as_live: bool
) -> None:
    plan = rule_set(stop_rule(), go_live=None if go_live is None else minute(go_live))
    found = replayed("BBBBBBBB", at=plan, as_live=as_live)
    assert [breach.opened_at for breach in found.breaches] == [minute(place) for place in opened]


def test_overlapping_breaches_of_a_site_are_one_decision() -> None:
    quick, slow = (
        stop_rule(identity=RuleId("quick")),
        stop_rule(missing_as(Missing.MISSING, 6, 6), identity=RuleId("slow")),
    )
    found = replayed("BBBBBBBBCCCCCC", quick, slow)
    [decision] = found.decisions
    assert [ground.rule for ground in decision.grounds] == ["quick", "slow"]
    assert (decision.id, decision.ended_at) == ("ham-01-20261121T1003Z", minute(10))


def test_a_failing_query_is_counted_once_for_every_slot_and_told_once() -> None:
    source = Past({}, broken={"v"})
    [found] = replay([rule_set(stop_rule())], {"default": source}, Span(START, minute(9)))
    assert (found.slots, found.errors) == (0, 10)
    assert found.failures == ["ham-01 errors: no answer within 5 s"]


def test_the_sums_name_rate_delay_length_and_the_nearest_miss() -> None:
    quiet = stop_rule(missing_as(Missing.MISSING, 9, 9), identity=RuleId("quiet"))
    found = replayed("CBBBBBBCCCMM", stop_rule(), quiet)
    summed = summary(found, minute(11))
    assert (summed.decisions, summed.breaches) == (1, 1)
    assert summed.site_weeks == pytest.approx(12 / (7 * 24 * 60))
    assert summed.per_site_week == pytest.approx(7 * 24 * 60 / 12)
    assert summed.missing == pytest.approx(2 / 12)
    assert (summed.detection, summed.lasted) == (timedelta(minutes=3), timedelta(minutes=5))
    assert summed.nearest is not None
    assert (summed.nearest.cell.rule.id, summed.nearest.most) == ("quiet", 6)


def test_sums_of_nothing_are_not_numbers() -> None:
    summed = summary(Replay(), START)
    assert (summed.per_site_week, summed.missing, summed.detection, summed.longest, summed.nearest) == (None,) * 5


@given(
    st.lists(st.one_of(st.just(math.nan), st.floats(-9, 9)), min_size=1, max_size=40),
    st.integers(1, 7),
    st.lists(st.integers(0, 40), max_size=3),
)
def test_a_curve_is_the_same_however_its_values_come(numbers: list[float], width: int, cuts: list[int]) -> None:
    whole, parts = Curve(width), Curve(width)
    whole.add(0, numbers)
    edges = sorted({0, *(cut for cut in cuts if cut < len(numbers)), len(numbers)})
    for begin, end in pairwise(edges):
        parts.add(begin, numbers[begin:end])
    assert repr(whole) == repr(parts)


def test_two_sites_are_kept_apart() -> None:
    source = Past({("v", HAM): values("BBBBB"), ("v", LODZ): values("CCCCC")})
    [found] = replay([rule_set(stop_rule(), sites=(HAM, LODZ))], {"default": source}, Span(START, minute(4)))
    assert [breach.site for breach in found.breaches] == [SiteId("ham-01")]
    assert found.slots == 10
