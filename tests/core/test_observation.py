"""The observation window begins with go-live and afresh with every final act, a false alarm's dismissal aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from stopwatch.core.decision import Decision, DecisionState
from stopwatch.core.exit.observation import SiteWindow, acquittals, armed_at, observe
from stopwatch.core.kpi import RuleId
from tests.core.test_exit import (
    DAY,
    END,
    GO_LIVE,
    HAM,
    LACKS,
    LODZ,
    MINUTE,
    PLAN,
    RULE,
    SEEN,
    WINDOW,
    decision,
    judged,
    only_open,
)


def observed(*decisions: Decision, go_live: datetime | None = GO_LIVE, end: datetime = END) -> SiteWindow:
    return observe(PLAN, HAM, go_live=go_live, decisions=decisions, observation=10 * DAY, end=end)


def test_the_window_is_the_last_observation_since_go_live() -> None:
    assert observed() == WINDOW
    short = observed(end=GO_LIVE + 9 * DAY)
    assert (short.start, short.long_enough, short.long_enough_at) == (GO_LIVE, False, GO_LIVE + 10 * DAY)


@pytest.mark.parametrize("go_live", [None, END + MINUTE])
def test_a_site_that_is_not_live_has_no_window(go_live: datetime | None) -> None:
    window = observed(go_live=go_live)
    assert (window.start, window.long_enough) == (None, False)
    check = judged(replace(SEEN, windows=(window,), rules=(), kpis=())).checks[0]
    assert (check.verdict, check.text, check.wants) == (LACKS, "ham-01 is not live", "activate ham-01")


LATER = GO_LIVE + 4 * DAY
RESUMED, CLOSED, DISMISSED = DecisionState.RESUMED, DecisionState.CLOSED, DecisionState.DISMISSED


@pytest.mark.parametrize(
    ("ended", "since"),
    [
        pytest.param(decision(RESUMED, ended_at=LATER), LATER, id="resumed"),
        pytest.param(decision(CLOSED, ended_at=LATER, scope="_pilot"), LATER, id="a wide stop that ended"),
        pytest.param(decision(CLOSED, ended_at=LATER, scope="_wave-1"), GO_LIVE, id="another phase's stop"),
        pytest.param(decision(DISMISSED, ended_at=LATER, category="data_fault"), LATER, id="faulty data"),
        pytest.param(decision(DISMISSED, ended_at=LATER, category="false_alarm"), GO_LIVE, id="a false alarm"),
    ],
)
def test_a_final_act_begins_the_window_afresh_unless_it_was_a_false_alarm(ended: Decision, since: datetime) -> None:
    window = observed(ended)
    assert window.since == since
    assert window.long_enough is (since == GO_LIVE)


def test_too_short_a_window_says_since_when_and_until_when() -> None:
    window = observed(decision(DecisionState.RESUMED, ended_at=END - 3 * DAY))
    check = only_open(judged(replace(SEEN, windows=(window,))))
    assert check.text == "ham-01 observed since 2026-11-10 06:00Z (d1 resumed), too short for 10 d"
    assert check.wants == "long enough at 2026-11-20 06:00Z"


def test_a_rule_is_armed_by_the_end_of_what_it_was_a_ground_of_and_acquitted_by_false_alarms() -> None:
    ended = decision(DecisionState.RESUMED, ended_at=GO_LIVE + 4 * DAY)
    alarm = decision(DecisionState.DISMISSED, ended_at=GO_LIVE + 5 * DAY, category="false_alarm")
    assert armed_at(HAM, RULE, GO_LIVE, [ended, alarm]) == ended.ended_at
    assert armed_at(HAM, RuleId("other"), GO_LIVE, [ended, alarm]) == GO_LIVE
    (pardon,) = acquittals(HAM, RULE, [ended, alarm])
    assert (pardon.decision, pardon.opened_at, pardon.ended_at) == ("d1", GO_LIVE + 3 * DAY, alarm.ended_at)
    assert acquittals(LODZ, RULE, [ended, alarm]) == []
