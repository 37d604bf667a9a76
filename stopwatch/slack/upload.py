"""A chart becomes a file at Slack that nobody sees yet: asked for a place, uploaded, completed without a channel."""

from __future__ import annotations

import http.client
import json
import urllib.request
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

from stopwatch.core.outbox import Delivery, Effect
from stopwatch.slack.text import clip

if TYPE_CHECKING:
    from stopwatch.slack.answer import Caller

PLACE, PUT, COMPLETE = "files.getUploadURLExternal", "upload", "files.completeUploadExternal"
"""The three steps; the bytes go to an address that is no method."""
TITLE_MOST = 150
_FILE_NAME = "stopwatch-evidence.png"
_OK = 200
_READ = 1000
_NO_FILES = frozenset(
    {
        "access_denied",
        "file_not_found",
        "file_type_not_allowed",
        "file_upload_size_restricted",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "malware_detected",
        "method_deprecated",
        "missing_scope",
        "not_allowed_token_type",
        "storage_limit_reached",
        "unknown_method",
    }
)
"""What refuses files and says nothing about messages: the chart is told in words instead."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as *png*, with its *title* and, in *words*, the same numbers for who cannot see it."""

    png: bytes
    title: str
    words: str


def upload(caller: Caller, picture: Picture, *, timeout: float) -> str | Delivery:
    """
    Return the id of a file that holds *picture*, or why there is none and in which step it failed.

    The file is shared with nobody, so that an upload which is made twice, or whose end is unknown, shows nothing twice:
    whatever fails here was not sent.
    """
    asked = {"filename": _FILE_NAME, "length": len(picture.png)}
    place = caller.call(PLACE, asked, as_form=True)
    if place.failure is not None:
        return _unsent(place.failure, PLACE)
    address, file = place.body.get("upload_url"), place.body.get("file_id")
    if not isinstance(address, str) or not address.startswith(("https://", "http://")) or not isinstance(file, str):
        return Delivery(Effect.NOT_READY, "unreadable_answer", step=PLACE)
    code = _put(address, picture.png, timeout)
    if code is not None:
        return Delivery(Effect.NOT_READY, code, step=PUT)
    named = json.dumps([{"id": file, "title": clip(picture.title, TITLE_MOST)}])
    done = caller.call(COMPLETE, {"files": named}, as_form=True)
    return _unsent(done.failure, COMPLETE) if done.failure is not None else file


def _put(address: str, content: bytes, timeout: float) -> str | None:
    """Send the bytes to the address that Slack gave, without any credentials; None if it took them, else a code."""
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(address, data=content, headers=headers, method="POST")  # noqa: S310 – checked above
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 – as above
            answer.read(_READ)
            status = answer.status
    except HTTPError as error:
        error.close()
        status = error.code
    except (URLError, OSError, http.client.HTTPException, ValueError):
        return "upload_failed"
    return None if status == _OK else f"upload_http_{status}"


def _unsent(failure: Delivery, step: str) -> Delivery:
    effect = failure.effect
    if failure.code in _NO_FILES or effect in {Effect.BAD_DESTINATION, Effect.GONE}:
        # There is no destination yet that could refuse us.
        effect = Effect.BAD_FORMAT
    elif effect is Effect.AMBIGUOUS:
        # Slack answers messages while it cannot place files only if the first step got through.
        effect = Effect.NOT_SENT if step == PLACE else Effect.NOT_READY
    return replace(failure, effect=effect, step=step)
