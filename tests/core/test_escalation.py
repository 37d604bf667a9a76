"""The timetable of escalation: what is due when, what stops it, and that it is a function of the decision alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind, Happening
from stopwatch.core.escalation import (
    Cause,
    Step,
    due_steps,
    escalates,
    escalation_key,
    reminder,
    running,
    second_notifier,
)
from stopwatch.core.kpi import PhaseId, RuleId, SiteId
from stopwatch.core.outbox import Message, MessageKind, OutboxRow, OutboxState
from stopwatch.core.rollout import EscalationPlan

T0 = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
PLAN = EscalationPlan()
S = DecisionState


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def ground(name: str = "5xx", *, at: float = 0, severity: str = "page", **more: object) -> Ground:
    plain = Ground(
        GroundId(f"{name}@{at}"),
        GroundKind.RULE,
        SiteId("ham-01"),
        RuleId(name),
        None,
        T0 + minutes(at),
        T0 + minutes(at),
    )
    return replace(plain, **{"summary": {"severity": severity}, **more})  # type: ignore[arg-type] # fields by name


def acted(act: str, at: float, rev: int, *, moves: bool = True, actor: str = "slack:U0ANNA") -> Acted:
    return Acted(act, actor, T0 + minutes(at), None, rev, rev + moves, {})


def decision(
    *acts: Acted, state: DecisionState = S.OPEN, episode: int = 1, grounds: tuple[Ground, ...] = ()
) -> Decision:
    return Decision(
        id=DecisionId("ham-01-20261121T1015Z"),
        rollout="wms-4-12",
        scope="ham-01",
        site=SiteId("ham-01"),
        phase=PhaseId("pilot"),
        state=state,
        rev=1 + sum(act.rev_after - act.rev_before for act in acts),
        episode=episode,
        opened_at=T0,
        grounds=grounds or (ground(),),
        acts=acts,
    )


def due(subject: Decision, at: float, plan: EscalationPlan = PLAN) -> list[tuple[int, float]]:
    """Number and minute of every step that is due."""
    return [(step.number, (step.at - T0) / minutes(1)) for step in due_steps(subject, plan, T0 + minutes(at))]


def test_an_unanswered_decision_follows_the_plan_then_every_quarter_of_an_hour_then_hourly() -> None:
    first = [(1, 5), (2, 10), (3, 20)]
    repeats = [(4 + number, 35 + 15 * number) for number in range(6)]
    assert due(decision(), 290) == [*first, *repeats, (10, 170), (11, 230), (12, 290)]
    assert [step.step for step in due_steps(decision(), PLAN, T0 + minutes(40))] == [
        Step.BROADCAST,
        Step.NOTIFIER,
        Step.SECOND_GROUP,
        Step.REPEAT,
    ]


@pytest.mark.parametrize(
    ("at", "numbers"),
    [
        pytest.param(4.99, [], id="a moment before the first"),
        pytest.param(5, [1], id="the broadcast to the second"),
        pytest.param(10, [1, 2], id="the notifier"),
        pytest.param(19.99, [1, 2], id="before the second group"),
    ],
)
def test_steps_are_due_from_their_instant_on(at: float, numbers: list[int]) -> None:
    assert [number for number, _at in due(decision(), at)] == numbers


@pytest.mark.parametrize("state", [state for state in S if state not in {S.OPEN, S.ACKNOWLEDGED}])
def test_nobody_is_called_in_any_state_but_open_and_acknowledged(state: DecisionState) -> None:
    assert due(decision(acted("confirm", 1, 1), state=state), 600) == []


def acknowledged(*later: Acted, at: float = 7) -> Decision:
    return decision(acted("acknowledge", at, 1), *later, state=S.ACKNOWLEDGED)


def test_an_acknowledgement_stops_it_and_half_an_hour_without_a_further_act_resumes_it() -> None:
    assert due(acknowledged(), 36.9) == []
    assert due(acknowledged(), 37) == [(2, 37)]
    assert due(acknowledged(), 62) == [(2, 37), (3, 47), (4, 62)]


def test_a_further_act_postpones_the_resumption_and_stops_one_under_way() -> None:
    link = acted("attach", 20, 2, moves=False)
    assert due(acknowledged(link), 49.9) == []
    assert due(acknowledged(link), 50) == [(2, 50)]
    late = acted("attach", 40, 2, moves=False)
    assert due(acknowledged(late), 69.9) == []
    assert due(acknowledged(late), 70) == [(3, 70)]


def test_a_new_episode_starts_the_timetable_anew() -> None:
    acts = (
        acted("acknowledge", 3, 1),
        acted("override", 8, 2),
        acted(Happening.OVERRIDE_ENDED_BREACHING, 90, 3, actor="daemon"),
    )
    again = decision(*acts, episode=2)
    assert due(again, 94) == []
    assert due(again, 100) == [(1, 95), (2, 100)]
    assert escalation_key(again.id, again.episode, 1) == f"{again.id}/2/1"


def test_a_plan_in_another_order_is_followed_as_it_is() -> None:
    plan = replace(PLAN, notifier=minutes(2), second_group=minutes(4))
    assert due(decision(), 5, plan) == [(2, 2), (3, 4), (1, 5)]


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        pytest.param(ground(), True, id="page"),
        pytest.param(ground(severity="notify"), False, id="notify"),
        pytest.param(
            replace(ground(), kind=GroundKind.MANUAL, rule=None, criterion="sev1", summary={}), True, id="manual"
        ),
        pytest.param(ground(summary={"drill": True}), False, id="a drill's breach"),
        pytest.param(replace(ground(), rule=None, criterion="drill"), False, id="a declared drill"),
        pytest.param(ground(recovered_at=T0 + minutes(9)), True, id="recovered since"),
        pytest.param(ground(detected_late=True), True, id="found late and holding"),
        pytest.param(ground(detected_late=True, recovered_at=T0 - minutes(9)), False, id="found late when it was over"),
        pytest.param(ground(detected_late=True, recovered_at=T0 + minutes(9)), True, id="found late, recovered since"),
    ],
)
def test_only_grounds_that_matter_now_call_people(subject: Ground, *, verdict: bool) -> None:
    assert escalates(subject) is verdict
    assert bool(due(decision(grounds=(subject,)), 60)) is verdict


def test_the_wait_counts_from_the_first_ground_that_calls_people() -> None:
    quiet = decision(grounds=(ground("volume", severity="notify"), ground(at=40)))
    assert due(quiet, 44.9) == []
    assert due(quiet, 45) == [(1, 45)]


def card(*, sent: bool) -> OutboxRow:
    message = Message("key", MessageKind.ROOT, "C1", DecisionId("ham-01-20261121T1015Z"), 1)
    if not sent:
        return OutboxRow(message, OutboxState.UNKNOWN, 3, T0, T0)
    return OutboxRow(message, OutboxState.SENT, 1, T0, T0, sent_at=T0 + minutes(0.1))


@pytest.mark.parametrize(
    ("seconds", "row", "reachable", "cause"),
    [
        pytest.param(59, card(sent=False), True, None, id="undelivered for less than a minute"),
        pytest.param(60, card(sent=False), True, Cause.UNDELIVERED, id="undelivered for a minute"),
        pytest.param(60, None, True, Cause.UNDELIVERED, id="no card after a minute"),
        pytest.param(599, card(sent=True), True, None, id="delivered and still time"),
        pytest.param(600, card(sent=True), True, Cause.UNANSWERED, id="delivered and unanswered"),
        pytest.param(0, None, False, Cause.UNREACHABLE, id="Slack off or refused"),
        pytest.param(0, card(sent=True), False, Cause.UNREACHABLE, id="refused after the card was sent"),
    ],
)
def test_the_second_notifier_fires_for_three_reasons_only(
    seconds: int, row: OutboxRow | None, *, reachable: bool, cause: Cause | None
) -> None:
    now = T0 + timedelta(seconds=seconds)
    assert second_notifier(decision(), PLAN, row, reachable=reachable, now=now) is cause


def test_the_second_notifier_stays_silent_once_somebody_has_acknowledged() -> None:
    quick = acknowledged(at=0.5)
    for at in (1, 9, 30.4):
        assert second_notifier(quick, PLAN, None, reachable=False, now=T0 + minutes(at)) is None
    assert second_notifier(quick, PLAN, None, reachable=True, now=T0 + minutes(35.5)) is Cause.UNANSWERED


def test_what_a_catch_up_has_just_found_waits_a_minute_before_anything_fires() -> None:
    late = replace(decision(grounds=(ground(detected_late=True),)), detected_late=True)
    assert second_notifier(late, PLAN, None, reachable=False, now=T0 + minutes(0.9)) is None
    assert second_notifier(late, PLAN, None, reachable=False, now=T0 + minutes(1)) is Cause.UNREACHABLE


def test_reminders_come_after_half_an_hour_and_then_ever_more_rarely() -> None:
    confirmed = decision(acted("confirm", 3, 1), state=S.CONFIRMED)
    numbers = [reminder(confirmed, PLAN, T0 + minutes(at)) for at in (29.9, 30, 59.9, 60, 119, 120, 240)]
    assert numbers == [None, 1, 1, 2, 2, 3, 4]
    over = replace(confirmed, grounds=(ground(recovered_at=T0 + minutes(20)),))
    assert reminder(over, PLAN, T0 + minutes(60)) is None
    assert reminder(decision(), PLAN, T0 + minutes(60)) is None


ACTS = st.lists(st.floats(0.1, 200).map(lambda at: round(at, 1)), min_size=1, max_size=5, unique=True).map(sorted)


@given(ACTS, st.floats(0, 400), st.floats(0, 400))
def test_no_step_is_due_while_somebody_is_at_it_and_none_is_due_twice(
    times: list[float], one: float, other: float
) -> None:
    """Whatever people do: within half an hour of an act nothing is due, and each number has one instant."""
    acts = [acted("acknowledge", times[0], 1), *(acted("attach", at, 2, moves=False) for at in times[1:])]
    subject = acknowledged(*acts[1:], at=times[0])
    last = times[-1]
    early, late = sorted((last + one, last + other))
    before, after = due(subject, early), due(subject, late)
    if early < last + 30:
        assert before == []
    assert set(before) <= set(after)
    assert [number for number, _at in after] == sorted({number for number, _at in after})
    assert all(at >= last + 30 - 1e-6 for _number, at in after)
    # What was due before the first act belongs to the wait that it ended.
    earlier = {number for number, _at in due(decision(), times[0])}
    assert earlier.isdisjoint(number for number, _at in after)


@given(st.floats(0, 2000))
def test_an_open_decision_is_waited_for_from_its_first_moment_on(at: float) -> None:
    assert running(decision(), PLAN, T0 + minutes(at)) is not None
    assert running(decision(), PLAN, T0 - minutes(at + 1)) is None
