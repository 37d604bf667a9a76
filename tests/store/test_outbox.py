"""The outbox gives out what is due in the right order and remembers every attempt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stopwatch.core.decision import DecisionId
from stopwatch.core.errors import StoreError
from stopwatch.core.outbox import Message, MessageKind, OutboxRow, OutboxState
from stopwatch.store.outbox import Waiting
from stopwatch.store.sql import SqlStore
from tests.store.values import CHANNEL, MINUTE, T0, decision, item, root

S = OutboxState
MONTH = timedelta(days=30)


def put(store: SqlStore, *messages: Message) -> None:
    with store.writing() as writer:
        for message in messages:
            writer.enqueue(message, now=T0)


def sent(store: SqlStore, message: Message, *, delivered: int = 1, swept: int = 2) -> None:
    store.claim(message.key, T0)
    arrived = ("1700.1", CHANNEL, T0)
    store.settle(message.key, S.SENT, due_at=T0 + MONTH, sent=arrived, delivered=delivered, swept=swept)


def due(store: SqlStore, *, minutes: int = 0, limit: int = 99) -> list[str]:
    return [row.message.key for row in store.due(T0 + minutes * MINUTE, limit=limit)]


def row_of(store: SqlStore, message: Message) -> OutboxRow:
    return next(row for row in store.rows() if row.message.key == message.key)


def test_a_message_comes_back_as_it_was_put_in(store: SqlStore) -> None:
    message = replace(item("a"), body={"text": "größer \u2264 5 %\n\0", "n": [1, 2.5, None]}, notifier="alertmanager")
    put(store, message)
    assert store.rows() == [OutboxRow(message, S.PENDING, 0, T0, T0)]
    assert store.rows(S.SENT) == []


def test_a_key_that_is_there_already_stays_as_it_is(store: SqlStore) -> None:
    put(store, root())
    sent(store, root())
    put(store, replace(root(), rev=9))
    assert [(row.message.rev, row.state) for row in store.rows()] == [(1, S.SENT)]


def test_an_attempt_is_unknown_before_its_request_and_remembers_the_first(store: SqlStore) -> None:
    put(store, root())
    assert store.claim(root().key, T0 + MINUTE).state is S.UNKNOWN
    second = store.claim(root().key, T0 + 2 * MINUTE)
    assert (second.attempts, second.first_attempt_at, second.state) == (2, T0 + MINUTE, S.UNKNOWN)
    assert store.rows(S.UNKNOWN) == [second]


def test_an_update_of_a_card_that_stands_leaves_it_sent(store: SqlStore) -> None:
    put(store, root())
    sent(store, root())
    assert store.claim(root().key, T0 + MINUTE).state is S.SENT


def test_roots_go_before_escalations_updates_items_images_and_sweeps(store: SqlStore) -> None:
    card, swept = root("standing"), root("swept")
    item_of, image = item("a", of="standing"), item("b", MessageKind.IMAGE, of="standing")
    escalation, fresh = item("c", MessageKind.ESCALATION, of="standing"), root("fresh")
    put(store, image, item_of, escalation, card, swept, fresh)
    sent(store, card)
    sent(store, swept, swept=1)
    store.settle(swept.key, S.SENT, due_at=T0, swept=1)
    with store.writing() as writer:
        writer.touch_card(card.key)
    expected = [fresh, escalation, card, item_of, image, swept]
    assert due(store) == [message.key for message in expected]
    assert due(store, limit=2) == [fresh.key, escalation.key]


def test_items_of_one_thread_keep_the_order_in_which_they_were_put_in(store: SqlStore) -> None:
    items = [item(name) for name in ("z", "a", "m")]
    put(store, root(), *items)
    sent(store, root())
    assert due(store) == [message.key for message in items]


@pytest.mark.parametrize(
    ("state", "held"),
    [
        pytest.param(S.PENDING, True, id="card not sent"),
        pytest.param(S.UNKNOWN, True, id="card perhaps sent"),
        pytest.param(S.SENT, False, id="card stands"),
        pytest.param(S.DEAD, False, id="card given up"),
    ],
)
def test_an_item_waits_for_the_card_whose_thread_it_goes_to(store: SqlStore, state: OutboxState, *, held: bool) -> None:
    put(store, root(), item("a"), replace(item("b"), notifier="alertmanager"), item("c", of="elsewhere"))
    store.settle(root().key, state, due_at=T0 + MONTH, swept=2, delivered=1)
    free = [replace(item("b")).key, item("c", of="elsewhere").key]
    assert due(store) == free if held else [item("a").key, *free]


def test_a_row_is_left_alone_until_its_own_time(store: SqlStore) -> None:
    put(store, root())
    store.settle(root().key, S.PENDING, due_at=T0 + 5 * MINUTE, error="timeout")
    assert due(store, minutes=4) == []
    assert due(store, minutes=5) == [root().key]
    assert row_of(store, root()).error == "timeout"


def test_sent_rows_come_back_until_they_were_swept_twice(store: SqlStore) -> None:
    put(store, item("a"))
    sent(store, item("a"), swept=0)
    store.settle(item("a").key, S.SENT, due_at=T0, swept=1)
    assert due(store) == [item("a").key]
    store.settle(item("a").key, S.SENT, due_at=T0, swept=2)
    assert due(store) == []


def test_a_card_that_was_touched_is_due_at_once_and_done_when_delivered(store: SqlStore) -> None:
    put(store, root())
    sent(store, root())
    assert due(store) == []
    with store.writing() as writer:
        writer.touch_card(root().key)
        writer.touch_card(root().key)
        writer.touch_card("no such card")
    assert due(store) == [root().key]
    assert row_of(store, root()).desired == 3
    store.settle(root().key, S.SENT, due_at=T0 + MINUTE, delivered=3)
    assert due(store, minutes=1) == []
    assert row_of(store, root()).due_at == T0 + MINUTE


def test_a_touch_while_the_card_is_on_its_way_is_not_lost(store: SqlStore) -> None:
    put(store, root())
    claimed = store.claim(root().key, T0)
    with store.writing() as writer:
        writer.touch_card(root().key)
    store.settle(root().key, S.SENT, due_at=T0 + MONTH, sent=("1", CHANNEL, T0), delivered=claimed.desired, swept=2)
    assert due(store) == [root().key]


@pytest.mark.parametrize("state", [pytest.param(S.PENDING, id="never sent"), pytest.param(S.SENT, id="update failed")])
def test_a_touch_defeats_no_back_off(store: SqlStore, state: OutboxState) -> None:
    put(store, root())
    store.settle(root().key, state, due_at=T0 + MINUTE, error="timeout", delivered=0, swept=2)
    with store.writing() as writer:
        writer.touch_card(root().key)
    assert due(store) == []
    assert due(store, minutes=1) == [root().key]


def test_what_was_dropped_is_not_sent_and_not_revived_by_a_late_answer(store: SqlStore) -> None:
    put(store, root())
    store.claim(root().key, T0)
    with store.writing() as writer:
        dropped = writer.drop(root().key, "the channel is gone")
        assert writer.drop("no such key", "x") is None
    assert dropped is not None
    assert (dropped.state, dropped.error) == (S.DEAD, "the channel is gone")
    with pytest.raises(StoreError, match="may have been dropped"):
        store.claim(root().key, T0)
    store.settle(root().key, S.PENDING, due_at=T0)
    assert due(store) == []
    store.settle(root().key, S.SENT, due_at=T0 + MONTH, sent=("1700.1", CHANNEL, T0))
    assert row_of(store, root()).state is S.SENT


def test_a_retry_makes_due_what_waits_and_revives_what_is_dead(store: SqlStore) -> None:
    waiting, dead, done = root("waiting"), root("dead"), root("done")
    put(store, waiting, dead, done)
    store.settle(waiting.key, S.UNKNOWN, due_at=T0 + MONTH, error="timeout")
    store.settle(dead.key, S.DEAD, due_at=T0 + MONTH, error="given up")
    sent(store, done)
    with store.writing() as writer:
        retried = [writer.retry(message.key, now=T0) for message in (waiting, dead, done)]
        assert writer.drop(done.key, "x") is None
    assert [row and row.state for row in retried] == [S.UNKNOWN, S.PENDING, None]
    assert due(store) == [waiting.key, dead.key]


def test_counts_tell_per_notifier_what_is_left_and_since_when(store: SqlStore) -> None:
    put(store, root("a"), root("b"), root("c"), replace(root("d"), notifier="webhook"))
    store.claim(root("a").key, T0)
    sent(store, root("c"))
    sent(store, root("d"))
    assert store.outbox_waiting() == [
        Waiting("slack", pending=1, unknown=1, oldest=T0),
        Waiting("webhook", pending=0, unknown=0, oldest=None),
    ]


def test_the_card_of_a_decision_is_found_with_the_decision_as_it_stands(store: SqlStore) -> None:
    value = decision()
    with store.writing() as writer:
        writer.save_decision(value, rev_before=None)
    put(store, item("a"), root())
    found = store.root(value.id)
    assert found is not None
    assert found.message == root()
    assert store.card(value.id) == value
    assert store.root(DecisionId("none")) is None
    assert store.card(DecisionId("none")) is None


def test_an_answer_for_a_row_that_does_not_exist_is_an_error(store: SqlStore) -> None:
    with pytest.raises(StoreError, match="no message nowhere"):
        store.settle("nowhere", S.SENT, due_at=T0)


def test_the_channels_of_a_decisions_cards_are_listed_oldest_first(store: SqlStore) -> None:
    put(store, root(channel="C2"), item("a"), root(channel="C1"), root("another"))
    with store.reading() as reader:
        assert reader.card_channels(decision().id) == ["C2", "C1"]
