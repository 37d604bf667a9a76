"""The notifier that shows charts in the card's thread, or tells them in words where Slack takes no files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Delivery, Detail, Effect, MessageKind
from stopwatch.slack.client import SlackNotifier
from stopwatch.slack.payload import Payload, context, image, metadata
from stopwatch.slack.text import clip, safe
from stopwatch.slack.thread import small_print
from stopwatch.slack.upload import TITLE_MOST, Picture, upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Message, OutboxRow

PATIENCE = timedelta(minutes=2)
"""How long a chart may fail, by an upload or by a file that Slack still works on, before it is told in words."""
ALT_MOST = 1000
_HASH = 12
_STILL_AT_WORK = frozenset({"invalid_blocks", "invalid_slack_file"})
"""What Slack says of a file that it has not looked through yet."""
_OVER = frozenset({Effect.SENT, Effect.AMBIGUOUS, Effect.BAD_FORMAT})


class SlackPictures(SlackNotifier):
    """
    Slack as a receiver of pictures; whatever is no picture is told as `SlackNotifier` does.

    A picture is a file that is uploaded first, shared with nobody, and then a message like any other that shows it.
    What is remembered of a file under way saves an upload; to forget it does no harm.

    Args:
        token: The bot token.
        base_url: What precedes the method name; None is Slack itself.
        now: The time, for ``Retry-After`` given as a date, and for `PATIENCE`.
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
        self._now = now
        self._picture_of = picture_of
        self._timeout_seconds = timeout_seconds
        self._files: dict[str, str] = {}
        self._failing_since: dict[str, datetime] = {}

    def post(self, row: OutboxRow, decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:
        """Show a picture as a file; where that was refused, or nothing can be drawn, tell it in words."""
        if row.message.kind is not MessageKind.IMAGE:
            return super().post(row, decision, thread=thread, detail=detail)
        picture = self._picture_of(str(row.message.body.get("evidence")))
        if picture is None or detail is not Detail.FULL:
            told = replace(row, message=_in_words(row.message, picture))
            return super().post(told, decision, thread=thread, detail=detail)
        return self._patiently(row.message.key, self._show(row.message, decision, picture, thread))

    def _show(self, message: Message, decision: Decision | None, picture: Picture, thread: str | None) -> Delivery:
        file = self._files.get(message.key) or upload(self._caller, picture, timeout=self._timeout_seconds)
        if isinstance(file, Delivery):
            return file
        self._files[message.key] = file
        sent = self._send(message, partial(shown, message, decision, picture, file), thread=thread)
        return replace(sent, effect=Effect.NOT_READY) if sent.code in _STILL_AT_WORK else sent

    def _patiently(self, key: str, outcome: Delivery) -> Delivery:
        """Let a picture be not ready for a while, then ask for words."""
        if outcome.effect is Effect.NOT_READY:
            now = self._now()
            # A clock that was set back must not make it longer.
            if not timedelta() <= now - self._failing_since.setdefault(key, now) < PATIENCE:
                outcome = replace(outcome, effect=Effect.BAD_FORMAT)
        if outcome.effect in _OVER:
            self._files.pop(key, None)
            self._failing_since.pop(key, None)
        return outcome


def shown(message: Message, decision: Decision | None, picture: Picture, file: str) -> Payload:
    """Return the message that shows the uploaded *file*; whoever cannot see it reads the same numbers."""
    title = clip(picture.title, TITLE_MOST)
    evidence = safe(str(message.body.get("evidence") or "")[:_HASH], _HASH)
    small = " · ".join(part for part in (f"Evidence {evidence}", small_print(message, decision)) if part)
    blocks = (image(file, title, clip(picture.words, ALT_MOST) or title), context(small))
    return Payload(f"Evidence {evidence}: {safe(title, TITLE_MOST)}", blocks, metadata(message, message.rev))


def _in_words(message: Message, picture: Picture | None) -> Message:
    words = f"{picture.title}: {picture.words}" if picture is not None else "The evidence could not be drawn."
    return replace(message, body={**message.body, "text": words})
