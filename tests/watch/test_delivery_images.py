"""Charts go into the thread after everything else, hold nothing up, and are neither lost nor doubled for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from stopwatch.core.decision import Act, Decision
from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.slack.pictures import SlackPictures
from stopwatch.slack.upload import COMPLETE as DONE
from stopwatch.slack.upload import PLACE, PUT, Picture
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import acted, item
from tests.watch.delivery_bench import TOKEN, Bench

IMAGES = frozenset({MessageKind.IMAGE})
PICTURE = Picture(b"\x89PNG\r\n\x1a\n" + b"x" * 500, "Integration 5xx", "Newest 7.4 %, limit 5 %.")


@pytest.fixture(scope="module")
def made() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.stop()


@pytest.fixture
def bench(made: Bench) -> Bench:
    made.renew(timeout_seconds=1)
    with made.slack.held() as workspace:
        workspace.reset()
        workspace.settings.file_delay = 2.0
    return made


class Pair:
    """The two senders of Slack: everything but charts, and charts."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.failed: Counter[tuple[str, str]] = Counter()
        self.degraded: Counter[str] = Counter()
        self.cards, self.charts = (self._sender(frozenset(MessageKind) - IMAGES), self._sender(IMAGES))

    def _sender(self, kinds: frozenset[MessageKind]) -> Sender:
        notifier = SlackPictures(
            TOKEN,
            self.bench.slack.api_url,
            now=lambda: self.bench.now,
            picture_of=lambda _sha256: PICTURE,
            timeout_seconds=1,
        )
        return Sender(self.bench.outbox, notifier, plan=DeliveryPlan(), rng=Random(7), kinds=kinds)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.cards.deliver(self.bench.now)
            report = self.charts.deliver(self.bench.now)
            self.failed.update(report.failed)
            self.degraded.update(report.degraded)
            self.bench.now += timedelta(seconds=1)


def chart_of(bench: Bench, decision: Decision) -> Message:
    message = item(decision, MessageKind.IMAGE, "g", {"ground": "g", "evidence": "ab" * 32})
    bench.outbox.tell(decision, message, now=bench.now)
    return message


def charts(bench: Bench) -> list[dict[str, Any]]:
    """The messages that show a picture."""
    return [message for message in bench.shown() if any(block["type"] == "image" for block in message["blocks"])]


def files_at_once(bench: Bench) -> None:
    """Let Slack look through files in no time."""
    with bench.slack.held() as workspace:
        workspace.settings.file_delay = 0.0


def calls(bench: Bench, method: str) -> int:
    """How often a method was called."""
    return sum(call.method == method for call in bench.slack.log())


def at_rest(bench: Bench, message: Message) -> bool:
    """Whether a chart was sent and swept, stands once in its thread, and nothing else was said of it."""
    assert bench.slack.violations() == []
    row, key = bench.row(message), message.key
    found = [shown for shown in bench.shown() if shown["metadata"]["event_payload"]["key"] == key]
    return (row.state, row.swept, [each["ts"] for each in found]) == (OutboxState.SENT, 2, [row.ts])


def test_a_chart_follows_its_card_and_is_swept_like_any_message(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    pair.run(10)
    (shown,) = charts(bench)
    assert (bench.row(message).ts, shown["thread_ts"]) == (shown["ts"], bench.shown()[0]["ts"])
    assert calls(bench, DONE) == 1, "what Slack still works on is not uploaded again"
    pair.run(400)
    assert at_rest(bench, message)
    assert len(charts(bench)) == 1


def test_a_card_and_its_changes_are_told_while_uploads_hang(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    pair.run(1)
    message = chart_of(bench, decision)
    bench.trouble("hang", "files.getUploadURLExternal", times=20, seconds=0.1)
    told = acted(decision, Act.ACKNOWLEDGE, 2)
    bench.act(told)
    pair.cards.deliver(bench.now + timedelta(seconds=4))
    assert "acknowledged by" in bench.shown()[0]["text"]
    assert len(bench.shown()) == 2
    assert bench.row(message).attempts == 0


def test_of_two_kinds_of_work_each_sender_takes_its_own(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    files_at_once(bench)
    for _ in range(3):
        pair.cards.deliver(bench.now)
    assert bench.row(message).state is OutboxState.PENDING
    pair.charts.deliver(bench.now)
    assert bench.row(message).state is OutboxState.SENT


@pytest.mark.parametrize("accepted", [pytest.param(True, id="answer lost"), pytest.param(False, id="request lost")])
def test_a_chart_of_unknown_end_is_looked_up_before_it_is_shown_again(bench: Bench, *, accepted: bool) -> None:
    decision, pair = bench.open(), Pair(bench)
    pair.run(1)
    message = chart_of(bench, decision)
    files_at_once(bench)
    bench.trouble("reset", accepted=accepted)
    pair.run(400)
    assert at_rest(bench, message)
    assert len(charts(bench)) == 1


def test_a_chart_that_was_accepted_and_lost_is_shown_again(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    pair.run(1)
    message = chart_of(bench, decision)
    files_at_once(bench)
    bench.trouble("lost", seconds=5.0)
    pair.run(500)
    assert at_rest(bench, message)
    assert len(charts(bench)) == 1


def test_a_chart_that_was_committed_after_we_gave_up_is_removed(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    pair.run(1)
    message = chart_of(bench, decision)
    files_at_once(bench)
    bench.trouble("late", seconds=20.0)
    pair.run(30)
    assert len(charts(bench)) == 2, "it was not to be seen when it was looked up, so it was shown again"
    pair.run(400)
    assert at_rest(bench, message)
    assert len(charts(bench)) == 1


def test_a_process_that_died_between_upload_and_message_shows_the_chart_once(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    pair.run(2)
    assert calls(bench, DONE) == 1
    bench.outbox.claim(message.key, bench.now)
    Pair(bench).run(400)
    assert at_rest(bench, message)
    assert (len(charts(bench)), calls(bench, DONE)) == (1, 2)


@pytest.mark.parametrize("step", [PLACE, PUT, DONE])
def test_an_upload_that_fails_for_a_while_delays_only_the_chart(bench: Bench, step: str) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    bench.trouble("status", step, times=3, status=503)
    bench.act(acted(decision, Act.ACKNOWLEDGE, 2))
    pair.run(6)
    assert [shown["metadata"]["event_payload"]["kind"] for shown in bench.shown()][:2] == ["root", "act"]
    pair.run(500)
    assert at_rest(bench, message)
    assert len(charts(bench)) == 1
    assert pair.failed[step, "http_503" if step != PUT else "upload_http_503"] == 3


@pytest.mark.parametrize(
    ("trouble", "counted"),
    [
        pytest.param({"method": PUT, "kind": "status", "status": 503}, (PUT, "upload_http_503"), id="no upload"),
        pytest.param(
            {"method": DONE, "kind": "error", "error": "internal_error"}, (DONE, "internal_error"), id="no end"
        ),
        pytest.param({}, ("post", "invalid_blocks"), id="the file is worked on for ever"),
    ],
)
def test_a_chart_that_cannot_be_shown_is_told_in_words_after_two_minutes(
    bench: Bench, trouble: dict[str, Any], counted: tuple[str, str]
) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    with bench.slack.held() as workspace:
        workspace.settings.file_delay = 1e6
    if trouble:
        bench.trouble(**trouble, times=None)
    pair.run(100)
    assert bench.row(message).state is OutboxState.PENDING
    assert pair.failed[counted] > 3
    pair.run(500)
    assert at_rest(bench, message)
    assert PICTURE.words in bench.shown()[1]["text"]
    assert pair.degraded == {"image": 1}
    assert not charts(bench)


def test_charts_that_are_not_ready_hold_up_no_other_chart(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    pair.run(1)
    others = [item(decision, MessageKind.IMAGE, f"g{number}", {"evidence": "ab" * 32}) for number in range(4)]
    for each in others:
        bench.outbox.tell(decision, each, now=bench.now)
    with bench.slack.held() as workspace:
        workspace.settings.file_delay = 1e6
    report = pair.charts.deliver(bench.now)
    assert (report.failed, report.up) == ({("post", "invalid_blocks"): 3}, True), (
        "three is what the channel's pace allows"
    )


def test_a_file_that_slack_refuses_is_told_in_words_at_once(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    bench.trouble("error", DONE, error="malware_detected")
    pair.run(2)
    assert bench.row(message).state is OutboxState.SENT
    assert PICTURE.words in bench.shown()[1]["text"]


def test_without_the_right_to_files_the_numbers_are_told_at_once(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    with bench.slack.held() as workspace:
        workspace.scopes.discard("files:write")
    pair.run(2)
    assert bench.row(message).state is OutboxState.SENT
    assert PICTURE.words in bench.shown()[1]["text"]
    assert not pair.charts.refused
