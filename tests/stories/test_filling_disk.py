"""The disk has room for so many pages of one opening, until there is room again: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.stories.disks import small_disk
from tests.stories.traced import Full, Opening, opening
from tests.stories.traced_records import Files

MOST = 32
"""So many pages hold a whole opening."""
REFUSED = "has no room left"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    folder = tmp_path_factory.mktemp("filling")
    with small_disk(folder / "disk") as disk, opening(folder, records=Files(disk)) as running:
        yield running


def live_with(one: Opening, rooms: Sequence[Full]) -> int:
    """Live through an opening with each of *rooms*; return how many had not enough of it, which was said."""
    found: dict[str, list[str]] = {}
    short = 0
    for room in rooms:
        folder, findings, _trace = one.live(room)
        if findings:
            found[str(room)] = findings
        said = "".join(file.read_text() for file in (folder / "log", folder / "refused") if file.exists())
        assert "Traceback" not in said
        short += REFUSED in said
    assert found == {}
    return short


SAMPLED = (Full(10), Full(19), Full(25, cut=True))
"""Within the commit of the decision, after it, and while the card is sent, which breaks off."""


@pytest.mark.slow
def test_a_disk_that_fills_up_within_an_opening_loses_and_doubles_nothing(one: Opening) -> None:
    assert live_with(one, SAMPLED) == len(SAMPLED)


@pytest.mark.long
def test_a_disk_that_fills_up_at_any_page_of_an_opening_loses_and_doubles_nothing(one: Opening) -> None:
    assert live_with(one, [Full(pages, cut) for pages in range(MOST) for cut in (False, True)]) > MOST


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "rooms"),
    [
        # What is noticed lies within a page or two of the first; the others are for when a commit has grown.
        pytest.param(
            "mark-then-send", [Full(pages, cut=True) for pages in (25, *range(16, MOST))], id="mark then send"
        ),
        pytest.param(
            "separate-commits",
            [Full(pages) for pages in (18, *range(8, MOST))],
            id="state and outbox in separate commits",
        ),
    ],
)
def test_the_same_filling_disk_notices_a_mutant(one: Opening, mutant: str, rooms: Sequence[Full]) -> None:
    assert any(one.live(room, mutant=mutant)[1] for room in rooms)
