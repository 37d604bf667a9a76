"""Nobody answers: the thread grows louder, second notifiers fire, and neither restart nor answer doubles a call."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.outbox import OutboxState
from stopwatch.watch.escalating import WEBHOOK
from tests.stories.calls import CHANNEL, PLAN, Calls
from tests.stories.sink import Sink

pytestmark = pytest.mark.slow


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    made = Calls(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


def test_an_unanswered_pause_calls_in_thread_and_channel_and_names_whom_it_calls(calls: Calls) -> None:
    decision = calls.pause()
    calls.run(minutes=4.9)
    assert calls.shown("escalation") == []
    calls.run(minutes=16)
    first, second = calls.shown("escalation")
    assert [message["metadata"]["event_payload"]["key"] for message in (first, second)] == [
        f"{decision.id}/1/1",
        f"{decision.id}/1/3",
    ]
    root = calls.shown("root")[0]["ts"]
    assert [message["thread_ts"] for message in (first, second)] == [root, root]
    assert [message["broadcast"] for message in (first, second)] == [True, True]
    assert "<@U0ANNA> <!subteam^S0ONCALL> " in first["blocks"][0]["text"]["text"]
    assert "S0MANAGERS" not in first["text"]
    assert "<!subteam^S0MANAGERS>" in second["text"]
    assert calls.slack.violations() == []


def test_an_acknowledgement_silences_it_and_half_an_hour_later_it_calls_again_but_not_who_acted(calls: Calls) -> None:
    decision = calls.pause()
    calls.run(minutes=6)
    calls.act(decision, Act.ACKNOWLEDGE, actor="slack:U0ANNA")
    calls.run(minutes=29.8, every=30)
    assert len(calls.shown("escalation")) == 1
    calls.run(minutes=11)
    again = calls.shown("escalation")[1]
    assert "undecided" in again["text"]
    assert "<@U0ANNA>" not in again["text"]
    assert "<!subteam^S0ONCALL>" in again["text"]
    calls.act(decision, Act.CONFIRM)
    calls.run(minutes=120, every=60)
    assert len(calls.shown("escalation")) == 2


def test_a_restart_at_any_moment_calls_nobody_twice(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    calls.pause()
    for _ in range(15):
        calls.restart()
        calls.run(minutes=3, every=30)
    keys = Counter(message["metadata"]["event_payload"]["key"] for message in calls.shown("escalation"))
    assert sorted(key.rpartition("/")[2] for key in keys) == ["1", "3", "4"]
    assert set(keys.values()) == {1}
    assert len({received.headers["webhook-id"] for received in sink.received}) == len(sink.received) == 1


def test_a_daemon_that_was_away_makes_one_call_and_not_all_it_missed(calls: Calls) -> None:
    calls.pause()
    calls.run(seconds=10)
    calls.now += timedelta(hours=3)
    calls.run(minutes=2)
    assert [message["metadata"]["event_payload"]["key"][-4:] for message in calls.shown("escalation")] == ["1/10"]


def test_the_second_notifier_is_told_within_a_minute_of_a_dead_slack(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    calls.break_slack("status", status=503)
    calls.pause()
    calls.run(seconds=59, every=1)
    assert sink.received == []
    calls.run(seconds=2, every=1)
    (received,) = sink.received
    assert json.loads(received.body)["data"]["cause"] == "undelivered"


def test_a_refused_token_fires_the_second_notifier_at_once(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    calls.break_slack(error="token_revoked")
    calls.pause()
    calls.run(seconds=3, every=1)
    assert [json.loads(received.body)["data"]["cause"] for received in sink.received] == ["unreachable"]


def test_without_slack_the_second_notifier_is_all_there_is(tmp_path: Path, sink: Sink) -> None:
    calls = Calls(tmp_path, slack=False)
    calls.use(webhook=sink.url)
    calls.pause()
    calls.run(seconds=1, every=1)
    assert len(sink.received) == 1
    calls.run(minutes=60, every=30)
    assert len(sink.received) == 1
    calls.stop()


def test_a_delivered_card_leaves_ten_minutes_before_the_second_notifier(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    calls.pause()
    calls.run(minutes=9.9)
    assert sink.received == []
    calls.run(seconds=10)
    assert [json.loads(received.body)["data"]["cause"] for received in sink.received] == ["unanswered"]


def test_a_call_that_was_answered_before_it_left_is_not_made(calls: Calls, sink: Sink) -> None:
    sink.status = 404
    calls.use(webhook=sink.url)
    decision = calls.pause()
    calls.run(minutes=4.9)
    calls.break_slack("status", status=500)
    calls.run(minutes=6)
    calls.act(decision, Act.CONFIRM)
    calls.look()
    sink.status, tried = 200, len(sink.received)
    calls.mend_slack()
    calls.run(minutes=5)
    assert calls.shown("escalation") == []
    assert tried
    assert len(sink.received) == tried
    assert {row.state for row in calls.rows(WEBHOOK)} == {OutboxState.DEAD}


def test_a_withdrawn_call_is_made_after_all_when_nobody_decides(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    sink.status = 404
    calls.break_slack("status", status=500)
    decision = calls.pause()
    calls.run(minutes=2)
    calls.act(decision, Act.ACKNOWLEDGE)
    calls.look()
    sink.status, tried = 200, len(sink.received)
    calls.run(minutes=29, every=30)
    assert len(sink.received) == tried
    calls.run(minutes=7, every=30)
    assert len(sink.received) == tried + 1


def test_hours_of_outage_leave_one_call_behind(calls: Calls) -> None:
    calls.pause()
    calls.run(seconds=10)
    calls.break_slack("status", status=503)
    calls.run(minutes=5 * 60, every=120)
    calls.mend_slack()
    calls.run(minutes=3)
    assert len(calls.shown("escalation")) == 1


def test_a_confirmed_pause_is_reminded_of_in_the_thread_at_most_every_half_hour(calls: Calls) -> None:
    decision = calls.pause()
    calls.run(minutes=1)
    calls.act(decision, Act.CONFIRM)
    calls.run(minutes=125, every=60)
    reminders = calls.shown("reminder")
    assert len(reminders) == 3
    assert not [message for message in reminders if message["broadcast"]]
    assert not [message for message in reminders if "<@" in message["text"] or "subteam" in message["text"]]


def test_a_new_episode_calls_anew(calls: Calls) -> None:
    decision = calls.pause()
    calls.run(minutes=6)
    until = calls.now + timedelta(minutes=30)
    calls.act(decision, Act.OVERRIDE, reason="peak hour", category="accepted-risk", until=until)
    calls.run(minutes=5)
    again = calls.pause("sev1")
    assert (again.id, again.state, again.episode) == (decision.id, "open", 2)
    calls.run(minutes=6)
    keys = [message["metadata"]["event_payload"]["key"] for message in calls.shown("escalation")]
    assert keys == [f"{decision.id}/1/1", f"{decision.id}/2/1"]
    aloud = [message["metadata"]["event_payload"]["key"] for message in calls.shown("act") if message["broadcast"]]
    assert aloud == [f"{decision.id}/act/1/{CHANNEL}"]


def test_the_delays_are_the_plans(tmp_path: Path, sink: Sink) -> None:
    plan = replace(
        PLAN, escalation=replace(PLAN.escalation, notifier=timedelta(minutes=2), undelivered=timedelta(seconds=20))
    )
    calls = Calls(tmp_path, plan=plan)
    calls.use(webhook=sink.url)
    calls.pause()
    calls.run(minutes=1.9)
    assert sink.received == []
    calls.run(seconds=10)
    assert len(sink.received) == 1
    calls.stop()


def test_the_webhook_hears_once_that_it_is_over_and_only_if_it_was_called(calls: Calls, sink: Sink) -> None:
    calls.use(webhook=sink.url)
    decision = calls.pause()
    calls.run(minutes=1)
    quiet = calls.act(decision, Act.DISMISS, reason="a slip", category="false_alarm")
    calls.run(minutes=1)
    assert (quiet.paused, sink.received) == (False, [])
    called = calls.pause("sev1")
    calls.run(minutes=10.5)
    calls.act(called, Act.DISMISS, reason="a load test", category="false_alarm")
    calls.run(minutes=1)
    calls.restart()
    calls.run(minutes=30, every=60)
    told = [json.loads(received.body) for received in sink.received]
    assert [each["type"] for each in told] == ["decision.unanswered", "decision.resolved"]
    assert [each["data"]["decision"] for each in told] == [called.id, called.id]
    assert told[1]["data"]["text"] == "ham-01 (pilot) is no longer paused: dismissed"
    assert len({received.headers["webhook-id"] for received in sink.received}) == 2
