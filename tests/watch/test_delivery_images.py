"""Charts go into the thread after everything else, hold nothing up, and are neither lost nor doubled for long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from stopwatch.core.decision import Act, Decision
from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.slack.pictures import SlackPictures
from stopwatch.slack.upload import Picture
from stopwatch.watch.delivery import Sender
from tests.slack.decisions import acted, item
from tests.watch.delivery_bench import TOKEN, Bench

IMAGES = frozenset({MessageKind.IMAGE})
PICTURE = Picture(b"\x89PNG\r\n\x1a\n" + b"x" * 500, "Integration 5xx", "Newest 7.4 %, limit 5 %.")
DONE = "files.completeUploadExternal"


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
            self.charts.deliver(self.bench.now)
            self.bench.now += timedelta(seconds=1)


def chart_of(bench: Bench, decision: Decision) -> Message:
    message = item(decision, MessageKind.IMAGE, "g", {"ground": "g", "evidence": "ab" * 32})
    bench.outbox.tell(decision, message, now=bench.now)
    return message


def files(bench: Bench) -> list[dict[str, Any]]:
    return [message for message in bench.shown() if message.get("files")]


def test_a_chart_follows_its_card_and_its_message_is_found_by_the_sweep(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    pair.run(5)
    (shown,) = files(bench)
    assert bench.row(message).ts == shown["files"][0]["id"]
    pair.run(400)
    assert (bench.row(message).ts, bench.row(message).swept) == (shown["ts"], 2)
    assert len(files(bench)) == 1
    assert bench.slack.violations() == []


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
    for _ in range(3):
        pair.cards.deliver(bench.now)
    assert bench.row(message).state is OutboxState.PENDING
    pair.charts.deliver(bench.now)
    assert bench.row(message).state is OutboxState.SENT


@pytest.mark.parametrize("accepted", [pytest.param(True, id="answer lost"), pytest.param(False, id="request lost")])
def test_a_chart_of_unknown_end_is_looked_up_before_it_is_uploaded_again(bench: Bench, *, accepted: bool) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    bench.trouble("reset", DONE, accepted=accepted)
    pair.run(60)
    assert bench.row(message).state is OutboxState.SENT
    assert len(files(bench)) == 1


def test_a_second_copy_that_appeared_late_is_removed(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    chart_of(bench, decision)
    with bench.slack.held() as workspace:
        workspace.settings.file_delay = 45.0
    pair.run(90)
    assert len(files(bench)) == 2, "it was not to be seen when it was swept, so it was uploaded again"
    pair.run(400)
    assert len(files(bench)) == 1


def test_without_the_right_to_files_the_numbers_are_told_at_once(bench: Bench) -> None:
    decision, pair = bench.open(), Pair(bench)
    message = chart_of(bench, decision)
    with bench.slack.held() as workspace:
        workspace.scopes.discard("files:write")
    pair.run(2)
    assert bench.row(message).state is OutboxState.SENT
    assert PICTURE.words in bench.shown()[1]["text"]
    assert not pair.charts.refused
