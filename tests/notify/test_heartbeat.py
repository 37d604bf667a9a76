"""The heartbeat asks its address, at most every ten seconds."""

from stopwatch.core.outbox import Effect
from stopwatch.notify.heartbeat import Heartbeat
from tests.stories.sink import Sink


def test_it_asks_at_most_every_ten_seconds() -> None:
    seconds = [100.0]
    with Sink() as sink:
        heart = Heartbeat(sink.url, monotonic=lambda: seconds[0], timeout_seconds=2)
        for at in (100.0, 104.0, 109.9, 110.0, 119.0, 121.0):
            seconds[0] = at
            heart.beat()
        assert [(received.method, received.path) for received in sink.received] == [("GET", "/hook")] * 3
        heart.close()


def test_a_failure_is_told_by_a_word_and_not_by_the_address() -> None:
    with Sink() as sink:
        sink.status = 500
        seconds = [0.0]
        heart = Heartbeat(sink.url, monotonic=lambda: seconds[0], timeout_seconds=2)
        assert heart.beat() is not None
        seconds[0] = 11.0
        outcome = heart.beat()
        assert outcome is not None
        assert (outcome.effect, outcome.code) == (Effect.AMBIGUOUS, "http_500")
    seconds[0] = 22.0
    outcome = heart.beat()
    assert outcome is not None
    assert (outcome.effect, outcome.code) == (Effect.NOT_SENT, "unreachable")
    heart.close()
