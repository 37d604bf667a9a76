"""A message that cannot be written fails alone: it gets plainer, at last id and state, and holds nobody up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from stopwatch.app.fencing import attempted, ended_well
from stopwatch.core.decision import Act, Decision, DecisionId
from stopwatch.core.outbox import Delivery, Detail, Effect, MessageKind, OutboxRow, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.slack.client import SlackNotifier
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import CHANNEL, acted, item, opened, root, rule_ground
from tests.watch.delivery_bench import TOKEN, Bench

OTHER = DecisionId("lodz-20261121T1015Z")


@pytest.fixture(scope="module")
def emulated() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stop()


@pytest.fixture
def bench(emulated: Bench) -> Bench:
    emulated.renew()
    notifier = SlackNotifier(TOKEN, emulated.slack.api_url, now=lambda: emulated.now, attempt=attempted)
    emulated.sender = Sender(emulated.outbox, notifier, plan=DeliveryPlan(), rng=Random(7), fence=ended_well)
    return emulated


class Unspeakable:
    """A fact that breaks whoever looks at it."""

    def __str__(self) -> str:
        raise RuntimeError("cannot be written")


def broken(decision: Decision) -> Decision:
    """The decision with a title that cannot be written."""
    ground = replace(rule_ground(), summary={"kpi_title": Unspeakable()})
    return replace(decision, grounds=(ground,))


def test_a_card_that_cannot_be_written_arrives_as_id_and_state_and_the_next_is_untouched(bench: Bench) -> None:
    bench.open(broken(opened()))
    bench.open(replace(opened(), id=OTHER))
    bench.run(3)
    texts = [message["text"] for message in bench.shown()]
    assert texts[0].startswith("PAUSED ham-01: open, rev 1 \N{MIDDLE DOT} ham-01-20261121T1015Z")
    assert texts[1].endswith(OTHER)
    assert sum(report.degraded.get("root", 0) for report in bench.reports) == 4
    assert bench.failures()["post", "unrenderable"] == 4
    bench.run(400)
    assert len(bench.shown()) == 2


def test_a_card_that_can_be_written_no_more_is_updated_all_the_same(bench: Bench) -> None:
    decision = bench.open()
    bench.run(4)
    bench.act(broken(acted(decision, Act.CONFIRM, 2)))
    bench.run(4)
    assert bench.shown()[0]["text"].startswith("PAUSED ham-01: confirmed, rev 2")
    assert bench.shown()[0]["blocks"] == []


def test_a_thread_item_that_cannot_be_written_says_which_decision_it_is_about(bench: Bench) -> None:
    decision = bench.open()
    message = item(decision, MessageKind.REMINDER, "1", {"holding": [Unspeakable()]})
    bench.outbox.tell(decision, message, now=bench.now)
    bench.run(5)
    assert "ham-01-20261121T1015Z" in bench.shown()[1]["text"]
    assert bench.all_sent()


class Fragile:
    """A receiver that breaks at one decision's messages after it has taken them."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.asked = 0

    def post(self, row: OutboxRow, _decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:
        del thread, detail
        self.taken.append(row.message.key)
        if row.message.decision != OTHER:
            raise RuntimeError("broke in our own hands")
        return Delivery(Effect.SENT, ts="1.0", channel=CHANNEL)

    def update(self, row: OutboxRow, _decision: Decision | None, *, detail: Detail) -> Delivery:
        del detail
        return Delivery(Effect.SENT, ts=row.ts)

    def find(self, _row: OutboxRow, *, thread: str | None) -> list[str]:
        del thread
        self.asked += 1
        return []

    def delete(self, _channel: str, _ts: str) -> Delivery:
        return Delivery(Effect.SENT)

    def probe(self) -> Delivery:
        return Delivery(Effect.SENT)


def test_a_row_that_breaks_ends_no_pass_and_is_looked_up_before_it_is_tried_again(bench: Bench) -> None:
    receiver = Fragile()
    first, second = root(bench.open()), root(bench.open(replace(opened(), id=OTHER)))
    sender = Sender(bench.outbox, receiver, plan=DeliveryPlan(sweep=()), rng=Random(7), fence=ended_well)
    report = sender.deliver(bench.now)
    assert (bench.row(first).state, bench.row(second).state) == (OutboxState.UNKNOWN, OutboxState.SENT)
    assert report.failed == {("post", "broke"): 1}
    assert bench.row(first).due_at >= bench.now + DeliveryPlan().settle
    for seconds in range(1, 40):
        sender.deliver(bench.now + timedelta(seconds=seconds))
    assert receiver.asked > 0
    assert receiver.taken.count(second.key) == 1
    assert receiver.taken.count(first.key) > 1
