"""Whole files go to one worker, and long tests to whoever is free, before all others."""

from pathlib import Path

import pytest

from tests.sharing import LONGEST, shared_as, turn


@pytest.mark.parametrize(
    ("nodeid", "together"),
    [
        pytest.param("tests/core/test_grid.py::test_a", "tests/core/test_grid.py", id="a test goes with its file"),
        pytest.param("tests/house/test_a.py::test_a", "tests/house/", id="the tests of the house go together"),
        pytest.param("tests/t.py::test_a[a few]", "tests/t.py", id="a row goes with its file"),
        pytest.param("tests/t.py::test_a[part 2 of 12]", "tests/t.py::test_a[part 2 of 12]", id="a part goes alone"),
        pytest.param("tests/t.py::test_a[many]", "tests/t.py::test_a[many]", id="what is tried many times goes alone"),
        pytest.param(f"{LONGEST[0]}::test_a[b]", f"{LONGEST[0]}::test_a[b]", id="a test of a longest file goes alone"),
    ],
)
def test_what_goes_to_one_worker(nodeid: str, together: str) -> None:
    assert shared_as(nodeid) == together


def test_the_longest_begin_first_and_then_stories_that_are_slow() -> None:
    wanted = [
        (f"{LONGEST[0]}::test_a", True),
        (f"{LONGEST[1]}::test_a", True),
        ("tests/stories/test_b.py::test_a", True),
        ("tests/app/test_a.py::test_a", True),
        ("tests/stories/test_a.py::test_a", False),
        ("tests/app/test_b.py::test_a", False),
    ]
    assert sorted(sorted(wanted), key=lambda each: turn(each[0], slow=each[1])) == wanted


@pytest.mark.parametrize("file", LONGEST)
def test_every_longest_file_is_there(file: str) -> None:
    assert (Path(__file__).parents[1] / file).is_file()
