"""Classes, verdicts, states and events of the core are those that a second, plain reading of the rules finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core import state
from stopwatch.core.verdict import judge
from tests.core import oracle
from tests.core.cases import (
    A_HUNDRED_THOUSAND,
    EXAMPLES,
    FIRST,
    Case,
    Chance,
    Dice,
    a_case,
    a_rule,
    cases,
    for_many,
    in_core,
    numbers,
    rules,
    to_core,
    to_window,
)

OFTEN = settings(max_examples=EXAMPLES)
SOMETIMES = settings(max_examples=max(1, EXAMPLES // 2))
CHOSEN = settings(max_examples=2_000)

PLAIN = oracle.Rule(
    combine="one",
    conditions=(oracle.Condition(">", 5.0, 5.0),),
    n=3,
    m=3,
    extra=2,
    policy="missing",
    coverage=Fraction(4, 5),
    recover_n=3,
    stale_after=5,
    error_after=3,
)

Changed = tuple[int, str]
"""The slot of an event and what it was."""


def told_by_oracle(case: Case) -> tuple[list[oracle.State], list[oracle.Verdict], list[Changed]]:
    """Fold the slots from *start* on with the oracle: states, verdicts and events, slot by slot."""
    classes = oracle.breach_classes(case.rule, case.values, case.volumes)
    goods = oracle.good_classes(case.rule, case.values, case.volumes)
    after, states, verdicts, events = oracle.State(), [], [], []
    for slot in range(case.start, len(case)):
        after, found, event = oracle.step(case.rule, after, classes, goods, slot, case.armed)
        states.append(after)
        verdicts.append(found)
        if event is not None:
            events.append((slot, event))
    return states, verdicts, events


def changes(case: Case, events: list[state.RuleEvent]) -> list[Changed]:
    """The core's events in the oracle's words."""
    return [(case.grid.at_or_before(event.at) - FIRST, event.change.value) for event in events]


def classes_agree(case: Case) -> None:
    slots = case.slots()
    assert slots.classes.decode() == "".join(oracle.breach_classes(case.rule, case.values, case.volumes))
    assert slots.good.decode() == "".join(oracle.good_classes(case.rule, case.values, case.volumes))


def walks_agree(case: Case) -> None:
    classes_agree(case)
    states, verdicts, events = told_by_oracle(case)
    rule = case.resolved()
    steps = list(state.walk(rule, state.rearmed(case.armed_at), case.slots(), start=FIRST + case.start))
    begun = max(case.armed, case.start)
    assert [step.slot - FIRST for step in steps] == list(range(begun, len(case)))
    assert [numbers(step.verdict) for step in steps] == verdicts[begun - case.start :]
    assert [step.state for step in steps] == [in_core(case, after) for after in states[begun - case.start :]]
    assert changes(case, [step.event for step in steps if step.event is not None]) == events
    for step, after in zip(steps, states[begun - case.start :], strict=True):
        assert step.state.reported(rule).value == oracle.reported(case.rule, after)


def folds_with_failures_agree(case: Case, evaluations: list[tuple[int, int]]) -> None:
    """*evaluations* lists how many failures come first and how many slots the success after them folds."""
    states, _, events = told_by_oracle(case)
    rule, slots = case.resolved(), case.slots()
    after, told, seen = state.rearmed(case.armed_at), oracle.State(), []
    start = case.start
    for failures, count in evaluations:
        for _ in range(failures):
            after = state.failed(after)
            told = replace(told, failures=told.failures + 1)
            assert after == in_core(case, told)
            assert after.reported(rule).value == oracle.reported(case.rule, told)
        end = min(start + count, len(case))
        upto = replace(slots, classes=slots.classes[:end], good=slots.good[:end])
        after, happened = state.fold(rule, after, upto, start=FIRST + start)
        seen += happened
        told = states[end - case.start - 1] if end > case.start else oracle.State()
        assert after == in_core(case, told)
        start = end
    assert changes(case, seen) == [event for event in events if event[0] < start]


EVALUATIONS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=8)


@st.composite
def windows(draw: st.DrawFn) -> tuple[oracle.Rule, str]:
    """Draw a rule and an evaluation range for it, whole or cut."""
    rule = draw(rules())
    return rule, draw(st.text("BCML", max_size=rule.n + rule.extra))


def verdicts_agree(window: tuple[oracle.Rule, str]) -> None:
    rule, classes = window
    assert numbers(judge(to_window(rule), classes.encode())) == oracle.verdict(rule, classes)


@SOMETIMES
@given(windows())
def test_windows_are_judged_as_the_oracle_judges_them(window: tuple[oracle.Rule, str]) -> None:
    verdicts_agree(window)


@OFTEN
@given(cases())
def test_classes_verdicts_and_states_follow_the_oracle_slot_by_slot(case: Case) -> None:
    walks_agree(case)


@OFTEN
@given(cases(), EVALUATIONS)
def test_evaluations_with_failures_between_them_follow_the_oracle(
    case: Case, evaluations: list[tuple[int, int]]
) -> None:
    folds_with_failures_agree(case, evaluations)


@SOMETIMES
@given(cases(), rules(), st.integers(0, 40))
def test_a_changed_rule_keeps_its_state_and_judges_from_the_next_slot(
    case: Case, other: oracle.Rule, change_at: int
) -> None:
    conditions = [other.conditions[0]] * len(case.rule.conditions)
    unguarded = tuple(replace(condition, volume_min=None) for condition in conditions)
    other = replace(other, combine=case.rule.combine, conditions=unguarded)
    border = max(case.start, min(change_at, len(case)))
    told, after = oracle.State(), state.rearmed(case.armed_at)
    for rule, start, end in ((case.rule, case.start, border), (other, border, len(case))):
        part = replace(case, rule=rule)
        classes = oracle.breach_classes(rule, case.values, case.volumes)
        goods = oracle.good_classes(rule, case.values, case.volumes)
        for slot in range(start, end):
            told, _, _ = oracle.step(rule, told, classes, goods, slot, case.armed)
        judged = to_core(rule, case.step_seconds, case.settle_seconds)
        after, _ = state.fold(judged, after, part.slots(end=end), start=FIRST + start)
        assert after == in_core(case, told)


def test_every_short_window_is_judged_as_the_oracle_judges_it() -> None:
    for policy in ("missing", "ignore", "not_breaching", "breaching"):
        for n, m, extra in ((1, 1, 0), (2, 1, 1), (2, 2, 2), (3, 2, 2), (3, 3, 0), (3, 3, 2)):
            rule = replace(PLAIN, n=n, m=m, extra=extra, policy=policy)
            for classes in all_texts("BCML", n + extra):
                verdicts_agree((rule, classes))


def all_texts(alphabet: str, longest: int) -> list[str]:
    """Every text of the alphabet up to a length."""
    found, newest = [""], [""]
    for _ in range(longest):
        newest = [text + letter for text in newest for letter in alphabet]
        found += newest
    return found


def a_history(chance: Chance) -> list[tuple[int, int]]:
    """Evaluations as `EVALUATIONS` draws them."""
    return [(chance.number(0, 4), chance.number(0, 9)) for _ in range(chance.number(1, 8))]


def test_three_hundred_rolled_cases_agree_with_the_oracle() -> None:
    for_many(lambda dice: walks_agree(a_case(dice)), range(300))


@pytest.mark.long
@pytest.mark.parametrize("seeds", A_HUNDRED_THOUSAND)
def test_a_hundred_thousand_cases_agree_with_the_oracle(seeds: range) -> None:
    for_many(lambda dice: walks_agree(a_case(dice)), seeds)


@pytest.mark.long
@pytest.mark.parametrize("seeds", A_HUNDRED_THOUSAND)
def test_a_hundred_thousand_histories_with_failures_agree_with_the_oracle(seeds: range) -> None:
    for_many(lambda dice: folds_with_failures_agree(a_case(dice), a_history(dice)), seeds)


@pytest.mark.long
@pytest.mark.parametrize("seeds", A_HUNDRED_THOUSAND)
def test_a_hundred_thousand_windows_agree_with_the_oracle(seeds: range) -> None:
    def agrees(dice: Dice) -> None:
        rule = a_rule(dice)
        verdicts_agree((rule, dice.text("BCML", 0, rule.n + rule.extra)))

    for_many(agrees, seeds)


@pytest.mark.long
def test_two_thousand_cases_that_hypothesis_chooses_agree_with_the_oracle() -> None:
    CHOSEN(given(cases(), EVALUATIONS)(folds_with_failures_agree))()
