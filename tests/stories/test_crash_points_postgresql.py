"""Death of us before any statement, commit or message of one opening on PostgreSQL, and of the server as we tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urljoin

import httpx
import pytest

from stopwatch.core.outbox import OutboxState
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.store.postgres import cluster
from tests.stories.commits import cards
from tests.stories.lone_daemon import SYNCED_LATE
from tests.stories.traced import Injected, Opening, calls_of, opening
from tests.stories.traced_records import Databases

BEGUN, ENDED = "BEGIN ISOLATION LEVEL READ COMMITTE", "Q\\0\\0\\0\\vCOMMIT"
"""How strace shows the first and the last word of a transaction that may write."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    with cluster() as server, opening(tmp_path_factory.mktemp("one"), records=Databases(server)) as running:
        yield running


@pytest.fixture(scope="module")
def trace(one: Opening) -> str:
    """What an opening that nothing disturbs asks the kernel for; it is recorded and told as on SQLite."""
    _folder, found, trace = one.live()
    assert found == []
    return trace


def ends(trace: str) -> list[Injected]:
    """Where Slack is spoken to, and where a writing transaction ends: before sending, and before reading the answer."""
    told, found, number, writing = [], [], Counter[str](), False
    for line in trace.splitlines():
        call = line.partition("(")[0]
        number[call] += 1
        writing = writing or BEGUN in line
        if "->127.0.0.1:" in line:
            told += [Injected(call, number[call])]
        elif writing and call == "sendto" and ENDED in line:
            found += [Injected(call, number[call]), Injected("recvfrom", number["recvfrom"] + 1)]
            writing = False
    return [*told, *found]


@contextmanager
def crashing(one: Opening) -> Iterator[list[list[OutboxState]]]:
    """Let the database's server crash as a card arrives at Slack; yield how the cards stand after each recovery."""
    held: list[list[OutboxState]] = []
    server = one.records
    assert isinstance(server, Databases)

    def pass_on(seen: Seen) -> bytes:
        if seen.path.endswith("/chat.postMessage") and one.newest:
            server.server.restart("immediate")
            held.append(cards(server.address(one.newest)))
        headers = {name: words for name, words in seen.headers.items() if name in {"authorization", "content-type"}}
        url = urljoin(one.slack.api_url, seen.path)
        answer = httpx.request(seen.method, url, content=seen.body, headers=headers)
        return http(answer.content, answer.status_code, "Content-Type: application/json")

    with ScriptedServer(pass_on) as front:
        one.front = front
        try:
            yield held
        finally:
            one.front = None


def die(one: Opening, points: Sequence[Injected]) -> None:
    found = {str(point): findings for point in points if (findings := one.live(point)[1])}
    assert found == {}


@pytest.mark.slow
def test_death_around_the_first_commit_and_the_card_loses_and_doubles_nothing(one: Opening, trace: str) -> None:
    points = ends(trace)
    assert len(points) > 10
    first = min((point for point in points if point.call == "sendto"), key=lambda point: point.number)
    commit = points.index(first)
    die(one, [points[1], points[commit], points[commit + 1]])


@pytest.mark.long
def test_death_at_every_call_of_an_opening_loses_and_doubles_nothing(one: Opening, trace: str) -> None:
    die(one, [Injected("sendto", number) for number in range(1, calls_of(trace)["sendto"] + 1)])


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param("mark-then-send", id="mark then send"),
        pytest.param("separate-commits", id="state and outbox in separate commits"),
    ],
)
def test_the_same_deaths_notice_a_mutant(one: Opening, trace: str, mutant: str) -> None:
    assert any(one.live(point, mutant=mutant)[1] for point in ends(trace))


@pytest.mark.slow
def test_what_slack_is_told_a_server_that_crashes_in_that_moment_holds_as_of_unknown_end(one: Opening) -> None:
    with crashing(one) as held:
        _folder, found, _trace = one.live()
    assert held == [[OutboxState.UNKNOWN]]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "wrong"),
    [
        pytest.param(SYNCED_LATE, [], id="commits that are synced late"),
        pytest.param("mark-then-send", [OutboxState.SENT], id="mark then send"),
    ],
)
def test_the_same_crashing_server_notices_a_mutant(one: Opening, mutant: str, wrong: list[OutboxState]) -> None:
    with crashing(one) as held:
        one.live(mutant=mutant)
    assert held[0] == wrong
