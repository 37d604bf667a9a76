"""A chart in a card's thread: asked for a place, uploaded, then shown; only the last step can be seen by anybody."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.request
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError

from stopwatch.core.outbox import Delivery, Effect
from stopwatch.slack.text import clip, safe

if TYPE_CHECKING:
    from stopwatch.core.outbox import Message
    from stopwatch.slack.answer import Caller

ALT_MOST = 1000
_TITLE = 150
_OK = 200
_READ = 1000
_NO_FILES = frozenset(
    {
        "access_denied",
        "file_not_found",
        "file_upload_size_restricted",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "malware_detected",
        "method_deprecated",
        "missing_scope",
        "not_allowed_token_type",
        "posting_to_channel_denied",
        "slack_connect_blocked_file_type",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_file_upload_sharing_blocked",
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


def file_name(key: str) -> str:
    """Return the name of the file of an outbox row; files carry no metadata, so it is looked up by this name."""
    return f"stopwatch-{hashlib.sha256(key.encode()).hexdigest()[:20]}.png"


def upload(caller: Caller, message: Message, picture: Picture, *, thread: str | None, timeout: float) -> Delivery:
    """
    Show a picture in *thread* of the message's channel.

    Slack tells no id of the message that will appear, a moment later, with the file: the outcome carries the file's id,
    and the sweep finds the message by the file's name. What fails before the last step was surely not sent.
    """
    asked = {"filename": file_name(message.key), "length": len(picture.png), "alt_txt": clip(picture.words, ALT_MOST)}
    place = caller.call("files.getUploadURLExternal", asked, as_form=True)
    if place.failure is not None:
        return _unsent(_of_files(place.failure))
    address, file = place.body.get("upload_url"), place.body.get("file_id")
    if not isinstance(address, str) or not address.startswith(("https://", "http://")) or not isinstance(file, str):
        return Delivery(Effect.NOT_SENT, "unreadable_answer")
    failure = _put(address, picture.png, timeout)
    if failure is not None:
        return failure
    title = clip(picture.title, _TITLE)
    shown: dict[str, object] = {
        "files": json.dumps([{"id": file, "title": title}]),
        "channel_id": message.channel,
        "initial_comment": f"Evidence {safe(str(message.body.get('evidence') or '')[:12], 12)}: {safe(title, _TITLE)}",
    }
    if thread is not None:
        shown["thread_ts"] = thread
    done = caller.call("files.completeUploadExternal", shown, as_form=True)
    if done.failure is not None:
        return _of_files(done.failure)
    return Delivery(Effect.SENT, ts=file, channel=message.channel)


def _put(address: str, content: bytes, timeout: float) -> Delivery | None:
    """Send the bytes to the address that Slack gave, without any credentials; None if it took them."""
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
        return Delivery(Effect.NOT_SENT, "upload_failed")
    return None if status == _OK else Delivery(Effect.NOT_SENT, f"upload_http_{status}")


def _of_files(failure: Delivery) -> Delivery:
    return replace(failure, effect=Effect.BAD_FORMAT) if failure.code in _NO_FILES else failure


def _unsent(failure: Delivery) -> Delivery:
    return replace(failure, effect=Effect.NOT_SENT) if failure.effect is Effect.AMBIGUOUS else failure
