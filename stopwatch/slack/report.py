"""A report in Slack: its headline, what matters in plain words, its parts in short, and the way to the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Detail, Message
from stopwatch.slack.payload import Payload, context, header, link_buttons, metadata, reference, section
from stopwatch.slack.text import clip, fitted, safe, web_address

if TYPE_CHECKING:
    from stopwatch.slack.payload import Block

_HEADER, _LINE, _PART, _PUSH, _PARTS = 150, 280, 2900, 150, 20


def report_message(message: Message, detail: Detail) -> Payload:
    """Render a report; *detail* as in every message."""
    body, found_by = message.body, metadata(message, message.rev)
    title = str(body.get("title") or "Report")
    push = clip(title, _PUSH)
    text = "\n".join([f"*{safe(title, _HEADER)}*", *_lead(body), *(part for _, part in _parts(body))])
    match detail:
        case Detail.FULL:
            return Payload(push, tuple(_blocks(body, title)), found_by)
        case Detail.COMPACT:
            return Payload(push, (section(fitted_lines(text)),), found_by)
        case Detail.TEXT:
            return Payload(fitted_lines(text), metadata=found_by)
        case _:
            return Payload(f"{fitted_lines(text)}\n{reference(message.key)}")


def _blocks(body: Mapping[str, object], title: str) -> list[Block]:
    blocks = [header(clip(title, _HEADER))]
    lead = _lead(body)
    if lead:
        blocks.append(section(fitted_lines("\n".join(lead))))
    blocks += [section(fitted_lines(part)) for _, part in _parts(body)[:_PARTS]]
    address = web_address(str(body.get("link") or ""))
    if address:
        blocks.append(link_buttons([("link_report", "The whole report", address)]))
    foot = [safe(words, _LINE) for words in _texts(body.get("foot"))[:3]]
    return [*blocks, *([context(*foot)] if foot else [])]


def _lead(body: Mapping[str, object]) -> list[str]:
    return [fitted(words, 3 * _LINE) for words in _texts(body.get("lead"))]


def _parts(body: Mapping[str, object]) -> list[tuple[str, str]]:
    found = body.get("sections")
    parts = [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []
    written = []
    for part in parts:
        title = safe(part.get("title") or "", _HEADER)
        lines = [f"• {fitted(line, _LINE)}" for line in _texts(part.get("lines"))]
        written.append((title, "\n".join([f"*{title}*", *lines])))
    return written


def fitted_lines(text: str) -> str:
    """Return whole lines of *text* up to what one section holds."""
    kept: list[str] = []
    room = _PART
    for line in text.split("\n"):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*kept, "… and more; see the whole report"])
        kept.append(line)
    return "\n".join(kept)


def _texts(value: object) -> list[str]:
    return [str(text) for text in value if str(text).strip()] if isinstance(value, list | tuple) else []
