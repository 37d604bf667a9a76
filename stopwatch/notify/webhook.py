"""A webhook as second notifier: signed as Standard Webhooks describes, delivered at least once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from stopwatch.core.errors import ConfigurationError
from stopwatch.core.grid import rfc3339
from stopwatch.core.outbox import Delivery, Effect
from stopwatch.notify.exchange import TIMEOUT_SECONDS, Exchange
from stopwatch.notify.words import facts, summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Detail, OutboxRow

EVENT = "decision.unanswered"
OVER = "decision.resolved"
PREFIX = "whsec_"


class WebhookNotifier:
    """
    A webhook as a receiver of messages.

    Args:
        url: Where to post; it may carry a user and a password.
        now: The time, which is part of the signature.
        secret: What requests are signed with: ``whsec_`` and base64; None leaves them unsigned.
        external_url: How people reach the daemon; the payload links to the decision there.
        timeout_seconds: The longest wait for a connection, and for each part of an answer.

    Raises:
        ConfigurationError: The secret is no base64.

    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime],
        secret: str | None = None,
        external_url: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._exchange = Exchange(url, timeout_seconds=timeout_seconds)
        self._now = now
        self._key = signing_key(secret) if secret is not None else None
        self._external_url = external_url

    def close(self) -> None:
        """Let go of connections."""
        self._exchange.close()

    def post(self, row: OutboxRow, decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:  # noqa: ARG002 – a webhook has no threads and one form
        """Send a message; its id is the same at every attempt."""
        identity, at = webhook_id(row.message.key), int(self._now().timestamp())
        body = payload(row, decision, self._external_url)
        headers = {"webhook-id": identity, "webhook-timestamp": str(at)}
        if self._key is not None:
            headers["webhook-signature"] = signature(self._key, identity, at, body)
        outcome = self._exchange.post(body, headers)
        if outcome.effect is not Effect.SENT:
            return outcome
        return Delivery(Effect.SENT, ts=identity, channel=row.message.channel)

    def update(self, row: OutboxRow, decision: Decision | None, *, detail: Detail) -> Delivery:  # noqa: ARG002 – as above
        """Leave what was sent as it is."""
        return Delivery(Effect.SENT, ts=row.ts)

    def find(self, row: OutboxRow, *, thread: str | None) -> Sequence[str] | Delivery:  # noqa: ARG002 – as above
        """Find nothing: what may not have arrived is sent again, under the same id."""
        return []

    def delete(self, channel: str, ts: str) -> Delivery:  # noqa: ARG002 – as above
        """Leave what was sent as it is."""
        return Delivery(Effect.SENT)

    def probe(self) -> Delivery:
        """Say yes, so that the next message tries the credentials again."""
        return Delivery(Effect.SENT)


def signing_key(secret: str) -> bytes:
    """
    Return the bytes that *secret* stands for.

    Raises:
        ConfigurationError: It is no base64.

    """
    try:
        key = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ConfigurationError(f"STOPWATCH_WEBHOOK_SECRET: must be {PREFIX} followed by base64")
    return key


def webhook_id(key: str) -> str:
    """Return the id of a message for its receiver, which recognises repeats by it."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def signature(key: bytes, identity: str, at: int, body: bytes) -> str:
    """Return the signature, version 1: HMAC-SHA256 over id, time (seconds since 1970) and body, in base64."""
    signed = f"{identity}.{at}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def payload(row: OutboxRow, decision: Decision | None, external_url: str | None) -> bytes:
    """Return what is posted: type, time of the event, and the decision as it stands."""
    over = row.message.body.get("event") == "resolved"
    cause = "over" if over else str(row.message.body.get("cause") or "")
    data: dict[str, object] = {"cause": cause, "since": row.message.body.get("since")}
    if decision is not None:
        data |= {"text": summary(decision, cause), **facts(decision, external_url)}
    else:
        data["decision"] = row.message.decision
    return json.dumps({"type": OVER if over else EVENT, "timestamp": rfc3339(row.created_at), "data": data}).encode()
