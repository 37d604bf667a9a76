"""The notifier that speaks to Slack: posts, updates, looks up, deletes and probes, and retries nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from stopwatch.core.outbox import UNRENDERABLE, Delivery, Detail, Effect, MessageKind
from stopwatch.slack.answer import Answer, Caller
from stopwatch.slack.card import CardTerms, card
from stopwatch.slack.last_resort import last_resort
from stopwatch.slack.names import named_decision, named_message
from stopwatch.slack.payload import EVENT_TYPE, Payload, reference
from stopwatch.slack.summons import is_broadcast
from stopwatch.slack.thread import thread_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Message, OutboxRow

METHODS: Mapping[str, str] = {
    "post": "chat.postMessage",
    "update": "chat.update",
    "find": "conversations.history",
    "delete": "chat.delete",
    "probe": "auth.test",
    "look": "conversations.info",
}
"""Slack's method behind each verb of the notifier, for the metric's label."""

EARLIER = timedelta(seconds=120)
_PAGE = 200
_PAGES = 25
_THREAD_LOST = "thread_lost"
_UNRENDERABLE = Delivery(Effect.BAD_FORMAT, UNRENDERABLE)
_MUTE = {"unfurl_links": False, "unfurl_media": False}


class SlackNotifier:
    """
    Slack as a receiver of messages.

    Args:
        token: The bot token.
        base_url: What precedes the method name; None is Slack itself.
        now: The time, for ``Retry-After`` given as a date.
        terms: The plan's delays that cards name.
        audit_head: The newest hash of the audit chain, asked for whenever a card is rendered.
        name_of: What a person is called, asked by user id; without it the ids are shown.
        attempt: Renders a message and returns None instead of raising; without it whatever is raised passes.
        timeout_seconds: The longest wait for one answer.

    """

    name = "slack"

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        *,
        now: Callable[[], datetime],
        terms: CardTerms | None = None,
        audit_head: Callable[[], str | None] | None = None,
        name_of: Callable[[str], str | None] | None = None,
        attempt: Callable[[Callable[[], Payload]], Payload | None] | None = None,
        timeout_seconds: int = 10,
    ) -> None:
        self._caller = Caller(token, base_url, timeout_seconds=timeout_seconds, now=now)
        self._terms = terms or CardTerms()
        self._audit_head = audit_head
        self._name_of = name_of or _nobody
        self._attempt = attempt or _outright

    def post(self, row: OutboxRow, decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:
        """Send a message as new; the code ``thread_lost`` tells that *thread* names no message any more."""
        return self._send(row.message, partial(self._payload, row, decision, detail), thread=thread)

    def _send(self, message: Message, render: Callable[[], Payload], *, thread: str | None) -> Delivery:
        payload = self._attempt(render)
        if payload is None:
            return _UNRENDERABLE
        place: dict[str, object] = {"channel": message.channel, **_MUTE}
        if thread is not None:
            place |= {"thread_ts": thread} | ({"reply_broadcast": True} if is_broadcast(message) else {})
        answer = self._caller.call("chat.postMessage", place | _arguments(payload))
        sent = _sent(answer, message.channel)
        posted = answer.body.get("message")
        if thread is not None and isinstance(posted, Mapping) and posted.get("thread_ts") != thread:
            return replace(sent, code=_THREAD_LOST)
        return sent

    def update(self, row: OutboxRow, decision: Decision | None, *, detail: Detail) -> Delivery:
        """Bring the message that was sent as ``row.ts`` to its present state, a card to its decision's."""
        channel = row.sent_channel or row.message.channel
        payload = self._attempt(partial(self._payload, row, decision, detail))
        if payload is None:
            return _UNRENDERABLE
        arguments = _arguments(payload)
        # Blocks that are not given stay; an empty list takes them away.
        arguments.setdefault("blocks", [])
        return _sent(self._caller.call("chat.update", {"channel": channel, "ts": row.ts, **arguments}), channel)

    def find(self, row: OutboxRow, *, thread: str | None) -> Sequence[str] | Delivery:
        """
        Return the ids of all messages that carry the row's key, oldest first; or why they cannot be looked up.

        An item whose thread is gone was posted beside it, so threads are looked up in both places.
        """
        channel = row.sent_channel or row.message.channel
        first = row.first_attempt_at or row.created_at
        oldest = f"{(first - EARLIER).timestamp():.6f}"
        where: dict[str, object] = {"channel": channel, "oldest": oldest, "include_all_metadata": True, "limit": _PAGE}
        found: set[str] = set()
        if thread is not None:
            failure = self._collect("conversations.replies", where | {"ts": thread}, row.message.key, found)
            if failure is not None and failure.effect is not Effect.GONE:
                return failure
        if not found:
            failure = self._collect("conversations.history", where, row.message.key, found)
            if failure is not None:
                return failure
        return sorted(found, key=float)

    def delete(self, channel: str, ts: str) -> Delivery:
        """Remove an extra copy."""
        return _sent(self._caller.call("chat.delete", {"channel": channel, "ts": ts}), channel)

    def probe(self) -> Delivery:
        """Ask whether the credentials are good."""
        answer = self._caller.call("auth.test", {}, as_form=True)
        return answer.failure or Delivery(Effect.SENT)

    def look(self, channel: str) -> Delivery | None:
        """
        Return what would become of a message to *channel*, as far as the channel shows it; None where it does not.

        Only what Slack says of the channel counts, no refusal to say it: for want of a scope it may deny the channel.
        """
        told = self._caller.call("conversations.info", {"channel": channel}, as_form=True).body.get("channel")
        if not isinstance(told, Mapping):
            return None
        if told.get("is_archived") is True:
            return Delivery(Effect.BAD_DESTINATION, "is_archived")
        if told.get("is_member") is False:
            return Delivery(Effect.BAD_DESTINATION, "not_in_channel")
        return Delivery(Effect.SENT)

    def _payload(self, row: OutboxRow, decision: Decision | None, detail: Detail) -> Payload:
        if detail is Detail.MINIMAL:
            return last_resort(row.message, decision)
        decision = named_decision(decision, self._name_of) if decision is not None else None
        if row.message.kind is MessageKind.ROOT and decision is not None:
            head = self._audit_head() if self._audit_head else self._terms.audit_head
            return card(decision, row.message, replace(self._terms, audit_head=head), detail)
        return thread_item(named_message(row.message, self._name_of), decision, detail)

    def _collect(self, method: str, where: Mapping[str, object], key: str, found: set[str]) -> Delivery | None:
        cursor = ""
        for _ in range(_PAGES):
            page = {**where, "cursor": cursor} if cursor else where
            answer = self._caller.call(method, page, as_form=True)
            if answer.failure is not None:
                return answer.failure
            found.update(_matching(answer, key))
            after = answer.body.get("response_metadata")
            cursor = str(after.get("next_cursor") or "") if isinstance(after, Mapping) else ""
            if not cursor:
                break
        return None


def _outright(render: Callable[[], Payload]) -> Payload | None:
    return render()


def _nobody(_user: str) -> str | None:
    return None


def _arguments(payload: Payload) -> dict[str, object]:
    arguments: dict[str, object] = {"text": payload.text}
    if payload.blocks:
        arguments["blocks"] = list(payload.blocks)
    if payload.metadata is not None:
        arguments["metadata"] = payload.metadata
    return arguments


def _sent(answer: Answer, channel: str) -> Delivery:
    if answer.failure is not None:
        return answer.failure
    ts, where = answer.body.get("ts"), answer.body.get("channel")
    if not isinstance(ts, str) or not ts:
        return Delivery(Effect.AMBIGUOUS, "unreadable_answer")
    return Delivery(Effect.SENT, ts=ts, channel=where if isinstance(where, str) and where else channel)


def _matching(answer: Answer, key: str) -> Iterator[str]:
    """Yield the ids of messages that carry *key* in their metadata, or in the text without any."""
    messages = answer.body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        ts = message.get("ts") if isinstance(message, Mapping) else None
        if isinstance(ts, str) and _is_number(ts) and _carries(message, key):
            yield ts


def _carries(message: Mapping[str, object], key: str) -> bool:
    given = message.get("metadata")
    if isinstance(given, Mapping) and given.get("event_type") == EVENT_TYPE:
        payload = given.get("event_payload")
        return isinstance(payload, Mapping) and payload.get("key") == key
    # Only an app's own message counts: people quote what they read.
    text = message.get("text")
    return bool(message.get("bot_id")) and isinstance(text, str) and reference(key) in text.splitlines()


def _is_number(ts: str) -> bool:
    return ts.replace(".", "", 1).isascii() and ts.replace(".", "", 1).isdecimal()
