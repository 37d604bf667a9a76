"""Prometheus's ``for`` and ``keep_firing_for`` and CloudWatch's tables of missing data are settings of one verdict."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core import state
from stopwatch.core.sample import Slots
from stopwatch.core.verdict import Outcome, judge
from stopwatch.core.window import Missing, Window, slots_for
from tests.core import oracle
from tests.core.cases import EXAMPLES, FIRST, to_core

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("held", "step", "slots"),
    [
        pytest.param("10m", 60, 11, id="ten minutes at one minute: eleven slots"),
        pytest.param("0s", 60, 1, id="no duration: the first breaching slot"),
        pytest.param("1m", 60, 2, id="one step: two slots"),
        pytest.param("90s", 60, 3, id="a step and a half rounds up"),
        pytest.param("61s", 60, 3, id="a second more than a step rounds up"),
        pytest.param("59s", 60, 2, id="less than a step rounds up"),
        pytest.param("15m", 15, 61, id="fifteen minutes at fifteen seconds"),
        pytest.param("5s", 1, 6, id="five seconds at one second"),
    ],
)
def test_a_breach_opens_when_first_and_last_slot_are_the_duration_apart(held: str, step: int, slots: int) -> None:
    seconds = int(held[:-1]) * {"s": 1, "m": 60}[held[-1]]
    n = slots_for(timedelta(seconds=seconds), timedelta(seconds=step))
    assert n == slots
    window = Window(n, n)
    assert judge(window, b"B" * slots).outcome is Outcome.BREACH
    assert judge(window, b"C" + b"B" * (slots - 1)).outcome is Outcome.CLEAR


def prometheus_alert(active: str, for_seconds: int, keep_seconds: int, step: int) -> list[tuple[int, str]]:
    """
    Play Prometheus's alerting rule over slots that are active (B) or not.

    ``ActiveAt`` is the first active evaluation; it fires once that is *for* ago. Once firing, it resolves when the
    expression has been quiet for *keep_firing_for*, counted from the first quiet evaluation.
    """
    events: list[tuple[int, str]] = []
    active_at: int | None = None
    quiet_since: int | None = None
    firing = False
    for slot, kind in enumerate(active):
        at = slot * step
        if kind == "B":
            quiet_since = None
            active_at = at if active_at is None else active_at
            if not firing and at - active_at >= for_seconds:
                firing = True
                events.append((slot, "opened"))
        elif firing:
            quiet_since = at if quiet_since is None else quiet_since
            if at - quiet_since >= keep_seconds:
                firing, active_at, quiet_since = False, None, None
                events.append((slot, "recovered"))
        else:
            active_at = None
    return events


def our_events(rule: oracle.Rule, classes: str, step: int = 60) -> list[tuple[int, str]]:
    """Fold classes of a plain rule, good wherever clear, from an activation at the first slot."""
    judged = to_core(rule, step)
    good = classes.translate(str.maketrans("BCML", "NGMM"))
    slots = Slots(FIRST, classes.encode(), good.encode())
    _, events = state.fold(judged, state.rearmed(judged.grid.instant(FIRST)), slots, start=FIRST)
    return [(judged.grid.at_or_before(event.at) - FIRST, event.change.value) for event in events]


@settings(max_examples=max(1, EXAMPLES // 3))
@given(
    active=st.text("BBBBBBM", max_size=60),
    step=st.sampled_from((15, 60)),
    for_seconds=st.integers(0, 300),
    keep_seconds=st.integers(0, 200),
)
def test_missing_taken_for_clear_is_the_alerting_rule_of_prometheus(
    active: str, step: int, for_seconds: int, keep_seconds: int
) -> None:
    n, recover = (slots_for(timedelta(seconds=held), timedelta(seconds=step)) for held in (for_seconds, keep_seconds))
    condition = oracle.Condition(">", 5.0, 5.0)
    rule = oracle.Rule("one", (condition,), n, n, 0, "not_breaching", Fraction(4, 5), recover, 5, 3)
    assert our_events(rule, active, step) == prometheus_alert(active, for_seconds, keep_seconds, step)


# CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data", section "How alarm state is evaluated
# when data is missing": Evaluation Periods 3, evaluation range 5; 0 good, X breaching, - missing, newest at the right.
COLUMNS = (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING)
ALARM, OK, INSUFFICIENT_DATA, RETAIN = Outcome.BREACH, Outcome.CLEAR, Outcome.NO_DATA, Outcome.HOLD
THREE_OF_THREE = {
    "0 - X - X": (0, OK, OK, OK, OK),
    "0 - - - -": (2, OK, OK, OK, OK),
    "- - - - -": (3, INSUFFICIENT_DATA, RETAIN, ALARM, OK),
    "0 X X - X": (0, ALARM, ALARM, ALARM, ALARM),
    "- - X - -": (2, ALARM, RETAIN, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (0, ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (0, ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (1, OK, OK, ALARM, OK),
    "- - - - 0": (2, OK, OK, ALARM, OK),
    "- - - X -": (2, ALARM, RETAIN, ALARM, OK),
}
CELLS = [
    pytest.param(m, points, row[0], policy, state_, id=f"{m} out of 3, {points}, {policy}")
    for m, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, row in table.items()
    for policy, state_ in zip(COLUMNS, row[1:], strict=True)
]


def classes_of(points: str) -> bytes:
    """CloudWatch's notation in ours."""
    return points.replace(" ", "").translate(str.maketrans("0X-", "CBM")).encode()


@pytest.mark.parametrize(("m", "points", "filled", "policy", "expected"), CELLS)
def test_a_cell_of_the_tables_of_cloudwatch(
    m: int, points: str, filled: int, policy: Missing, expected: Outcome
) -> None:
    found = judge(Window(3, m, extra=2, missing=policy, min_coverage=0), classes_of(points))
    assert found.outcome is expected
    assert found.high - found.low == filled


# The same page, "Avoiding premature transitions to alarm state": a single breach among missing points alarms only once
# it is as old as Datapoints to Alarm.
@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param("- - - - X", OK, id="the breach is the newest point"),
        pytest.param("- - - X -", OK, id="one point later"),
        pytest.param("- - X - -", ALARM, id="as old as the datapoints to alarm"),
        pytest.param("- - - X 0", OK, id="the next point is good"),
        pytest.param("- - X - 0", OK, id="a good point follows after a gap"),
    ],
)
def test_missing_data_do_not_alarm_prematurely(points: str, expected: Outcome) -> None:
    assert judge(Window(3, 3, extra=2, min_coverage=0), classes_of(points)).outcome is expected


@pytest.mark.parametrize(
    ("points", "missing", "ignore"),
    [
        pytest.param("- - X - -", INSUFFICIENT_DATA, RETAIN, id="one breaching of three"),
        pytest.param("- X X - -", INSUFFICIENT_DATA, RETAIN, id="two breaching of three"),
        pytest.param("0 - - - -", OK, OK, id="one good of three already rules an alarm out"),
    ],
)
def test_a_coverage_above_zero_is_where_we_are_stricter(points: str, missing: Outcome, ignore: Outcome) -> None:
    assert judge(Window(3, 3, missing=Missing.MISSING), classes_of(points)).outcome is missing
    assert judge(Window(3, 3, missing=Missing.IGNORE), classes_of(points)).outcome is ignore
