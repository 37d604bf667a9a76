"""An explanation agrees with the fold slot by slot, names every reason, and says what is missing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.errors import ConfigurationError
from stopwatch.core.kpi import KpiId, RuleId, SiteId
from stopwatch.core.records import StateRow
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold, Combine, Criterion, Links, Op, Statistic, StopRule
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Condition, RuleState, fold, rearmed
from stopwatch.core.verdict import Branch
from stopwatch.core.window import Missing, Window
from stopwatch.watch.explain.arming import Arming, Origin
from stopwatch.watch.explain.explanation import Explanation, Question, explain
from stopwatch.watch.explain.slots import Reason
from tests.watch.past import FIRST, HAM, RULE, START, Past, minute, missing_as, rule_set, stop_rule, values

DAY = timedelta(days=1)
FROM_PLAN = Arming(START, Origin.PLAN)


def ask(
    text: str,
    rule: StopRule | None = None,
    *,
    arming: Arming = FROM_PLAN,
    at: int | None = None,
    slots: int | None = None,
    past: Past | None = None,
    catch_up: timedelta = DAY,
) -> Explanation:
    source = past or Past({("v", HAM): values(text)})
    question = Question(HAM, RULE, minute(len(text) - 1 if at is None else at), slots)
    return explain(rule_set(rule or stop_rule()), source, question, arming, catch_up=catch_up)


@given(
    text=st.text("BCHM", min_size=1, max_size=40),
    policy=st.sampled_from(list(Missing)),
    m=st.integers(1, 4),
    armed=st.integers(0, 10),
)
def test_an_explanation_holds_the_state_that_the_fold_ends_in(text: str, policy: Missing, m: int, armed: int) -> None:
    rule = stop_rule(missing_as(policy, m=m))
    told = ask(text, rule, arming=Arming(minute(armed), Origin.PLAN))
    resolved = resolve(rule, {}, {})
    slots = classify(resolved, FIRST, [Samples(values(text))])
    state, _events = fold(resolved, rearmed(minute(armed)), slots, start=FIRST)
    if armed >= len(text):
        assert told.step is None
    else:
        assert told.step is not None
        assert told.step.state == state


@given(text=st.text("BCHM", min_size=1, max_size=30), policy=st.sampled_from(list(Missing)), m=st.integers(1, 4))
def test_as_many_slots_as_are_missing_bring_the_change_and_one_less_does_not(
    text: str, policy: Missing, m: int
) -> None:
    rule = stop_rule(missing_as(policy, m=m))
    told = ask(text, rule)
    assert told.step is not None
    entered = told.step.state.condition.entered
    ahead, letter = (told.recover, "C") if entered else (told.fire, "B")
    assert ahead is not None
    assert ahead.at == minute(len(text) - 1 + ahead.slots)
    for slots, changed in ((ahead.slots - 1, False), (ahead.slots, True)):
        after = ask(text + letter * slots, rule).step
        assert after is not None
        assert (after.state.condition.entered != entered) is changed


@pytest.mark.parametrize(
    ("text", "policy", "branch"),
    [
        pytest.param("CBBBB", Missing.MISSING, Branch.ENOUGH_BREACHING, id="held"),
        pytest.param("CCBBB", Missing.MISSING, Branch.TOO_FEW_EVEN_IF_MISSING_BREACHED, id="one short"),
        pytest.param("BBBM", Missing.BREACHING, Branch.POLICY, id="policy breaching"),
        pytest.param("MMMMM", Missing.MISSING, Branch.COVERAGE, id="blind"),
        pytest.param("MMBBMBM", Missing.IGNORE, Branch.COVERAGE, id="half blind"),
    ],
)
def test_the_sentence_that_decided_is_named(text: str, policy: Missing, branch: Branch) -> None:
    told = ask(text, stop_rule(missing_as(policy)))
    assert told.verdict is not None
    assert told.verdict.branch is branch


def test_every_slot_has_its_reason_and_says_whether_it_counted() -> None:
    past = Past({("v", HAM): values("BCHMBB"), ("n", HAM): [100, 100, 100, 100, 34, math.nan]})
    told = ask("BCHMBB", stop_rule(volume=100), past=past)
    assert [line.parts[0].reason for line in told.lines] == [
        *(Reason.BREACHING, Reason.CLEAR, Reason.CLEAR, Reason.NO_POINT, Reason.LOW_VOLUME, Reason.NO_VOLUME)
    ]
    assert [line.kind for line in told.lines] == ["B", "C", "C", "M", "L", "M"]
    assert [line.good for line in told.lines] == ["N", "G", "N", "M", "M", "M"]
    assert [line.used for line in told.lines] == [True, True, True, False, False, False]


def test_a_nan_is_told_from_nothing() -> None:
    told = ask("CCM", past=Past({("v", HAM): values("CCM")}, nan=True))
    assert told.lines[-1].parts[0].reason is Reason.NAN


def test_where_that_cannot_be_asked_both_are_named() -> None:
    past = Past({("v", HAM): values("CCM")}, broken={"count by (site) (\nv\n)"})
    assert ask("CCM", past=past).lines[-1].parts[0].reason is Reason.NO_POINT_OR_NAN


def test_several_conditions_each_give_their_reason() -> None:
    one, other = (Criterion(KpiId("v"), Op.ABOVE, Decimal(limit)) for limit in (5, 20))
    rule = replace(stop_rule(), combine=Combine.ALL, criteria=(one, other))
    line = ask("CCB", rule).lines[-1]
    assert (line.kind, [part.reason for part in line.parts]) == ("C", [Reason.BREACHING, Reason.CLEAR])


def test_slots_before_activation_are_listed_but_not_counted() -> None:
    told = ask("BBBB", arming=Arming(minute(2), Origin.ACTIVATION), slots=4)
    assert [line.kind for line in told.lines] == ["", "", "B", "B"]
    assert told.seen is not None
    assert told.seen.classes == b"BB"
    assert told.fire is not None
    assert told.fire.slots == 2


def test_before_activation_nothing_is_judged_and_the_first_firing_follows_it() -> None:
    told = ask("BBBB", arming=Arming(minute(10), Origin.ACTIVATION))
    assert (told.step, told.reported, told.verdict) == (None, None, None)
    assert told.fire is not None
    assert (told.fire.slots, told.fire.at) == (4, minute(13))


def test_a_site_that_nobody_activated_is_shown_as_if_its_window_were_full() -> None:
    told = ask("BBBB", arming=Arming(None, Origin.NOTHING))
    assert told.step is not None
    assert told.step.state.condition is Condition.BREACHED


def test_after_settling_the_earlier_slots_do_not_exist() -> None:
    told = ask("BBBBB", stop_rule(settle=timedelta(minutes=3)))
    assert told.seen is not None
    assert told.seen.classes == b"BB"


def test_an_old_breach_is_said_to_have_begun_no_later_than_what_was_read() -> None:
    told = ask("B" * 60, catch_up=timedelta(minutes=10))
    assert told.begins_within
    assert told.folded is not None
    assert len(told.folded) == 11


def test_the_stored_state_is_taken_up_where_it_reaches_the_walk() -> None:
    state = RuleState(START, Condition.BREACHED, minute(3), minute(6))
    row = StateRow("t", HAM, RULE, state, minute(6), "hash", "breached", ())
    stored = Arming(START, Origin.ACTIVATION, row, minute(55))
    told = ask("B" * 60, arming=stored, catch_up=timedelta(minutes=10))
    assert told.step is not None
    assert (told.step.state.opened_at, told.step.state.pending_since) == (minute(6), minute(3))
    assert not told.begins_within


def test_a_failing_source_is_part_of_the_answer() -> None:
    told = ask("BBBB", past=Past({}, broken={"v"}))
    assert told.failure == "no answer within 5 s"
    assert [query.expression for query in told.queries] == ["v"]


def test_a_baseline_that_is_not_frozen_is_part_of_the_answer() -> None:
    criterion = Criterion(KpiId("v"), Op.ABOVE, BaselineThreshold(Statistic.MEDIAN, Decimal("1.5")))
    told = ask("BBBB", replace(stop_rule(), criteria=(criterion,)))
    assert told.failure == "no baseline median of v is frozen for this site"


def test_links_are_filled_around_the_breach() -> None:
    told = ask("CBB", stop_rule(links=Links(dashboard="https://g.example/{label}/{from_iso}/{to_iso}")))
    assert [link.url for link in told.links] == ["https://g.example/HAM-01/2026-11-21T09:31:00Z/2026-11-21T10:32:00Z"]


@pytest.mark.parametrize(
    ("site", "rule", "words"),
    [
        pytest.param("hamburg", "errors", "the plan has no site 'hamburg'; it has: ham-01", id="site"),
        pytest.param("ham-01", "error", "no rule 'error' applies at ham-01; there are: errors", id="rule"),
    ],
)
def test_what_is_not_in_the_plan_is_refused_with_what_is(site: str, rule: str, words: str) -> None:
    question = Question(SiteId(site), RuleId(rule), START)
    with pytest.raises(ConfigurationError, match=words):
        explain(rule_set(stop_rule()), Past({}), question, FROM_PLAN, catch_up=DAY)


def test_a_long_step_and_a_wide_window_are_counted_in_slots() -> None:
    told = ask("C" * 61, stop_rule(Window(30, 24)))
    assert told.seen is not None
    assert len(told.seen.classes) == 32
    assert told.fire is not None
    assert told.fire.slots == 24
