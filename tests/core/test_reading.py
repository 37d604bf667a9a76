"""One request never asks for more than a source may be asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.reading import chunk_slots


@pytest.mark.parametrize(
    ("sites", "slots"),
    [
        pytest.param(0, 10_000, id="no site"),
        pytest.param(1, 10_000, id="one site: the most points of a series"),
        pytest.param(15, 10_000, id="fifteen sites fill a request"),
        pytest.param(16, 9_375, id="sixteen sites"),
        pytest.param(100, 1_500, id="a hundred sites: a day of minutes"),
        pytest.param(1_000, 150, id="a thousand sites"),
        pytest.param(150_000, 1, id="as many sites as cells"),
        pytest.param(200_000, 1, id="never less than one slot"),
    ],
)
def test_slots_of_one_request(sites: int, slots: int) -> None:
    assert chunk_slots(sites) == slots


@given(st.integers(1, 150_000))
def test_a_request_is_as_long_as_both_limits_allow(sites: int) -> None:
    slots = chunk_slots(sites)
    assert 1 <= slots <= 10_000
    assert slots * sites <= 150_000
    assert slots == 10_000 or (slots + 1) * sites > 150_000
