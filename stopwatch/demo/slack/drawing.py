"""Blocks of messages and modals as HTML; everything that came over the wire is escaped here or in mrkdwn."""

import html
from collections.abc import Callable, Mapping
from typing import Any

from stopwatch.demo.slack.mrkdwn import Reader, mrkdwn, plain
from stopwatch.demo.slack.records import Value

SAFE = ("https://", "http://", "mailto:")


def attribute(value: Value) -> str:
    """*value* for a quoted attribute."""
    return html.escape(str(value), quote=True)


def text(thing: Mapping[str, Any] | None, reader: Reader) -> str:
    """A text object."""
    if thing is None:
        return ""
    return plain(thing["text"]) if thing["type"] == "plain_text" else mrkdwn(thing["text"], reader)


def draw(blocks: list[dict[str, Any]], reader: Reader) -> str:
    """A list of blocks."""
    return "".join(_block(block, reader) for block in blocks)


def _block(block: Mapping[str, Any], reader: Reader) -> str:
    known = DRAWN.get(block["type"])
    return known(block, reader) if known else _wrapped(plain(str(block.get("text", ""))))


def _wrapped(inside: str, side: str = "") -> str:
    return f'<div class="section"><div class="grow">{inside}</div>{side}</div>'


def _section(block: Mapping[str, Any], reader: Reader) -> str:
    fields = "".join(f'<div class="field">{text(item, reader)}</div>' for item in block.get("fields", []))
    body = f"<div>{text(block.get('text'), reader)}</div>" if "text" in block else ""
    grid = f'<div class="fields">{fields}</div>' if fields else ""
    return _wrapped(body + grid, element(block["accessory"], reader) if "accessory" in block else "")


def _context_block(block: Mapping[str, Any], reader: Reader) -> str:
    parts = "".join(f"<span>{_context(item, reader)}</span>" for item in block["elements"])
    return f'<div class="context">{parts}</div>'


def _picture(block: Mapping[str, Any], reader: Reader) -> str:
    title = f'<div class="context">{text(block.get("title"), reader)}</div>'
    file = block.get("slack_file", {}).get("id")
    if file:
        return f"<figure>{title}{uploaded(file, block['alt_text'])}</figure>"
    return f'<figure>{title}<div class="picture">{plain(block["alt_text"])}</div></figure>'


def uploaded(file: Value, alt: Value) -> str:
    """A picture that was uploaded."""
    return f'<img src="/files/{attribute(file)}" alt="{attribute(alt)}">'


def _context(item: Mapping[str, Any], reader: Reader) -> str:
    return f"[{plain(item['alt_text'])}]" if item["type"] == "image" else text(item, reader)


def element(part: Mapping[str, Any], reader: Reader) -> str:
    """A button, a menu, or the name of an element this page does not draw."""
    kind = part["type"]
    ask = part.get("confirm")
    question = f' data-confirm="{attribute(ask["text"]["text"])}"' if ask else ""
    name = f'data-action="{attribute(part.get("action_id", ""))}"{question}'
    if kind == "button":
        style = part.get("style", "plain")
        label = text(part["text"], reader)
        if str(part.get("url", "")).startswith(SAFE):
            link = attribute(part["url"])
            return f'<a class="button {style}" {name} href="{link}" target="_blank" rel="noopener">{label}</a>'
        return f'<button type="button" class="button {style}" {name}>{label}</button>'
    if kind == "overflow":
        offered = "".join(
            f'<button type="button" {name} data-value="{attribute(item["value"])}">'
            f"{text(item['text'], reader)}</button>"
            for item in part["options"]
        )
        return f'<details class="overflow"><summary class="button plain">•••</summary><div>{offered}</div></details>'
    return f'<span class="button plain">{attribute(kind)}</span>'


def _input(block: Mapping[str, Any], reader: Reader) -> str:
    part = block["element"]
    name = f'name="{attribute(block["block_id"])}" data-kind="{attribute(part["type"])}"'
    first = attribute(part.get("initial_value", ""))
    if part["type"] in {"static_select", "radio_buttons"}:
        groups = part.get("option_groups", [])
        offered = [*part.get("options", []), *(item for group in groups for item in group["options"])]
        chosen = part.get("initial_option")
        options = "".join(
            f'<option value="{attribute(item["value"])}"{" selected" if item == chosen else ""}>'
            f"{_option(item, reader)}</option>"
            for item in offered
        )
        field = f'<select {name}><option value=""></option>{options}</select>'
    elif part["type"] == "datetimepicker":
        at = attribute(part.get("initial_date_time", ""))
        field = f'<input type="datetime-local" {name} data-at="{at}">'
    elif part["type"] == "datepicker":
        field = f'<input type="date" {name} value="{attribute(part.get("initial_date", ""))}">'
    elif part.get("multiline"):
        field = f"<textarea {name}>{first}</textarea>"
    else:
        field = f'<input type="text" {name} value="{first}">'
    hint = f'<div class="context">{text(block.get("hint"), reader)}</div>'
    optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    return f'<label class="input"><b>{text(block["label"], reader)}</b>{optional}{field}{hint}</label>'


def _option(item: Mapping[str, Any], reader: Reader) -> str:
    """The text of a menu's option, with what describes it."""
    described = f" – {text(item['description'], reader)}" if "description" in item else ""
    return f"{text(item['text'], reader)}{described}"


def _rich(parts: Value, reader: Reader) -> str:
    """The text of rich_text, without its structure."""
    if isinstance(parts, list):
        return " ".join(_rich(part, reader) for part in parts)
    if isinstance(parts, dict):
        return plain(str(parts["text"])) if "text" in parts else _rich(parts.get("elements", []), reader)
    return ""


DRAWN: Mapping[str, Callable[[Mapping[str, Any], Reader], str]] = {
    "section": _section,
    "header": lambda block, reader: f'<div class="header">{text(block["text"], reader)}</div>',
    "divider": lambda _block, _reader: "<hr>",
    "context": _context_block,
    "actions": lambda block, reader: (
        f'<div class="actions">{"".join(element(item, reader) for item in block["elements"])}</div>'
    ),
    "image": _picture,
    "input": _input,
    "rich_text": lambda block, reader: _wrapped(_rich(block["elements"], reader)),
}
