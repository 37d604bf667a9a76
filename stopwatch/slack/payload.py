"""A message as it is handed to Slack, and the small pieces of Block Kit that all of ours are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.slack.text import clip, escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.core.outbox import Message, MessageKind

Block = dict[str, object]

EVENT_TYPE = "stopwatch_decision"
SECTION_MOST = 3000
FIELDS_MOST = 10


@dataclass(frozen=True, slots=True)
class Payload:
    """*text* is what notifications show, and everything where there are no *blocks*; *metadata* is how it is found."""

    text: str
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, object] | None = None


def metadata(message: Message, rev: int, *, kind: MessageKind | None = None) -> Mapping[str, object]:
    """Return what Slack keeps invisibly with a message, by which it is looked up; *kind* in place of its own."""
    shown = (kind or message.kind).value
    payload = {"decision": message.decision or "", "kind": shown, "key": message.key, "rev": rev}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def reference(key: str) -> str:
    """Return the visible mark of a message that could not carry metadata; it is looked up by it."""
    return f"ref {escape(clip(key, len(key)))}"


def mrkdwn(text: str) -> Block:
    """Return a text object whose links are only those we wrote."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> Block:
    """Return a paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def header(text: str) -> Block:
    """Return a headline."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Return up to ten titled facts in two columns."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{fact}") for name, fact in pairs[:FIELDS_MOST]]}


def context(*texts: str) -> Block:
    """Return a line of small print."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def image(file: str, title: str, alt: str) -> Block:
    """Return a picture that was uploaded as *file*."""
    named = {"type": "plain_text", "text": title, "emoji": False}
    return {"type": "image", "slack_file": {"id": file}, "title": named, "alt_text": alt}


def link_buttons(links: Sequence[tuple[str, str, str]]) -> Block:
    """Return buttons that open addresses, from (action id, label, address)."""
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": label, "emoji": False}, "action_id": name, "url": url}
        for name, label, url in links
    ]
    return {"type": "actions", "elements": buttons}
