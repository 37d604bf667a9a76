"""Rows are given out by notifier, found by kind and decision, and a living message's newest text wins."""

from dataclasses import replace
from datetime import timedelta

from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.store.sql import SqlStore
from tests.store.values import CHANNEL, MINUTE, T0, item, root

S = OutboxState
BLIND = Message("blind/ham-01/20261121T1015Z", MessageKind.BLIND, CHANNEL, None, 0, {"rules": ["a"]})


def put(store: SqlStore, *messages: Message) -> None:
    with store.writing() as writer:
        for message in messages:
            writer.enqueue(message, now=T0)


def arrive(store: SqlStore, message: Message) -> None:
    desired = store.claim(message.key, T0).desired
    sent = ("1700.1", CHANNEL, T0)
    store.settle(message.key, S.SENT, due_at=T0 + timedelta(days=30), sent=sent, delivered=desired, swept=2)


def keys(store: SqlStore, notifier: str | None = None, *, minutes: int = 0) -> list[str]:
    return [row.message.key for row in store.due(T0 + minutes * MINUTE, limit=9, notifier=notifier)]


def test_a_living_message_is_due_again_when_its_text_changes_and_the_newest_wins(store: SqlStore) -> None:
    put(store, BLIND)
    arrive(store, BLIND)
    assert keys(store) == []
    with store.writing() as writer:
        writer.revise(BLIND.key, {"rules": ["a", "b"]})
        writer.revise(BLIND.key, {"rules": []})
    (row,) = store.due(T0, limit=9)
    assert (row.message.body, row.desired, row.delivered) == ({"rules": []}, 3, 1)


def test_a_text_that_changes_before_it_was_sent_is_sent_as_it_is_then(store: SqlStore) -> None:
    put(store, BLIND)
    with store.writing() as writer:
        writer.revise(BLIND.key, {"over": "now"})
    arrive(store, BLIND)
    assert keys(store, minutes=1) == []
    assert store.rows()[0].message.body == {"over": "now"}


def test_a_notifier_is_given_its_own_rows_only_and_no_card_of_another_holds_them_back(store: SqlStore) -> None:
    hook = replace(item("hook"), kind=MessageKind.ESCALATION, notifier="webhook", channel="webhook")
    put(store, root(), item("a"), hook)
    assert keys(store, "webhook") == [hook.key]
    assert keys(store, "slack") == [root().key]
    assert keys(store, "alertmanager") == []


def test_rows_are_found_by_decision_and_by_kind(store: SqlStore) -> None:
    put(store, root(), item("a"), BLIND)
    arrive(store, root())
    with store.reading() as view:
        decision = root().decision
        assert decision is not None
        assert [row.message.key for row in view.messages(decision)] == [root().key, item("a").key]
        assert [row.message.key for row in view.every(MessageKind.BLIND)] == [BLIND.key]
        assert view.unsent(MessageKind.ROOT) == []
        assert [row.message.key for row in view.unsent(MessageKind.BLIND)] == [BLIND.key]
