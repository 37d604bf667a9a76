"""Whether Slack would take a message is asked before there is one, and again while all is quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest

from stopwatch.core.rollout import DeliveryPlan
from stopwatch.demo.slack.records import Channel
from stopwatch.slack.client import SlackNotifier
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import CHANNEL
from tests.watch.delivery_bench import FALLBACK, TOKEN, Bench

MINUTES = 60


@pytest.fixture(scope="module")
def emulated() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stop()


@pytest.fixture
def bench(emulated: Bench) -> Bench:
    emulated.renew()
    return emulated


def greeting(bench: Bench, *places: str) -> Sender:
    """The bench's sender as the daemon builds it: it asks before there is anything to tell."""
    notifier = SlackNotifier(TOKEN, bench.slack.api_url, now=lambda: bench.now)
    sender = Sender(bench.outbox, notifier, plan=DeliveryPlan(), rng=Random(7), fallback=bench.fallback)
    bench.sender = sender.greeting(notifier.look, places or [CHANNEL, FALLBACK])
    return bench.sender


def change(bench: Bench, how: Callable[[Channel], None]) -> None:
    """Let somebody change the channel."""
    with bench.slack.held() as workspace:
        how(workspace.channels[CHANNEL])


def archive(channel: Channel) -> None:
    channel.archived = True


def unarchive(channel: Channel) -> None:
    channel.archived = False


def leave(channel: Channel) -> None:
    channel.member = False


def asked(bench: Bench, method: str) -> int:
    return len(bench.slack.log(method))


@pytest.mark.parametrize(("state", "up", "times"), [("good", True, 1), ("invalid_auth", False, 3)])
def test_a_token_is_tried_before_the_first_message(bench: Bench, state: str, up: bool, times: int) -> None:  # noqa: FBT001 - a row's column
    bench.slack.token_state(TOKEN, state)
    sender = greeting(bench)
    bench.run(150)
    assert (bench.reports[0].up, bench.reports[-1].up, sender.refused) == (up, up, not up)
    assert asked(bench, "auth.test") == times
    bench.slack.token_state(TOKEN)
    bench.open()
    bench.run(60)
    assert (bench.reports[-1].up, len(bench.shown())) == (True, 1)


def test_a_slack_that_does_not_answer_the_first_question_is_asked_again_a_minute_later(bench: Bench) -> None:
    bench.trouble("status", "auth.test", status=503)
    greeting(bench)
    bench.run(59)
    bench.run(60)
    assert {report.up for report in bench.reports[:60]} == {False}
    assert bench.reports[-1].up
    assert asked(bench, "auth.test") == 2


def test_a_token_that_is_revoked_while_all_is_quiet_is_found_within_five_minutes(bench: Bench) -> None:
    sender = greeting(bench)
    bench.run(10)
    bench.slack.token_state(TOKEN, "token_revoked")
    bench.run(5 * MINUTES)
    assert (bench.reports[-1].up, sender.refused) == (False, True)


@pytest.mark.parametrize(
    ("how", "code"),
    [pytest.param(archive, "is_archived", id="archived"), pytest.param(leave, "not_in_channel", id="app removed")],
)
def test_a_channel_that_takes_nothing_any_more_is_found_while_all_is_quiet(
    bench: Bench, how: Callable[[Channel], None], code: str
) -> None:
    greeting(bench)
    bench.run(10)
    assert bench.reports[-1].up
    change(bench, how)
    bench.run(5 * MINUTES)
    assert (bench.reports[-1].up, bench.reports[-1].broken) == (False, {CHANNEL: code})
    assert bench.failures() == {("look", code): 1}


def test_a_channel_that_is_mended_is_found_too(bench: Bench) -> None:
    change(bench, archive)
    greeting(bench)
    assert bench.deliver().broken == {CHANNEL: "is_archived"}
    change(bench, unarchive)
    bench.run(5 * MINUTES)
    assert (bench.reports[-1].up, bench.reports[-1].broken) == (True, {})


def test_what_a_message_was_refused_for_is_over_when_a_message_was_taken(bench: Bench) -> None:
    greeting(bench)
    with bench.slack.held() as workspace:
        workspace.channels[CHANNEL].writable = False
    bench.open()
    bench.run(6 * MINUTES)
    assert list(bench.reports[-1].broken) == [CHANNEL], "a look sees a channel that is there"


def test_where_channels_may_not_be_looked_at_they_are_taken_for_good(bench: Bench) -> None:
    with bench.slack.held() as workspace:
        workspace.scopes = workspace.scopes - {"channels:read"}
    change(bench, archive)
    sender = greeting(bench)
    bench.run(30)
    assert (bench.reports[-1].up, sender.refused, bench.failures()) == (True, False, {})
    assert asked(bench, "conversations.info") == 1


def test_many_channels_are_looked_at_bit_by_bit(bench: Bench) -> None:
    greeting(bench, *[CHANNEL, FALLBACK] * 10)
    bench.deliver()
    assert asked(bench, "conversations.info") == 5
    bench.run(30)
    assert asked(bench, "conversations.info") == 20
    bench.run(4 * MINUTES)
    assert asked(bench, "conversations.info") == 20
