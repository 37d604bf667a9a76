"""Nothing is waited for without end."""

import pytest

from stopwatch.demo.runner.waiting import NeverCameError, wait_for


def test_the_first_thing_that_is_there_is_taken() -> None:
    looks = iter([None, None, 0, 1])
    assert wait_for("a number", lambda: next(looks), seconds=60, poll_seconds=0) == 0


def test_what_never_comes_is_named() -> None:
    with pytest.raises(NeverCameError, match=r"the card's arrival did not happen within 0\.01 s"):
        wait_for("the card's arrival", lambda: None, seconds=0.01, poll_seconds=0.005)
