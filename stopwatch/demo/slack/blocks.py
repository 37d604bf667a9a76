"""Block Kit blocks: structure and limits of what a message or a view may hold, and what Slack adds to it."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from stopwatch.demo.slack.elements import IN_ACTIONS, IN_SECTION, INPUTS, element
from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.records import Value
from stopwatch.demo.slack.shapes import (
    Check,
    Report,
    anything,
    flag,
    items,
    plain,
    slack_file,
    string,
    text_object,
    url,
)


def _context_part(report: Report, value: Value, at: str) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        element(frozenset({"image"}))(report, value, at)
    else:
        text_object()(report, value, at)


# type -> (required, optional) members besides "type" and "block_id"
BLOCKS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "section": (
        {},
        {
            "text": text_object(longest=LIMITS["section.text"]),
            "fields": items(text_object(longest=LIMITS["section.field"]), most=LIMITS["section.fields"]),
            "accessory": element(IN_SECTION),
            "expand": flag,
        },
    ),
    "header": ({"text": plain(LIMITS["header.text"])}, {}),
    "divider": ({}, {}),
    "context": ({"elements": items(_context_part, most=LIMITS["context.elements"])}, {}),
    "actions": ({"elements": items(element(IN_ACTIONS), most=LIMITS["actions.elements"])}, {}),
    "image": (
        {"alt_text": string(LIMITS["image.alt_text"])},
        {
            "image_url": url(LIMITS["image.image_url"]),
            "slack_file": slack_file,
            "title": plain(LIMITS["image.title"]),
        },
    ),
    "input": (
        {"label": plain(LIMITS["input.label"]), "element": element(INPUTS)},
        {"hint": plain(LIMITS["input.hint"]), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": ({"elements": items(anything, most=1_000)}, {}),
    "markdown": ({"text": string(LIMITS["markdown.text"])}, {}),
}

IN_MESSAGE = frozenset(BLOCKS)
IN_MODAL = frozenset(BLOCKS) - {"markdown"}


def check_blocks(report: Report, blocks: Value, at: str, *, allowed: frozenset[str], most: int) -> None:
    """Complain about everything in *blocks* (a list at the JSON pointer *at*) that Slack would refuse."""
    items(_block(allowed), most=most, least=0)(report, blocks, at)
    if not isinstance(blocks, list):
        return
    seen_blocks: set[str] = set()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        name = block.get("block_id")
        if isinstance(name, str) and name in seen_blocks:
            report.complain(f"block_id {name} already exists", f"{at}/{index}/block_id")
        elif isinstance(name, str):
            seen_blocks.add(name)
        seen_actions: set[str] = set()
        for where, part in interactive(block):
            action = part.get("action_id")
            if isinstance(action, str) and action in seen_actions:
                report.complain(f"action_id {action} already exists", f"{at}/{index}/{where}/action_id")
            elif isinstance(action, str):
                seen_actions.add(action)


def _block(allowed: frozenset[str]) -> Check:
    def check(report: Report, value: Value, at: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in BLOCKS or kind not in allowed:
            report.complain(f"unsupported type: {kind}", f"{at}/type")
            return
        required, optional = BLOCKS[kind]
        named = {"block_id": string(LIMITS["block_id"]), **optional}
        report.shape(value, at, required={"type": anything, **required}, optional=named)
        if kind == "section" and "text" not in value and "fields" not in value:
            report.complain("must define either `text` or `fields`", at)
        if kind == "image" and ("image_url" in value) == ("slack_file" in value):
            report.complain("must define either `image_url` or `slack_file`", at)

    return check


def interactive(block: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements of *block* a person can act on, each with its place inside the block."""
    parts = block.get("elements")
    if block.get("type") == "actions" and isinstance(parts, list):
        yield from ((f"elements/{index}", part) for index, part in enumerate(parts) if isinstance(part, dict))
    for place in ("accessory", "element"):
        part = block.get(place)
        if isinstance(part, dict) and part.get("type") != "image":
            yield place, part


def letters(value: Value) -> int:
    """How many characters of text Slack would show for a piece of Block Kit."""
    if isinstance(value, list):
        return sum(letters(part) for part in value)
    if isinstance(value, dict):
        own = sum(len(part) for name, part in value.items() if name in {"text", "alt_text"} and isinstance(part, str))
        return own + sum(letters(part) for part in value.values() if isinstance(part, dict | list))
    return 0


def too_long(blocks: list[dict[str, Any]]) -> bool:
    """True when the blocks together are more than Slack takes in one message (``msg_blocks_too_long``)."""
    spent = letters(blocks) + LIMITS["message.blocks_budget_per_block"] * len(blocks)
    return spent > LIMITS["message.blocks_budget"]


def as_stored(blocks: list[dict[str, Any]], numbers: "itertools.count[int]") -> list[dict[str, Any]]:
    """A copy of *blocks* as Slack gives them back: with the ids and defaults it fills in."""
    stored = copy.deepcopy(blocks)
    for block in stored:
        block.setdefault("block_id", f"b{next(numbers):x}")
        for _, part in interactive(block):
            part.setdefault("action_id", f"a{next(numbers):x}")
        _fill(block)
    return stored


def _fill(value: Value) -> None:
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        if value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for part in value.values():
            _fill(part)
    elif isinstance(value, list):
        for part in value:
            _fill(part)
