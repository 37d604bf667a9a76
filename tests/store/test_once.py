"""A request with a key is done once: work and answer are committed together, replayed, and forgotten in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.errors import KeyReusedError
from stopwatch.core.once import LIFE, Answer, Once
from stopwatch.store.sql import SqlStore
from stopwatch.watch.once import once
from tests.store.values import MINUTE, T0, decision

ASKED = Once("ci", "8e03978e", "ab" * 32)
ANSWER = Answer(201, '{"id":"ham-01-20261121T1015Z","reason":"é"}')


class Work:
    """Opens a decision, and counts how often; *failing* breaks off after it has written."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.times = 0
        self.failing = False

    def ask(self, asked: Once = ASKED, *, later: int = 0) -> Answer:
        with self.store.writing() as tx:

            def work() -> Answer:
                self.times += 1
                tx.save_decision(decision(f"d{self.times}", scope=f"site-{self.times}"), rev_before=None)
                if self.failing:
                    raise ZeroDivisionError
                return ANSWER

            return once(tx, asked, work, now=T0 + later * MINUTE)

    def opened(self) -> int:
        with self.store.reading() as view:
            return sum(view.decision_exists(f"d{number}") for number in range(1, 9))  # type: ignore[arg-type] # an id


@pytest.fixture
def work(store: SqlStore) -> Work:
    return Work(store)


def test_what_was_done_is_answered_again_and_not_done_again(work: Work) -> None:
    assert work.ask() == ANSWER
    assert work.ask(later=1) == replace(ANSWER, replayed=True)
    assert (work.times, work.opened()) == (1, 1)


def test_work_that_breaks_off_leaves_neither_a_write_nor_an_answer(work: Work) -> None:
    work.failing = True
    with pytest.raises(ZeroDivisionError):
        work.ask()
    assert work.opened() == 0
    work.failing = False
    assert work.ask() == ANSWER
    assert work.opened() == 1


def test_a_key_belongs_to_one_request_of_one_caller(work: Work) -> None:
    work.ask()
    with pytest.raises(KeyReusedError, match="came with another request before"):
        work.ask(replace(ASKED, request="cd" * 32))
    assert not work.ask(replace(ASKED, caller="eva", request="cd" * 32)).replayed
    assert work.times == 2


def test_an_answer_is_kept_for_a_day_and_then_forgotten(work: Work, store: SqlStore) -> None:
    work.ask()
    day = LIFE // MINUTE
    assert work.ask(later=day - 1).replayed
    work.ask(replace(ASKED, key="another"), later=day)
    with store.writing() as tx:
        assert tx.kept_answer("ci", ASKED.key) is None
    assert not work.ask(later=day).replayed
