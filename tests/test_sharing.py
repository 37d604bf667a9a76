"""Whole files go to one worker, and parts of long tests to whoever is free."""

import pytest

from tests.sharing import shared_as


@pytest.mark.parametrize(
    ("nodeid", "together"),
    [
        pytest.param("tests/core/test_grid.py::test_a", "tests/core/test_grid.py", id="a test goes with its file"),
        pytest.param("tests/t.py::test_a[a few]", "tests/t.py", id="a row goes with its file"),
        pytest.param("tests/t.py::test_a[part 2 of 12]", "tests/t.py::test_a[part 2 of 12]", id="a part goes alone"),
        pytest.param("tests/t.py::test_a[many]", "tests/t.py::test_a[many]", id="what is tried many times goes alone"),
    ],
)
def test_what_goes_to_one_worker(nodeid: str, together: str) -> None:
    assert shared_as(nodeid) == together
