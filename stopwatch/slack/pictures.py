"""The notifier that shows charts: as files in the card's thread, or in words where Slack takes no files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Detail, MessageKind
from stopwatch.slack.client import METHODS, SlackNotifier
from stopwatch.slack.upload import Picture, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Delivery, Message, OutboxRow
    from stopwatch.slack.payload import Payload

PICTURE_METHODS: Mapping[str, str] = {**METHODS, "post": "files.completeUploadExternal"}
"""Slack's method behind each verb, for the metric's label."""


class SlackPictures(SlackNotifier):
    """
    Slack as a receiver of pictures; whatever is no picture is told as `SlackNotifier` does.

    Args:
        token: The bot token.
        base_url: What precedes the method name; None is Slack itself.
        now: The time, for ``Retry-After`` given as a date.
        picture_of: The chart of a bundle, asked by its hash; None where it cannot be drawn.
        attempt: Renders a message and returns None instead of raising; without it whatever is raised passes.
        timeout_seconds: The longest wait for one answer.

    """

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        *,
        now: Callable[[], datetime],
        picture_of: Callable[[str], Picture | None],
        attempt: Callable[[Callable[[], Payload]], Payload | None] | None = None,
        timeout_seconds: int = 10,
    ) -> None:
        super().__init__(token, base_url, now=now, attempt=attempt, timeout_seconds=timeout_seconds)
        self._picture_of = picture_of
        self._timeout_seconds = timeout_seconds

    def post(self, row: OutboxRow, decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:
        """Show a picture as a file; where that was refused, or nothing can be drawn, tell it in words."""
        if row.message.kind is not MessageKind.IMAGE:
            return super().post(row, decision, thread=thread, detail=detail)
        picture = self._picture_of(str(row.message.body.get("evidence")))
        if picture is not None and detail is Detail.FULL:
            return upload(self._caller, row.message, picture, thread=thread, timeout=self._timeout_seconds)
        told = replace(row, message=_in_words(row.message, picture))
        return super().post(told, decision, thread=thread, detail=detail)


def _in_words(message: Message, picture: Picture | None) -> Message:
    words = f"{picture.title}: {picture.words}" if picture is not None else "The evidence could not be drawn."
    return replace(message, body={**message.body, "text": words})
