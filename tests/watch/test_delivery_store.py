"""The sender on the real outbox: a dozen decisions through a storm of faults, each told exactly once in the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from stopwatch.core.decision import Act, Decision, DecisionId
from stopwatch.core.kpi import SiteId
from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.slack.client import SlackNotifier
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from stopwatch.watch.delivery.mail import Notifier, Outbox
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import CHANNEL, act_body, acted, item, opened, root, rule_ground
from tests.watch.delivery_bench import START, TOKEN

DECISIONS = 12
STORM = (
    Fault("reset", "chat.postMessage", times=None, chance=0.15, accepted=True),
    Fault("reset", times=None, chance=0.1),
    Fault("status", "*", times=None, chance=0.05, status=503),
    Fault("status", "*", times=None, chance=0.05, status=429, retry_after="2"),
    Fault("error", "chat.postMessage", times=None, chance=0.1, error="internal_error", accepted=True),
    Fault("late", "chat.postMessage", times=None, chance=0.1, seconds=25.0),
    Fault("lost", "chat.postMessage", times=None, chance=0.1, seconds=3.0),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = open_store(f"sqlite:///{tmp_path}/outbox.db")
    yield made
    made.close()


class Storm:
    """The store, the sender and a Slack full of faults, on one clock."""

    def __init__(self, store: SqlStore) -> None:
        self.now = START
        self.store = store
        self.slack = SlackEmulator(
            tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(tiers=False), clock=self.seconds
        )
        self.outbox: Outbox = store

    def seconds(self) -> float:
        return self.now.timestamp()

    def sender(self) -> Sender:
        notifier: Notifier = SlackNotifier(TOKEN, self.slack.api_url, now=lambda: self.now)
        return Sender(self.outbox, notifier, plan=DeliveryPlan(), rng=Random(11))

    def tell(self, decision: Decision, rev_before: int | None) -> None:
        with self.store.writing() as tx:
            tx.save_decision(decision, rev_before=rev_before)
            if rev_before is None:
                tx.enqueue(root(decision), now=self.now)
            else:
                tx.touch_card(root(decision).key)
                what = str(len(decision.acts))
                tx.enqueue(item(decision, MessageKind.ACT, what, act_body(decision)), now=self.now)

    def run(self, sender: Sender, seconds: int) -> None:
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            sender.deliver(self.now)


def numbered(number: int) -> Decision:
    site = SiteId(f"site-{number:02}")
    return replace(opened(rule_ground(site=site)), id=DecisionId(f"{site}-20261121T1015Z"), scope=site, site=site)


@pytest.mark.slow
def test_every_message_is_seen_once_after_a_storm_that_no_process_survives(store: SqlStore) -> None:
    storm = Storm(store)
    with storm.slack:
        for fault in STORM:
            storm.slack.fault(fault)
        decisions = [numbered(number) for number in range(DECISIONS)]
        for decision in decisions:
            storm.tell(decision, None)
            storm.run(storm.sender(), 5)
        for decision in decisions:
            storm.tell(acted(decision, Act.ACKNOWLEDGE, 2), decision.rev)
            storm.run(storm.sender(), 5)
        with storm.slack.held() as workspace:
            workspace.faults.clear()
        storm.run(storm.sender(), 15 * 60)
        shown = storm.slack.messages(CHANNEL)
        assert storm.slack.violations() == []
    keys = Counter(message["metadata"]["event_payload"]["key"] for message in shown)
    rows = store.rows()
    assert {row.message.key for row in rows} == set(keys)
    assert set(keys.values()) == {1}
    assert all(row.state is OutboxState.SENT and row.delivered == row.desired for row in rows)
    cards = [message for message in shown if message["metadata"]["event_payload"]["kind"] == "root"]
    assert len(cards) == DECISIONS
    assert all(" (pilot), acknowledged by anna: " in card["text"] for card in cards)


def test_a_decision_of_the_store_gets_its_card_and_its_thread(store: SqlStore) -> None:
    storm = Storm(store)
    with storm.slack:
        sender = storm.sender()
        storm.tell(opened(), None)
        storm.run(sender, 2)
        storm.tell(acted(opened(), Act.ACKNOWLEDGE, 2), 1)
        storm.run(sender, 6)
        card, reply = storm.slack.messages(CHANNEL)
    assert card["text"].startswith("PAUSED ham-01 (pilot), acknowledged by anna: Integration 5xx 7.4 % over 5 %")
    assert reply["thread_ts"] == card["ts"]
