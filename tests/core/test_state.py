"""The state of a rule, slot by slot: short series with the state after every slot written underneath."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from stopwatch.core import state
from stopwatch.core.rule import ResolvedRule
from stopwatch.core.sample import Absence, Slots
from stopwatch.core.state import Change, Condition, Reported, RuleState
from tests.core import oracle
from tests.core.cases import FIRST, to_core

LETTERS = {"ok": "o", "pending": "p", "breached": "B", "recovering": "r"}
THREE = oracle.Rule("one", (oracle.Condition(">", 5.0, 5.0),), 3, 3, 2, "missing", Fraction(4, 5), 3, 5, 3)
GO_LIVE = datetime(2025, 11, 25, 16, tzinfo=UTC)


def judged(rule: oracle.Rule = THREE, step: int = 60) -> ResolvedRule:
    return to_core(rule, step)


def slots_of(kinds: str, good: str | None = None) -> Slots:
    """Classes, by default good wherever clear."""
    plain = kinds.translate(str.maketrans("BCML", "NGMM"))
    return Slots(FIRST, kinds.encode(), (good or plain).encode())


def walked(rule: oracle.Rule, kinds: str, good: str | None = None) -> list[state.Step]:
    """Walk every slot from an activation at the first one."""
    rule_ = judged(rule)
    return list(state.walk(rule_, state.rearmed(rule_.grid.instant(FIRST)), slots_of(kinds, good), start=FIRST))


def conditions(steps: list[state.Step]) -> str:
    return "".join(LETTERS[step.state.condition.value] for step in steps)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param("CCCCC", "ooooo", id="all is well"),
        pytest.param("CBBCB", "oppop", id="pending comes and goes"),
        pytest.param("CBBBB", "oppBB", id="held for three slots"),
        pytest.param("BBBCCC", "ppBrro", id="opened and recovered"),
        pytest.param("BBBCBCCC", "ppBrBrro", id="breaching again before it recovered is no new opening"),
        pytest.param("BBBCMCC", "ppBrrro", id="missing is looked through while recovering"),
        pytest.param("BBBMMM", "ppBBBB", id="missing keeps a breach"),
        pytest.param("BBBCMM", "ppBrrr", id="missing keeps a recovery unfinished"),
        pytest.param("BMMMB", "ppppp", id="pending looks through missing slots"),
        pytest.param("BMMMMMB", "pppppop", id="pending ends when the breach leaves the range"),
        pytest.param("BBBCCCBBB", "ppBrroppB", id="a second opening"),
        pytest.param("BBMB", "pppB", id="a missing slot is replaced from the extra ones"),
        pytest.param("MMBBB", "ooppB", id="missing before a breach"),
    ],
)
def test_three_slots_in_a_row_under_missing(kinds: str, expected: str) -> None:
    assert conditions(walked(THREE, kinds)) == expected


@pytest.mark.parametrize(
    ("policy", "extra", "kinds", "expected"),
    [
        pytest.param("breaching", 0, "CMMM", "oppB", id="missing breaches"),
        pytest.param("breaching", 0, "BBBCCM", "ppBrrB", id="missing is not good"),
        pytest.param("not_breaching", 0, "BBMB", "ppop", id="missing breaks the run"),
        pytest.param("not_breaching", 0, "BBBMMM", "ppBrro", id="missing is good"),
        pytest.param("ignore", 2, "BBBMMMMMMM", "ppBBBBBBBB", id="missing keeps the breach"),
        pytest.param("ignore", 2, "BBMMM", "ppppp", id="too little to move is held"),
        pytest.param("ignore", 2, "BMMMMMM", "ppppppp", id="held even after the breach has left the range"),
        pytest.param("ignore", 2, "MMMCCC", "oooooo", id="ok is held as well"),
    ],
)
def test_three_slots_in_a_row_under_other_policies(policy: str, extra: int, kinds: str, expected: str) -> None:
    assert conditions(walked(replace(THREE, policy=policy, extra=extra), kinds)) == expected


@pytest.mark.parametrize(
    ("policy", "kinds", "since"),
    [
        pytest.param("missing", "CBB", 1, id="the first of the run"),
        pytest.param("missing", "BMB", 0, id="missing bridges the run"),
        pytest.param("missing", "BBCB", 3, id="clear breaks it"),
        pytest.param("missing", "MMB", 2, id="leading missing slots do not belong to it"),
        pytest.param("missing", "CBM", 1, id="trailing missing slots neither end nor move it"),
        pytest.param("missing", "CMMBMM", 3, id="missing on both sides"),
        pytest.param("breaching", "CMB", 1, id="under breaching a missing slot begins it"),
        pytest.param("not_breaching", "BMB", 2, id="under not_breaching a missing slot breaks it"),
        pytest.param("missing", "CCC", None, id="no run"),
    ],
)
def test_pending_since_is_the_first_slot_of_the_run(policy: str, kinds: str, since: int | None) -> None:
    rule = replace(THREE, n=4, m=4, policy=policy, coverage=Fraction(0))
    last = walked(rule, kinds)[-1].state
    assert last.pending_since == (None if since is None else judged().grid.instant(FIRST + since))


def test_pending_keeps_an_earlier_start_than_the_range_still_shows() -> None:
    rule = replace(THREE, n=5, m=5, extra=0, coverage=Fraction(1))
    steps = walked(rule, "BBMBMBMBMB")
    assert conditions(steps) == "pppppppppp"
    assert {step.state.pending_since for step in steps} == {judged().grid.instant(FIRST)}


def test_an_opening_and_its_end_carry_their_slots() -> None:
    grid = judged().grid
    events = [step.event for step in walked(THREE, "CBBBCBCCC") if step.event is not None]
    opened_at, since = grid.instant(FIRST + 3), grid.instant(FIRST + 1)
    assert [(event.change, event.at, event.opened_at, event.pending_since) for event in events] == [
        (Change.OPENED, opened_at, opened_at, since),
        (Change.RECOVERED, grid.instant(FIRST + 8), opened_at, since),
    ]


def test_an_opening_without_a_run_is_pending_since_its_own_slot() -> None:
    rule = replace(THREE, n=3, m=1)
    slots = slots_of("BCC")
    rule_ = judged(rule)
    _, events = state.fold(rule_, state.rearmed(rule_.grid.instant(FIRST)), slots, start=FIRST + 2)
    assert [(event.at, event.pending_since) for event in events] == [(rule_.grid.instant(FIRST + 2),) * 2]


def test_between_the_limits_a_breach_neither_recovers_nor_opens_anew() -> None:
    assert conditions(walked(THREE, "BBBCCCCCC", "NNNNGGNGG")) == "ppBBrrBrr"


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param("CCMMMMM", "------m", id="five missing slots"),
        pytest.param("CCLLLLL", "------l", id="five slots of too little volume"),
        pytest.param("CCLLMLL", "------m", id="one of them is truly missing"),
        pytest.param("MMMMM", "--mmm", id="nothing since activation, once three slots exist"),
        pytest.param("BMMMM", "--mmm", id="too few samples to judge"),
        pytest.param("CMMMMMC", "-----m-", id="a sample ends it"),
    ],
)
def test_no_data_and_its_reason(kinds: str, expected: str) -> None:
    letters = {None: "-", Absence.MISSING: "m", Absence.LOW_VOLUME: "l"}
    steps = walked(replace(THREE, n=3, m=3), kinds)
    assert "".join(letters[step.state.no_data] for step in steps) == expected


def test_slots_before_activation_do_not_make_a_window_stale() -> None:
    steps = walked(replace(THREE, n=9, m=9), "MMMMMM")
    assert [step.state.no_data for step in steps] == [None] * 4 + [Absence.MISSING] * 2


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param("MCCCC", id="clear after a missing slot"),
        pytest.param("BMBBBB", id="breaching after a missing slot within a breach"),
    ],
)
def test_one_sample_ends_no_data_where_one_slot_is_the_whole_window(kinds: str) -> None:
    rule_ = judged(replace(THREE, n=1, m=1, extra=0, stale_after=1))
    after, _ = state.fold(rule_, state.rearmed(rule_.grid.instant(FIRST)), slots_of(kinds), start=FIRST)
    assert after.no_data is None


def test_a_wider_window_finds_an_earlier_start_of_the_pending_run() -> None:
    rule_ = judged(replace(THREE, n=5, m=5))
    instant = rule_.grid.instant
    before = RuleState(instant(FIRST), Condition.PENDING, pending_since=instant(FIRST + 2))
    after, _ = state.fold(rule_, before, slots_of("BMBB"), start=FIRST + 3)
    assert (after.condition, after.pending_since) == (Condition.PENDING, instant(FIRST))


@pytest.mark.parametrize("policy", ["ignore", "breaching", "not_breaching"])
def test_only_the_policy_missing_knows_no_data(policy: str) -> None:
    steps = walked(replace(THREE, policy=policy, stale_after=1), "CMMMMMM")
    assert {step.state.no_data for step in steps} == {None}


def test_slots_before_activation_and_settling_do_not_exist() -> None:
    rule_ = to_core(THREE, settle_seconds=90)
    armed = state.rearmed(rule_.grid.instant(FIRST + 1) - timedelta(seconds=10))
    assert state.armed_slot(rule_, armed) == FIRST + 3
    steps = list(state.walk(rule_, armed, slots_of("BBBBBB"), start=FIRST))
    assert [step.slot - FIRST for step in steps] == [3, 4, 5]
    assert conditions(steps) == "ppB"


def test_settle_raised_while_breached_keeps_the_breach_until_enough_slots_exist_again() -> None:
    breached = walked(THREE, "BBB")[-1].state
    longer = to_core(THREE, settle_seconds=8 * 60)
    steps = list(state.walk(longer, breached, slots_of("BBB" + "C" * 9), start=FIRST + 3))
    assert [step.slot - FIRST for step in steps] == [8, 9, 10, 11]
    assert conditions(steps) == "rroo", "good slots that do not exist any more end no breach"


REPORTS = [
    pytest.param(Condition.OK, None, 0, Reported.OK, id="ok"),
    pytest.param(Condition.PENDING, None, 2, Reported.PENDING, id="pending, two failures"),
    pytest.param(Condition.PENDING, Absence.MISSING, 0, Reported.NO_DATA, id="no data over pending"),
    pytest.param(Condition.PENDING, Absence.MISSING, 3, Reported.ERROR, id="error over no data"),
    pytest.param(Condition.OK, None, 4, Reported.ERROR, id="more failures than asked for"),
    pytest.param(Condition.BREACHED, Absence.MISSING, 9, Reported.BREACHED, id="breached over everything"),
    pytest.param(Condition.RECOVERING, Absence.LOW_VOLUME, 9, Reported.RECOVERING, id="recovering over everything"),
]


@pytest.mark.parametrize(("condition", "no_data", "failures", "expected"), REPORTS)
def test_one_word_for_both_axes(
    condition: Condition, no_data: Absence | None, failures: int, expected: Reported
) -> None:
    after = RuleState(GO_LIVE, condition, GO_LIVE, GO_LIVE, no_data, failures)
    assert after.reported(judged()) is expected


def test_worse_reports_rank_higher() -> None:
    order = [Reported.OK, Reported.PENDING, Reported.NO_DATA, Reported.ERROR, Reported.RECOVERING, Reported.BREACHED]
    assert sorted(Reported, key=lambda one: one.rank) == order


def test_a_failure_consumes_no_slot_and_the_next_success_ends_it() -> None:
    rule_ = judged()
    after = state.rearmed(rule_.grid.instant(FIRST))
    for _ in range(3):
        after = state.failed(after)
    assert after.reported(rule_) is Reported.ERROR
    assert state.fold(rule_, after, slots_of(""), start=FIRST)[0].reported(rule_) is Reported.OK
    assert state.fold(rule_, after, slots_of("B"), start=FIRST)[0].failures == 0


@pytest.mark.parametrize(
    ("pending_since", "opened_at"),
    [
        pytest.param(None, None, id="neither is known"),
        pytest.param(GO_LIVE, None, id="the opening is not known"),
        pytest.param(None, GO_LIVE, id="the start is not known"),
    ],
)
def test_a_breach_without_an_opening_is_refused(pending_since: datetime | None, opened_at: datetime | None) -> None:
    rule_ = judged()
    broken = RuleState(rule_.grid.instant(FIRST), Condition.BREACHED, pending_since, opened_at)
    with pytest.raises(ValueError, match="rule r is breached without an opening"):
        state.fold(rule_, broken, slots_of("CC"), start=FIRST)


def test_a_rearmed_rule_begins_with_nothing() -> None:
    assert state.rearmed(GO_LIVE) == RuleState(armed_at=GO_LIVE)
