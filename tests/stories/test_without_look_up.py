"""Slack does not let us look up what was sent: a death adds one copy of a card at most, and none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.stories.traced import Injected, Opening, calls_of, opening

NETWORK = ("recvfrom", "sendto")


@pytest.fixture(scope="module")
def unsighted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    with opening(tmp_path_factory.mktemp("unsighted"), sighted=False) as running:
        yield running


@pytest.fixture(scope="module")
def calls(unsighted: Opening) -> Counter[str]:
    """How often each call is made in one opening that nothing disturbs, which tells its card once."""
    _folder, found, trace = unsighted.live()
    assert found == []
    assert set(unsighted.copies().values()) == {1}
    return calls_of(trace)


def deaths(calls: Counter[str], among: Sequence[str]) -> list[Injected]:
    return [Injected(call, number) for call in among for number in range(1, calls[call] + 1)]


def die(unsighted: Opening, points: Sequence[Injected]) -> Counter[int]:
    """Die at each of *points*; return how often there were how many copies of the card."""
    copies: Counter[int] = Counter()
    found: dict[str, list[str]] = {}
    for point in points:
        if findings := unsighted.live(point)[1]:
            found[str(point)] = findings
        copies.update(unsighted.copies().values())
    assert found == {}
    return copies


@pytest.mark.slow
def test_death_while_a_card_is_sent_loses_none_and_adds_one_at_most(unsighted: Opening, calls: Counter[str]) -> None:
    points = deaths(calls, NETWORK)
    copies = die(unsighted, points)
    assert copies.keys() == {1, 2}
    assert copies.total() == len(points)


@pytest.mark.slow
def test_the_same_deaths_notice_what_is_marked_before_it_is_sent(unsighted: Opening, calls: Counter[str]) -> None:
    assert any(unsighted.live(point, mutant="mark-then-send")[1] for point in deaths(calls, ("sendto",)))


@pytest.mark.long
def test_death_at_every_call_of_an_opening_loses_no_card_and_adds_one_at_most(
    unsighted: Opening, calls: Counter[str]
) -> None:
    points = deaths(calls, sorted(calls))
    copies = die(unsighted, points)
    assert copies.keys() == {1, 2}
    assert copies.total() == len(points)
