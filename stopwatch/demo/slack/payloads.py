"""Whole payloads: the blocks of a message, its metadata, and a modal view."""

import json
from collections.abc import Collection
from typing import Any

from stopwatch.demo.slack.blocks import IN_MESSAGE, IN_MODAL, check_blocks, too_long
from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.records import RefusedError, Value
from stopwatch.demo.slack.shapes import Report, flag, one_of, plain, string

MODAL = "modal"


def accept_blocks(blocks: Value, *, pictures: Collection[str] = ()) -> list[dict[str, Any]]:
    """
    Give *blocks* back if a message may carry them, which may show these *pictures*.

    Raises:
        RefusedError: invalid_blocks with every complaint, or msg_blocks_too_long.

    """
    report = Report(pictures)
    check_blocks(report, blocks, "/blocks", allowed=IN_MESSAGE, most=LIMITS["message.blocks"])
    if report.errors:
        raise RefusedError("invalid_blocks", *report.errors)
    accepted: list[dict[str, Any]] = blocks
    if too_long(accepted):
        raise RefusedError("msg_blocks_too_long")
    return accepted


def accept_metadata(metadata: Value) -> dict[str, Any] | None:
    """
    Give *metadata* back if a message may carry it; an empty object means none.

    Raises:
        RefusedError: invalid_metadata_format or metadata_too_large.

    """
    if metadata == {}:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise RefusedError("invalid_metadata_format", "[ERROR] must have event_type and event_payload")
    event_type, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(event_type, str) or not event_type or not event_type.replace("_", "").isalnum():
        raise RefusedError("invalid_metadata_format", "[ERROR] event_type must be alphanumeric")
    if not isinstance(payload, dict) or not all(_metadata_value(part, depth=0) for part in payload.values()):
        raise RefusedError("invalid_metadata_format", "[ERROR] event_payload must be an object of plain values")
    if len(json.dumps(metadata).encode()) > LIMITS["message.metadata"]:
        raise RefusedError("metadata_too_large")
    return metadata


def _metadata_value(value: Value, *, depth: int) -> bool:
    """One level of objects, or of lists of objects, below the payload; null is no value."""
    if isinstance(value, str | bool | int | float):
        return True
    if isinstance(value, dict):
        return depth == 0 and all(_metadata_value(part, depth=1) for part in value.values())
    if isinstance(value, list):
        return depth == 0 and all(_metadata_value(part, depth=0) for part in value)
    return False


def accept_view(view: Value) -> dict[str, Any]:
    """
    Give *view* back if Slack would open it as a modal.

    Raises:
        RefusedError: invalid_arguments with every complaint.

    """
    report = Report()

    def view_blocks(inner: Report, value: Value, at: str) -> None:
        if value == []:
            inner.complain("no fewer than 1 items allowed", at)
        check_blocks(inner, value, at, allowed=IN_MODAL, most=LIMITS["view.blocks"])

    report.shape(
        view,
        "/view",
        required={"type": one_of(MODAL), "title": plain(LIMITS["view.title"]), "blocks": view_blocks},
        optional={
            "submit": plain(LIMITS["view.submit"]),
            "close": plain(LIMITS["view.close"]),
            "private_metadata": string(LIMITS["view.private_metadata"], shortest=0),
            "callback_id": string(LIMITS["view.callback_id"], shortest=0),
            "external_id": string(LIMITS["view.external_id"], shortest=0),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    )
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        kinds = {block.get("type") for block in view["blocks"] if isinstance(block, dict)}
        if "input" in kinds and "submit" not in view:
            report.complain("must have a submit button when it holds input blocks", "/view")
    if report.errors:
        raise RefusedError("invalid_arguments", *report.errors)
    accepted: dict[str, Any] = view
    return accepted
