"""However the slots are split into evaluations, the event log is the same; and worse data never judge milder."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core import state
from stopwatch.core.state import RuleEvent, RuleState
from stopwatch.core.verdict import Outcome, judge
from tests.core import oracle
from tests.core.cases import A_HUNDRED_THOUSAND, EXAMPLES, FIRST, Case, Dice, a_case, cases, for_many, rules, to_window

SOMETIMES = settings(max_examples=max(1, EXAMPLES // 3))
CHOSEN = settings(max_examples=2_000)
CUTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), min_size=1, max_size=12)

Told = tuple[RuleState, list[RuleEvent]]


def in_one_go(case: Case) -> Told:
    """Fold every slot at once, with all the history there is."""
    return state.fold(case.resolved(), state.rearmed(case.armed_at), case.slots(), start=FIRST + case.start)


def in_parts(case: Case, cuts: list[tuple[int, int]]) -> Told:
    """Fold so many slots at a time, each time reading anew the history the rule asks for and so many slots more."""
    rule, after, events, start = case.resolved(), state.rearmed(case.armed_at), list[RuleEvent](), case.start
    for count, more in [*cuts, (len(case), 0)]:
        end = min(start + count, len(case))
        begin = max(0, start - rule.history - more)
        after, happened = state.fold(rule, after, case.slots(begin, end), start=FIRST + start)
        events += happened
        start = end
    return after, events


def splits_agree(case: Case, cuts: list[tuple[int, int]]) -> None:
    assert in_parts(case, cuts) == in_one_go(case)


@SOMETIMES
@given(cases(), CUTS)
def test_any_split_into_evaluations_tells_the_same_story(case: Case, cuts: list[tuple[int, int]]) -> None:
    splits_agree(case, cuts)


@SOMETIMES
@given(cases())
def test_slot_by_slot_with_no_more_than_the_history_tells_the_same_story(case: Case) -> None:
    splits_agree(case, [(1, 0)] * len(case))


@SOMETIMES
@given(cases())
def test_skipping_plain_stretches_tells_the_same_story_as_walking_every_slot(case: Case) -> None:
    steps = list(state.walk(case.resolved(), state.rearmed(case.armed_at), case.slots(), start=FIRST + case.start))
    after, events = in_one_go(case)
    assert events == [step.event for step in steps if step.event is not None]
    assert after == (steps[-1].state if steps else state.rearmed(case.armed_at))


@SOMETIMES
@given(cases(), st.integers(0, 60))
def test_a_second_reading_of_folded_slots_repeats_their_events_and_adds_none(case: Case, cut: int) -> None:
    rule, fresh = case.resolved(), state.rearmed(case.armed_at)
    border = min(case.start + cut, len(case))
    before, known = state.fold(rule, fresh, case.slots(end=border), start=FIRST + case.start)
    _, repeated = state.fold(rule, fresh, case.slots(), start=FIRST + case.start)
    _, rest = state.fold(rule, before, case.slots(), start=FIRST + border)
    assert repeated == known + rest


def test_long_plain_stretches_are_skipped_without_losing_what_lies_between() -> None:
    rule = oracle.Rule("one", (oracle.Condition(">", 5.0, 5.0),), 5, 5, 2, "missing", Fraction(4, 5), 3, 5, 3)
    values = [1.0] * 500 + [9.0] * 500 + [1.0] * 500 + [9.0] * 4 + [1.0] * 96
    case = Case(rule, [values], [values], armed=0, start=0)
    _, events = in_one_go(case)
    assert [(event.at, event.pending_since) for event in events] == [
        (case.instant(504), case.instant(500)),
        (case.instant(1002), case.instant(500)),
    ]
    splits_agree(case, [(7, 0)] * 200)


@st.composite
def worsened(draw: st.DrawFn) -> tuple[oracle.Rule, str, str]:
    """Draw an evaluation range, and the same with some clear or missing slots turned into breaching ones."""
    rule = draw(rules())
    before = draw(st.text("BBCML", min_size=1, max_size=rule.n + rule.extra))
    turned = draw(st.lists(st.integers(0, len(before) - 1), min_size=1, max_size=4))
    return rule, before, "".join("B" if at in turned else kind for at, kind in enumerate(before))


@st.composite
def improved(draw: st.DrawFn) -> tuple[oracle.Rule, str, str]:
    """Draw an evaluation range, and the same with some breaching or missing slots turned into clear ones."""
    rule = draw(rules())
    before = draw(st.text("BCML", min_size=1, max_size=rule.n + rule.extra))
    turned = draw(st.lists(st.integers(0, len(before) - 1), min_size=1, max_size=4))
    return rule, before, "".join("C" if at in turned else kind for at, kind in enumerate(before))


@SOMETIMES
@given(worsened())
def test_a_breach_stays_one_when_clear_or_missing_slots_turn_out_breaching(
    ranges: tuple[oracle.Rule, str, str],
) -> None:
    rule, before, after = ranges
    window = to_window(rule)
    if judge(window, before.encode()).outcome is Outcome.BREACH:
        assert judge(window, after.encode()).outcome is Outcome.BREACH


@SOMETIMES
@given(improved())
def test_a_clear_window_stays_so_when_breaching_or_missing_slots_turn_out_clear(
    ranges: tuple[oracle.Rule, str, str],
) -> None:
    rule, before, after = ranges
    window = to_window(rule)
    if judge(window, before.encode()).outcome is Outcome.CLEAR:
        assert judge(window, after.encode()).outcome is Outcome.CLEAR


@SOMETIMES
@given(cases(), st.lists(st.integers(0, 89), min_size=1, max_size=8))
def test_worse_data_never_delay_the_first_opening(case: Case, turned: list[int]) -> None:
    slots = case.slots()
    worse = bytes(ord("B") if at in turned else kind for at, kind in enumerate(slots.classes))
    rule, fresh = case.resolved(), state.rearmed(case.armed_at)
    _, events = state.fold(rule, fresh, slots, start=slots.first)
    _, sooner = state.fold(rule, fresh, replace(slots, classes=worse), start=slots.first)
    if events:
        assert sooner[0].at <= events[0].at


@pytest.mark.long
@pytest.mark.parametrize("seeds", A_HUNDRED_THOUSAND)
def test_a_hundred_thousand_splits_tell_the_same_story(seeds: range) -> None:
    def agrees(dice: Dice) -> None:
        cuts = [(dice.number(0, 12), dice.number(0, 5)) for _ in range(dice.number(1, 12))]
        splits_agree(a_case(dice), cuts)

    for_many(agrees, seeds)


@pytest.mark.long
def test_two_thousand_splits_that_hypothesis_chooses_tell_the_same_story() -> None:
    CHOSEN(given(cases(), CUTS)(splits_agree))()
