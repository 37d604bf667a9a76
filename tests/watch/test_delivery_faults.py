"""Whatever Slack does to a message, people see it exactly once and the card as it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.outbox import OutboxState
from stopwatch.demo.slack import Fault
from tests.slack.decisions import acted, opened, recovered, root
from tests.watch.delivery_bench import TOKEN, Bench

MINUTES = 6 * 60


@pytest.fixture(scope="module")
def emulated() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stop()


@pytest.fixture
def bench(emulated: Bench) -> Iterator[Bench]:
    emulated.renew()
    yield emulated
    assert emulated.slack.violations() == []


def test_a_decision_gets_one_card_that_follows_it_and_one_thread(bench: Bench) -> None:
    decision = bench.open()
    bench.run(5)
    acknowledged = acted(decision, Act.ACKNOWLEDGE, 2)
    bench.act(acknowledged)
    bench.run(5)
    bench.act(acted(recovered(acknowledged), Act.RESUME, 45))
    bench.run(MINUTES)
    card, *thread = bench.shown()
    assert card["text"].startswith("RESUMED ham-01 (pilot) by anna")
    assert [message["thread_ts"] for message in thread] == [card["ts"]] * 2
    assert set(bench.keys().values()) == {1}
    assert bench.failures() == {}
    assert all(row.swept == 2 for row in bench.outbox.rows())


def test_a_row_is_unknown_before_it_is_sent(bench: Bench) -> None:
    message = root(bench.open())
    bench.deliver()
    assert [state for key, state in bench.outbox.written if key == message.key] == [
        OutboxState.PENDING,
        OutboxState.UNKNOWN,
        OutboxState.SENT,
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"kind": "reset", "accepted": True}, id="accepted, then the connection is cut"),
        pytest.param(
            {"kind": "error", "error": "internal_error", "accepted": True}, id="internal_error after accepting"
        ),
        pytest.param({"kind": "error", "error": "fatal_error", "accepted": True}, id="fatal_error after accepting"),
        pytest.param({"kind": "status", "status": 502, "accepted": True}, id="a gateway's page after accepting"),
        pytest.param(
            {"kind": "status", "status": 200, "body": "<html>", "accepted": True}, id="no JSON after accepting"
        ),
        pytest.param({"kind": "status", "status": 200, "body": "[1]", "accepted": True}, id="a list after accepting"),
        pytest.param(
            {"kind": "error", "error": "something_new", "accepted": True}, id="an unknown code after accepting"
        ),
    ],
)
def test_what_was_accepted_without_saying_so_is_found_and_not_sent_again(
    bench: Bench, trouble: dict[str, object]
) -> None:
    bench.open()
    bench.slack.fault(fault_of(trouble))
    bench.run(MINUTES)
    assert list(bench.keys().values()) == [1]
    assert bench.total("lost_found") == 1
    assert len(bench.slack.log("chat.postMessage")) == 1
    assert bench.all_sent()


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"kind": "reset"}, id="connection cut"),
        pytest.param({"kind": "status", "status": 500}, id="HTTP 500"),
        pytest.param({"kind": "status", "status": 408}, id="HTTP 408"),
        pytest.param({"kind": "status", "status": 200, "body": '{"warning": 1}'}, id="JSON without ok"),
        pytest.param({"kind": "status", "status": 200, "body": "null"}, id="JSON null"),
        pytest.param({"kind": "error", "error": "request_timeout"}, id="request_timeout"),
        pytest.param({"kind": "error", "error": "service_unavailable"}, id="service_unavailable"),
    ],
)
def test_what_was_not_accepted_is_looked_up_and_sent_again(bench: Bench, trouble: dict[str, object]) -> None:
    bench.open()
    bench.slack.fault(fault_of({**trouble, "times": 2}))
    bench.run(9)
    assert bench.shown() == []
    bench.run(MINUTES)
    assert list(bench.keys().values()) == [1]
    assert bench.total("unknown") == 2
    assert bench.total("lost_found") == 0


def test_an_answer_that_comes_too_late_is_looked_up(bench: Bench) -> None:
    bench.renew(timeout_seconds=1)
    bench.open()
    bench.trouble("hang", accepted=True, seconds=3.0)
    bench.run(12)
    assert list(bench.keys().values()) == [1]
    assert bench.failures()["post", "timeout"] == 1
    assert bench.total("lost_found") == 1


def test_a_copy_that_was_committed_after_we_gave_up_is_removed(bench: Bench) -> None:
    bench.open()
    bench.trouble("late", seconds=20.0)
    bench.run(15)
    assert list(bench.keys().values()) == [1]
    bench.run(10)
    assert list(bench.keys().values()) == [2]
    bench.run(MINUTES)
    assert list(bench.keys().values()) == [1]
    assert bench.total("duplicates_removed") == 1
    assert bench.shown()[0]["ts"] == bench.row(root(opened())).ts


@pytest.mark.parametrize("seconds", [pytest.param(5.0, id="at once"), pytest.param(100.0, id="after the first sweep")])
def test_what_was_accepted_and_lost_is_sent_again(bench: Bench, seconds: float) -> None:
    bench.open()
    bench.trouble("lost", seconds=seconds)
    bench.run(2 * MINUTES)
    assert list(bench.keys().values()) == [1]
    assert bench.total("resent") == 1


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param("7", 7, id="whole seconds"),
        pytest.param("6.5", 7, id="a fraction"),
        pytest.param("Sat, 21 Nov 2026 10:16:35 GMT", 20, id="a date"),
        pytest.param(None, 30, id="missing"),
        pytest.param("soon", 30, id="garbage"),
        pytest.param("-3", 1, id="negative"),
    ],
)
@pytest.mark.parametrize(
    "limit",
    [
        pytest.param({"kind": "status", "status": 429, "body": ""}, id="429"),
        pytest.param({"kind": "error", "error": "ratelimited"}, id="200 ratelimited"),
        pytest.param({"kind": "error", "error": "rate_limited"}, id="200 rate_limited"),
    ],
)
def test_a_limited_channel_is_held_as_long_as_slack_asks(
    bench: Bench, limit: dict[str, object], retry_after: str | None, seconds: int
) -> None:
    decision = bench.open()
    bench.slack.fault(fault_of({**limit, "retry_after": retry_after}))
    bench.run(seconds - 1)
    assert bench.shown() == []
    assert bench.row(root(decision)).state is OutboxState.PENDING
    bench.run(1)
    assert len(bench.shown()) == 1
    assert len(bench.slack.log("chat.postMessage")) == 2
    assert bench.slack.log("conversations.history") == []


def test_a_revoked_token_stops_everything_until_it_is_good_again(bench: Bench) -> None:
    bench.open()
    bench.slack.token_state(TOKEN, "token_revoked")
    bench.run(150)
    assert len(bench.slack.log("chat.postMessage")) == 1
    assert len(bench.slack.log("auth.test")) == 2
    assert not bench.reports[-1].up
    assert [row.state for row in bench.outbox.rows()] == [OutboxState.PENDING]
    bench.slack.token_state(TOKEN)
    bench.run(60)
    assert len(bench.shown()) == 1
    assert bench.reports[-1].up


def fault_of(order: dict[str, object]) -> Fault:
    return Fault.from_json({"method": "chat.postMessage", **order})
