"""A failure that lasts is said when it begins, changes or ends, and every half hour; never every tick."""

import pytest

from stopwatch.app.complaints import Complaints

DOWN = "load: connection refused at 127.0.0.1:9090"


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


def said(complaints: Complaints, *failures: str, at: float) -> tuple[list[str], list[str]]:
    return complaints.news(failures, at=at, over_after=120.0)


def test_what_fails_every_minute_is_said_once_and_again_after_half_an_hour(complaints: Complaints) -> None:
    told = [minute for minute in range(62) if said(complaints, DOWN, at=minute * 60.0)[0]]
    assert told == [0, 30, 60]


def test_other_words_are_said_at_once_and_other_numbers_are_not(complaints: Complaints) -> None:
    assert said(complaints, DOWN, DOWN, at=0.0)[0] == [DOWN]
    assert said(complaints, "load: connection refused at 127.0.0.1:9191", at=60.0)[0] == []
    assert said(complaints, "load: timeout", "lag: timeout", at=120.0)[0] == ["load: timeout", "lag: timeout"]


def test_an_end_is_told_once_and_the_next_failure_is_a_new_one(complaints: Complaints) -> None:
    said(complaints, DOWN, at=0.0)
    assert [said(complaints, at=at)[1] for at in (60.0, 120.0, 180.0)] == [[], ["load"], []]
    assert said(complaints, DOWN, at=240.0)[0] == [DOWN]


def test_a_failure_of_a_slow_rule_is_not_new_after_each_quick_success(complaints: Complaints) -> None:
    assert said(complaints, DOWN, at=0.0)[0] == [DOWN]
    assert said(complaints, at=60.0) == ([], [])
    assert said(complaints, DOWN, at=119.0)[0] == []
