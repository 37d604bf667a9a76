"""Every deed is kept once, whoever delivers it again, and waits until it is finished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.inbox import Interaction, Receipt, Result, Way
from stopwatch.store.sql import SqlStore
from stopwatch.watch.acts.answers import Inbox
from tests.store.values import MINUTE, T0

CLICK = Interaction(
    key="click/U0ANNA/acknowledge/1.1/2.2",
    way=Way.HTTP,
    act=Act.ACKNOWLEDGE,
    user="U0ANNA",
    decision=DecisionId("ham-01-20261121T1015Z"),
    rev=1,
    shown=2,
    team="T0",
    ticket="http/ab",
    fields={"reason": "so"},
    origin={"user": {"id": "U0ANNA"}, "actions": [1, None, True]},
)


def test_a_deed_waits_until_it_is_finished_and_comes_back_as_it_was(store: SqlStore) -> None:
    inbox: Inbox = store
    assert inbox.receive(CLICK, now=T0) is Receipt.NEW
    second = replace(CLICK, key="word/C0/3.3", ticket=None, way=Way.THREAD, rev=None, shown=None)
    assert inbox.receive(second, now=T0 + MINUTE) is Receipt.NEW
    assert inbox.waiting() == [(CLICK, T0), (second, T0 + MINUTE)]
    inbox.finish(CLICK.key, Result.APPLIED, now=T0 + MINUTE)
    assert inbox.waiting() == [(second, T0 + MINUTE)]


@pytest.mark.parametrize(
    ("changes", "receipt"),
    [
        pytest.param({}, Receipt.REPLAYED, id="the same delivery"),
        pytest.param({"ticket": "socket/e-1"}, Receipt.REPEATED, id="the same deed by another way"),
        pytest.param({"ticket": None}, Receipt.REPEATED, id="the same deed without a ticket"),
        pytest.param({"key": "another"}, Receipt.REPLAYED, id="another deed under a known ticket"),
        pytest.param({"key": "another", "ticket": "http/cd"}, Receipt.NEW, id="another deed"),
        pytest.param({"key": "another", "ticket": None}, Receipt.NEW, id="another deed without a ticket"),
    ],
)
def test_what_came_before_is_known(store: SqlStore, changes: dict[str, str], receipt: Receipt) -> None:
    store.receive(CLICK, now=T0)
    assert store.receive(replace(CLICK, **changes), now=T0) is receipt  # type: ignore[arg-type]  # fields by name
    assert len(store.waiting()) == 1 + (receipt is Receipt.NEW)


def test_what_needs_nothing_done_never_waits_and_is_known_all_the_same(store: SqlStore) -> None:
    assert store.receive(CLICK, now=T0, result=Result.ASKED) is Receipt.NEW
    assert store.waiting() == []
    assert store.receive(replace(CLICK, ticket="http/cd"), now=T0) is Receipt.REPEATED


def test_deeds_without_tickets_are_told_apart_by_their_keys(store: SqlStore) -> None:
    words = [replace(CLICK, key=f"word/C0/{number}", ticket=None) for number in (1, 2, 1)]
    receipts = [store.receive(word, now=T0) for word in words]
    assert receipts == [Receipt.NEW, Receipt.NEW, Receipt.REPEATED]
