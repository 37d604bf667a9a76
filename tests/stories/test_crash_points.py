"""Death before any write, sync, send or answer of one opening; and a disk that is full or broken at any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.stories.commits import commits, out_of_order, posts
from tests.stories.lone_daemon import SYNCED_LATE
from tests.stories.traced import Injected, Opening, calls_of, opening

DISK = ("pwrite64", "fdatasync")
SAMPLED = 12
"""Every so-manieth point is tried, if not all are."""
FULL, BROKEN = "has no room left", "cannot be read or written"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    with opening(tmp_path_factory.mktemp("one")) as running:
        yield running


@pytest.fixture(scope="module")
def calls(one: Opening) -> Counter[str]:
    """How often each call is made in one opening that nothing disturbs."""
    _folder, found, trace = one.live()
    assert found == []
    return calls_of(trace)


def deaths(calls: Counter[str]) -> list[Injected]:
    return [Injected(call, number) for call in sorted(calls) for number in range(1, calls[call] + 1)]


def failures(calls: Counter[str]) -> list[Injected]:
    return [
        Injected(call, number, error, onward)
        for error in ("ENOSPC", "EIO")
        for call in DISK
        for number in range(1, calls[call] + 1)
        for onward in (False, True)
    ] + failures_as_slack_breaks_off(calls)


def failures_as_slack_breaks_off(calls: Counter[str]) -> list[Injected]:
    return [Injected("fdatasync", number, "EIO", onward=True, cut=True) for number in range(1, calls["fdatasync"] + 1)]


def die(one: Opening, points: Sequence[Injected]) -> None:
    found = {str(point): findings for point in points if (findings := one.live(point)[1])}
    assert found == {}


def fail(one: Opening, points: Sequence[Injected]) -> None:
    found: dict[str, list[str]] = {}
    said = 0
    for point in points:
        folder, findings, trace = one.live(point)
        assert "(INJECTED)" in trace
        if findings:
            found[str(point)] = findings
        log = (folder / "log").read_text()
        assert "Traceback" not in log
        refused = (folder / "refused").read_text() if (folder / "refused").exists() else ""
        # SQLite tells no reason why a sync failed.
        words = FULL if point.error == "ENOSPC" and point.call == "pwrite64" else BROKEN
        said += words in log + refused
        if point.onward:
            assert FULL in log + refused or BROKEN in log + refused, point
    assert found == {}
    assert said >= len(points) / 2


@pytest.mark.slow
def test_death_at_sampled_calls_of_an_opening_loses_and_doubles_nothing(one: Opening, calls: Counter[str]) -> None:
    assert calls["pwrite64"] > 30
    assert calls["fdatasync"] > 4
    assert calls["sendto"] >= 2
    points = deaths(calls)
    network = [point for point in points if point.call in {"sendto", "recvfrom"}]
    die(one, points[::SAMPLED] + network)


@pytest.mark.long
def test_death_at_every_call_of_an_opening_loses_and_doubles_nothing(one: Opening, calls: Counter[str]) -> None:
    die(one, deaths(calls))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "call"),
    [
        pytest.param("mark-then-send", "sendto", id="mark then send"),
        pytest.param("separate-commits", "fdatasync", id="state and outbox in separate commits"),
    ],
)
def test_the_same_deaths_notice_a_mutant(one: Opening, calls: Counter[str], mutant: str, call: str) -> None:
    assert any(one.live(point, mutant=mutant)[1] for point in deaths(calls) if point.call == call)


@pytest.mark.slow
def test_no_post_leaves_before_all_it_tells_is_on_disk_whole_and_as_unknown(one: Opening) -> None:
    folder, found, trace = one.live()
    assert found == []
    sent = posts(trace, one.slack_port)
    assert len(sent) >= 1
    assert len(list(commits(folder / "written" / "stopwatch.db-wal"))) > 5
    assert out_of_order(folder, sent) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        pytest.param(SYNCED_LATE, "left before the log of writes was on the disk", id="commits that are synced late"),
        pytest.param("mark-then-send", "cards as one was posted", id="mark then send"),
        pytest.param("separate-commits", "no card for", id="state and outbox in separate commits"),
    ],
)
def test_the_same_proof_of_order_notices_a_mutant(one: Opening, mutant: str, words: str) -> None:
    folder, _found, trace = one.live(mutant=mutant)
    wrong = out_of_order(folder, posts(trace, one.slack_port))
    assert any(each.startswith(words) for each in wrong), wrong


@pytest.mark.slow
def test_a_disk_that_fails_at_sampled_calls_loses_and_doubles_nothing(one: Opening, calls: Counter[str]) -> None:
    fail(one, failures(calls)[:: 3 * SAMPLED])


@pytest.mark.long
def test_a_disk_that_fails_at_every_call_loses_and_doubles_nothing(one: Opening, calls: Counter[str]) -> None:
    fail(one, failures(calls))


@pytest.mark.slow
def test_the_same_failing_disk_notices_state_and_outbox_in_separate_commits(one: Opening, calls: Counter[str]) -> None:
    points = [Injected("fdatasync", number, "EIO", onward=True) for number in range(1, calls["fdatasync"] + 1)]
    assert any(one.live(point, mutant="separate-commits")[1] for point in points)


@pytest.mark.slow
def test_the_same_failing_disk_notices_mark_then_send(one: Opening, calls: Counter[str]) -> None:
    points = failures_as_slack_breaks_off(calls)
    assert any(one.live(point, mutant="mark-then-send")[1] for point in points)
