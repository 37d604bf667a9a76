"""Messages that must leave the process: what a row of the outbox holds, and the states it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.decision import DecisionId


class OutboxState(StrEnum):
    """``unknown`` is committed before every request; it is looked up before anything is sent again."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DEAD = "dead"


class MessageKind(StrEnum):
    """What a message is; ``root`` is the card of a decision."""

    ROOT = "root"
    GROUND = "ground"
    ACT = "act"
    RECOVERED = "recovered"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    BLIND = "blind"
    IMAGE = "image"
    SUMMARY = "summary"
    DRILL = "drill"
    REPORT = "report"


LIVING = frozenset({MessageKind.ROOT, MessageKind.BLIND})
"""Kinds whose one message is edited where it stands; of all others each message is final."""


@dataclass(frozen=True, slots=True)
class Message:
    """
    One message to be sent: *key* is unique for ever, *body* the facts it is rendered from (JSON values).

    A message that belongs to a decision and is not its root goes into the root's thread.
    """

    key: str
    kind: MessageKind
    channel: str
    decision: DecisionId | None
    rev: int
    body: Mapping[str, object] = field(default_factory=dict)
    notifier: str = "slack"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """
    A message with its delivery.

    *ts* is the id the receiver gave it. For a living message, *desired* counts its versions and *delivered* is the
    newest one that arrived; one that is sent with delivered < desired wants an update. *due_at* is when it may be
    tried next. *swept* counts the sweeps already made after sending.
    """

    message: Message
    state: OutboxState
    attempts: int
    created_at: datetime
    due_at: datetime
    first_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    ts: str | None = None
    sent_channel: str | None = None
    desired: int = 1
    delivered: int = 0
    swept: int = 0
    error: str | None = None


def root_key(decision: DecisionId, channel: str) -> str:
    """Return the key of the card of *decision* in *channel*."""
    return f"{decision}/root/{channel}"


def thread_key(decision: DecisionId, kind: MessageKind, what: str, channel: str) -> str:
    """Return the key of a thread item; *what* tells it apart from others of its kind, for ever."""
    return f"{decision}/{kind}/{what}/{channel}"


class Effect(StrEnum):
    """
    What became of one request to a notifier.

    ``sent`` arrived. ``not_sent`` surely did not (wait *retry_after*). ``not_ready``: not sent, for something that it
    shows is still under way there; nothing else is held. ``throttled``: not sent, hold the whole channel.
    ``ambiguous``: may have arrived, look it up before sending again. ``bad_format``: degrade and send at once.
    ``bad_destination``: use the fallback channel. ``bad_app``: credentials refused, open the circuit. ``gone``: the
    message to be updated no longer exists.
    """

    SENT = "sent"
    NOT_SENT = "not_sent"
    NOT_READY = "not_ready"
    THROTTLED = "throttled"
    AMBIGUOUS = "ambiguous"
    BAD_FORMAT = "bad_format"
    BAD_DESTINATION = "bad_destination"
    BAD_APP = "bad_app"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    The outcome of one request.

    *ts* and *channel* are given if it arrived, *code* is the receiver's word for metrics and logs, and *step* names the
    request that ended it where a verb needs several.
    """

    effect: Effect
    code: str = "ok"
    ts: str | None = None
    channel: str | None = None
    retry_after: timedelta | None = None
    step: str | None = None


UNRENDERABLE = "unrenderable"
"""The code of a message that could not be written, so that nothing was sent."""


class Detail(StrEnum):
    """
    How richly a message is rendered; each step down survives a stricter receiver.

    ``minimal`` says of a decision only its id and state, for facts that nothing else can be made of.
    """

    FULL = "full"
    COMPACT = "compact"
    TEXT = "text"
    BARE = "bare"
    MINIMAL = "minimal"
