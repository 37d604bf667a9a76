"""Deadlines, second tries and the number of requests under way, on clocks that a test turns by hand."""

import threading

import pytest

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.prometheus.reasons import Reason
from stopwatch.prometheus.retry import with_second_try
from tests.prometheus.conftest import QUERY, MakeSource, matrix, slots
from tests.prometheus.scripted import ScriptedServer, Seen, http


class Hands:
    """A clock that only moves when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_the_first_try_leaves_time_for_a_second() -> None:
    hands, instants = Hands(), []

    def call(until: float) -> str:
        instants.append(until)
        hands.now = until
        if len(instants) == 1:
            raise SourceUnavailableError("late", reason=Reason.TIMEOUT)
        return "data"

    assert with_second_try(call, until=110.0, monotonic=hands.monotonic, sleep=hands.sleep) == "data"
    assert (instants, hands.slept) == ([106.0, 110.0], [0.25])


@pytest.mark.parametrize(
    ("reason", "took", "tries"),
    [
        pytest.param(Reason.HTTP_5XX, 1, 2, id="may pass"),
        pytest.param(Reason.NOT_JSON, 1, 1, id="will not pass"),
        pytest.param(Reason.TIMEOUT, 10, 1, id="no time left"),
    ],
)
def test_there_are_two_tries_at_most(reason: Reason, took: float, tries: int) -> None:
    hands, calls = Hands(), []

    def call(until: float) -> None:
        calls.append(until)
        hands.now += took
        raise SourceUnavailableError("no", reason=reason)

    with pytest.raises(SourceUnavailableError):
        with_second_try(call, until=110.0, monotonic=hands.monotonic, sleep=hands.sleep)
    assert len(calls) == tries
    assert hands.now <= 112.0


def test_four_requests_are_under_way_at_most(make_source: MakeSource) -> None:
    lock, together, most = threading.Lock(), [0], [0]
    four = threading.Barrier(4)

    def answer(seen: Seen) -> bytes:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        four.wait(10)
        with lock:
            together[0] -= 1
        return http(matrix())

    with ScriptedServer(answer) as server:
        source = make_source(server.url)
        threads = [
            threading.Thread(target=source.read, args=(QUERY, slots(1)), kwargs={"deadline_seconds": 10})
            for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert (len(server.seen), most[0]) == (12, 4)


def test_waiting_for_a_turn_ends_at_the_deadline(make_source: MakeSource) -> None:
    leave = threading.Event()

    def answer(seen: Seen) -> bytes:
        leave.wait(10)
        return http(matrix())

    with ScriptedServer(answer) as server:
        source = make_source(server.url)
        threads = [
            threading.Thread(target=source.read, args=(QUERY, slots(1)), kwargs={"deadline_seconds": 30})
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        while len(server.seen) < 4:
            leave.wait(0.005)
        with pytest.raises(SourceUnavailableError) as refused:
            source.read(QUERY, slots(1), deadline_seconds=0.1)
        leave.set()
        for thread in threads:
            thread.join(20)
    assert refused.value.reason == Reason.TIMEOUT


def test_prometheus_is_told_when_nobody_waits_any_more(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix())) as server:
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)
    told = server.seen[0].form["timeout"]
    assert told.endswith("ms")
    assert 0 < int(told.removesuffix("ms")) <= 3_001
