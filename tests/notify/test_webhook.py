"""A webhook is verified by Standard Webhooks' own library, keeps its id, and a receiver's mistake loses nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from stopwatch.core.errors import ConfigurationError
from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.notify.webhook import WebhookNotifier, signing_key
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import opened, root
from tests.stories.sink import Sink
from tests.watch.outbox_in_memory import MemoryOutbox

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECOND = timedelta(seconds=1)


class Hooked:
    """A decision whose webhook is due, with the sender of the product; its card waits for a Slack that is dead."""

    def __init__(self, url: str, secret: str | None = SECRET) -> None:
        # The library compares the signature's time with its own clock.
        self.now = datetime.now(UTC)
        self.outbox = MemoryOutbox()
        decision = opened()
        self.message = Message(
            f"{decision.id}/1/2/webhook",
            MessageKind.ESCALATION,
            "webhook",
            decision.id,
            1,
            {"cause": "undelivered", "since": "2026-11-21T10:16:15Z"},
            "webhook",
        )
        self.outbox.tell(decision, root(decision), self.message, now=self.now)
        self.notifier = WebhookNotifier(url, now=lambda: self.now, secret=secret, timeout_seconds=2)
        plan = DeliveryPlan(sweep=())
        self.sender = Sender(self.outbox, self.notifier, plan=plan, rng=Random(4), name="webhook")

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += SECOND
            self.sender.deliver(self.now)

    @property
    def state(self) -> OutboxState:
        return self.outbox.table[self.message.key].state


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


@pytest.fixture
def hooked(sink: Sink) -> Iterator[Callable[..., Hooked]]:
    """Makes notifiers that tell the sink, and lets go of their connections afterwards."""
    with ExitStack() as made:

        def make(secret: str | None = SECRET) -> Hooked:
            one = Hooked(sink.url, secret)
            made.callback(one.notifier.close)
            return one

        yield make


def test_what_is_sent_verifies_and_says_what_happened_where(sink: Sink, hooked: Callable[..., Hooked]) -> None:
    subject = hooked()
    subject.run(2)
    (received,) = sink.received
    assert (received.method, received.headers["content-type"]) == ("POST", "application/json")
    told = Webhook(SECRET).verify(received.body, received.headers)
    assert told["type"] == "decision.unanswered"
    data = told["data"]
    assert (data["decision"], data["site"], data["state"], data["cause"]) == (
        "ham-01-20261121T1015Z",
        "ham-01",
        "open",
        "undelivered",
    )
    assert data["text"] == "ham-01 (pilot) is paused: integration-5xx; Slack has not taken the message"
    assert subject.state is OutboxState.SENT
    subject.run(3)
    assert len(sink.received) == 1


def test_another_secret_or_another_body_does_not_verify(sink: Sink, hooked: Callable[..., Hooked]) -> None:
    hooked().run(1)
    (received,) = sink.received
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(received.body.replace(b"open", b"oven"), received.headers)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        pytest.param(0, {}, id="it hangs up"),
        pytest.param(500, {}, id="it breaks"),
        pytest.param(429, {"Retry-After": "3"}, id="it is busy"),
        pytest.param(429, {"Retry-After": "soon"}, id="it is busy and speaks in words"),
        pytest.param(400, {}, id="it dislikes the body"),
        pytest.param(401, {}, id="it refuses us"),
        pytest.param(410, {}, id="it says it is gone"),
        pytest.param(307, {"Location": "http://127.0.0.1:9/"}, id="it sends us elsewhere"),
    ],
)
def test_whatever_it_answers_it_is_told_again_under_the_same_id(
    sink: Sink, hooked: Callable[..., Hooked], status: int, headers: dict[str, str]
) -> None:
    subject = hooked()
    sink.status, sink.headers = status, headers
    subject.run(1)
    assert subject.state.value in {"pending", "unknown"}
    sink.status = 200
    subject.run(100)
    assert subject.state.value == "sent"
    assert len(sink.received) == 2
    assert len({received.headers["webhook-id"] for received in sink.received}) == 1
    assert len({received.headers["webhook-timestamp"] for received in sink.received}) == 2


def test_without_a_secret_nothing_is_signed(sink: Sink, hooked: Callable[..., Hooked]) -> None:
    hooked(None).run(1)
    (received,) = sink.received
    assert "webhook-signature" not in received.headers
    assert json.loads(received.body)["data"]["decision"] == "ham-01-20261121T1015Z"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "tell nobody", "whsec_ü"])
def test_a_secret_that_is_no_base64_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="STOPWATCH_WEBHOOK_SECRET") as refusal:
        signing_key(secret)
    assert "nobody" not in str(refusal.value)
