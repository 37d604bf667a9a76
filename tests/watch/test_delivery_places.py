"""Where a message goes and how it looks when its channel, its card or its format is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.kpi import SiteId
from stopwatch.core.outbox import MessageKind, OutboxState
from tests.slack.decisions import CHANNEL, acted, item, opened, recovered, root
from tests.watch.delivery_bench import FALLBACK, Bench

MINUTES = 6 * 60


@pytest.fixture(scope="module")
def emulated() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stop()


@pytest.fixture
def bench(emulated: Bench) -> Iterator[Bench]:
    emulated.renew()
    yield emulated
    assert emulated.slack.violations() == []


@pytest.fixture
def with_fallback(bench: Bench) -> Bench:
    bench.renew(fallback=FALLBACK)
    return bench


def test_a_message_to_an_archived_channel_goes_to_the_fallback_at_once(with_fallback: Bench) -> None:
    bench = with_fallback
    bench.slack.channel(CHANNEL).archived = True
    decision = bench.open()
    report = bench.deliver()
    assert len(bench.shown(FALLBACK)) == 1
    assert report.broken == {CHANNEL: "is_archived"}
    assert report.up
    bench.act(acted(decision, Act.ACKNOWLEDGE, 2))
    bench.run(MINUTES)
    card, reply = bench.shown(FALLBACK)
    assert card["text"].startswith("PAUSED ham-01 (pilot), acknowledged")
    assert reply["thread_ts"] == card["ts"]


def test_a_card_in_a_channel_that_is_archived_later_moves_to_the_fallback(with_fallback: Bench) -> None:
    bench = with_fallback
    decision = bench.open()
    bench.run(5)
    bench.slack.channel(CHANNEL).archived = True
    bench.act(acted(decision, Act.ACKNOWLEDGE, 2))
    bench.run(5)
    assert bench.shown(FALLBACK)[0]["text"].startswith("PAUSED ham-01 (pilot), acknowledged")
    assert [moved.code for report in bench.reports for moved in report.reposted] == ["is_archived"]


def test_without_a_fallback_a_broken_channel_is_tried_until_it_is_mended(bench: Bench) -> None:
    bench.slack.channel(CHANNEL).member = False
    bench.open()
    bench.run(600)
    assert len(bench.slack.log("chat.postMessage")) < 60
    assert bench.reports[-1].broken == {CHANNEL: "not_in_channel"}
    assert not bench.reports[-1].up
    bench.slack.channel(CHANNEL).member = True
    bench.run(61)
    assert len(bench.shown()) == 1
    assert bench.reports[-1].broken == {}
    assert bench.reports[-1].up


@pytest.mark.parametrize(
    ("times", "blocks", "metadata"),
    [
        pytest.param(1, 4, True, id="compact"),
        pytest.param(2, 0, True, id="text"),
        pytest.param(3, 0, False, id="without metadata"),
    ],
)
def test_a_refused_format_is_degraded_at_once(bench: Bench, times: int, blocks: int, *, metadata: bool) -> None:
    bench.open()
    bench.trouble("error", error="invalid_blocks", times=times)
    report = bench.deliver()
    assert [len(message["blocks"]) for message in bench.shown()] == [blocks]
    assert (bench.shown()[0]["metadata"] is not None) is metadata
    assert report.degraded == {"root": times}
    bench.run(MINUTES)
    assert len(bench.shown()) == 1


def test_a_card_is_never_dead_for_its_format_but_a_thread_item_is(bench: Bench) -> None:
    decision = bench.open()
    bench.trouble("error", error="msg_blocks_too_long", times=6)
    bench.run(130)
    assert len(bench.shown()) == 1
    bench.trouble("error", error="invalid_metadata_format", times=4)
    message = bench.act(acted(decision, Act.ACKNOWLEDGE, 2))
    bench.run(5)
    assert bench.row(message).state is OutboxState.DEAD
    assert [report.dead for report in bench.reports if report.dead] == [{"invalid_metadata_format": 1}]


def test_a_degraded_message_without_metadata_is_found_by_its_text(bench: Bench) -> None:
    bench.open()
    bench.trouble("error", error="invalid_metadata_format", times=3)
    bench.trouble("reset", accepted=True)
    bench.run(MINUTES)
    assert len(bench.shown()) == 1
    assert bench.total("lost_found") == 1


def test_a_card_that_a_person_deleted_is_posted_anew_while_the_decision_is_live(bench: Bench) -> None:
    decision = bench.open()
    bench.run(MINUTES)
    first = bench.shown()[0]["ts"]
    bench.slack.delete(CHANNEL, first)
    bench.act(acted(decision, Act.ACKNOWLEDGE, 2))
    bench.run(10)
    card, reply = bench.shown()
    assert card["ts"] != first
    assert reply["thread_ts"] == card["ts"]
    gone = [(moved.ts, moved.code) for report in bench.reports for moved in report.reposted]
    assert gone == [(first, "message_not_found")]


def test_a_card_that_was_deleted_after_the_end_is_let_go(bench: Bench) -> None:
    decision = recovered(bench.open())
    bench.run(MINUTES)
    bench.slack.delete(CHANNEL, bench.shown()[0]["ts"])
    resumed = acted(decision, Act.RESUME, 45)
    bench.outbox.tell(resumed, now=bench.now)
    bench.run(10)
    assert bench.shown() == []
    assert bench.all_sent()


def test_a_process_that_died_while_sending_looks_up_before_it_sends_again(bench: Bench) -> None:
    message = root(bench.open())
    bench.outbox.claim(message.key, bench.now)
    bench.restart()
    bench.run(9)
    assert bench.slack.log() == []
    bench.run(2)
    methods = [call.method for call in bench.slack.log()]
    assert methods == ["conversations.history", "chat.postMessage"]


def test_without_the_right_to_read_history_a_message_is_sent_again_rather_than_lost(bench: Bench) -> None:
    bench.open()
    with bench.slack.held() as workspace:
        workspace.scopes.discard("channels:history")
    bench.trouble("reset")
    bench.run(MINUTES)
    assert len(bench.shown()) == 1
    assert bench.reports[-1].up


def test_after_nine_hours_of_silence_people_get_one_card_and_one_summary(bench: Bench) -> None:
    decision = bench.open()
    bench.trouble("status", method="*", status=503, times=None)
    for number in range(1, 13):
        decision = acted(decision, Act.ATTACH, number, reason=f"note {number}", links=opened().grounds[0].links)
        bench.act(decision)
        bench.run(10)
    bench.now += timedelta(hours=9)
    with bench.slack.held() as workspace:
        workspace.faults.clear()
    bench.run(MINUTES)
    card, summary = bench.shown()
    assert card["text"].startswith("PAUSED ham-01 (pilot)")
    assert summary["metadata"]["event_payload"]["kind"] == "summary"
    assert summary["thread_ts"] == card["ts"]
    assert bench.all_sent()


def test_a_summary_that_was_accepted_and_lost_is_told_again_with_all_it_told(bench: Bench) -> None:
    decision = bench.open()
    bench.run(2)
    bench.trouble("status", method="*", status=503, times=None)
    acts = []
    for number in range(1, 6):
        decision = acted(decision, Act.ATTACH, number, reason=f"note {number}", links=opened().grounds[0].links)
        acts.append(bench.act(decision))
    bench.now += timedelta(hours=1)
    with bench.slack.held() as workspace:
        workspace.faults.clear()
    bench.trouble("lost", seconds=3.0)
    bench.run(MINUTES)
    _card, summary = bench.shown()
    assert summary["metadata"]["event_payload"]["kind"] == "summary"
    assert {bench.row(message).ts for message in acts} == {summary["ts"]}
    assert bench.total("resent") == 1
    assert bench.all_sent()


def test_rows_of_another_notifier_are_left_alone(bench: Bench) -> None:
    decision = opened()
    message = item(decision, MessageKind.REPORT, "1", {"text": "for somebody else"})
    foreign = type(message)(message.key, message.kind, message.channel, None, 1, message.body, notifier="webhook")
    bench.outbox.tell(decision, foreign, now=bench.now)
    bench.run(3)
    assert bench.slack.log() == []
    assert bench.row(foreign).state is OutboxState.PENDING


def test_cards_are_updated_at_most_every_three_seconds(bench: Bench) -> None:
    decision = bench.open()
    bench.run(5)
    for _ in range(12):
        bench.outbox.tell(decision, now=bench.now)
        bench.run(1)
    bench.run(4)
    assert 4 <= len(bench.slack.log("chat.update")) <= 6
    assert bench.all_sent()


def test_thirty_decisions_in_a_minute_each_get_one_card_at_slacks_pace(bench: Bench) -> None:
    for number in range(30):
        site = SiteId(f"site-{number:02}")
        bench.open(replace(opened(), id=DecisionId(f"{site}-20261121T1015Z"), scope=site, site=site))
    bench.run(40)
    assert len(bench.shown()) == 30
    assert set(bench.keys().values()) == {1}
    assert bench.failures() == {}
