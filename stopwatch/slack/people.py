"""What Slack is asked about people: it opens dialogs, tells one person something, and knows the user groups."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Delivery, Effect
from stopwatch.slack.answer import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.slack.payload import Block

FRESH = timedelta(minutes=5)
"""How long the members of a user group are taken for granted."""
NAMED = timedelta(days=1)
"""How long a name is kept; one that could not be looked up is asked for again after `FRESH`."""
QUICK_SECONDS = 2
"""A dialog must be open three seconds after the click."""


class SlackPeople:
    """
    Slack as far as single people are concerned.

    Args:
        token: The bot token.
        base_url: What precedes the method name; None is Slack itself.
        now: The time, for the age of what was looked up.

    """

    def __init__(self, token: str, base_url: str | None, *, now: Callable[[], datetime]) -> None:
        self._caller = Caller(token, base_url, timeout_seconds=QUICK_SECONDS, now=now)
        self._now = now
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[datetime, frozenset[str]]] = {}
        self._names: dict[str, tuple[datetime, str | None]] = {}

    def open(self, trigger: str, view: Block) -> Delivery:
        """Open a dialog for whoever clicked just now."""
        answer = self._caller.call("views.open", {"trigger_id": trigger, "view": view})
        return answer.failure or Delivery(Effect.SENT)

    def whisper(self, channel: str, user: str, text: str, *, thread: str | None = None) -> Delivery:
        """Tell one person something that nobody else sees; it is not kept by Slack."""
        place: dict[str, object] = {"channel": channel, "user": user, "text": text}
        answer = self._caller.call("chat.postEphemeral", place | ({"thread_ts": thread} if thread else {}))
        return answer.failure or Delivery(Effect.SENT)

    def members(self, group: str) -> frozenset[str] | None:
        """
        Return the users of a group, None if they cannot be known now.

        What was known more than five minutes ago is not used: the acts that may rely on it need no right.
        """
        with self._lock:
            known = self._groups.get(group)
        now = self._now()
        if known is not None and timedelta(0) <= now - known[0] < FRESH:
            return known[1]
        answer = self._caller.call("usergroups.users.list", {"usergroup": group}, as_form=True)
        users = answer.body.get("users")
        if answer.failure is not None or not isinstance(users, list):
            return None
        found = frozenset(user for user in users if isinstance(user, str))
        with self._lock:
            self._groups[group] = (now, found)
        return found

    def name_of(self, user: str) -> str | None:
        """Return what a person is called, None where that cannot be known now; the id then stands for the name."""
        with self._lock:
            known = self._names.get(user)
        now = self._now()
        if known is not None and timedelta(0) <= now - known[0] < (NAMED if known[1] else FRESH):
            return known[1]
        answer = self._caller.call("users.info", {"user": user}, as_form=True)
        name = _name_in(answer.body.get("user"))
        with self._lock:
            self._names[user] = (now, name)
        return name

    def replies(self, channel: str, thread: str, *, oldest: str) -> list[Mapping[str, object]] | Delivery:
        """Return the messages of a thread that are younger than *oldest*, or why they cannot be read."""
        place: dict[str, object] = {"channel": channel, "ts": thread, "oldest": oldest, "limit": 200}
        answer = self._caller.call("conversations.replies", place, as_form=True)
        if answer.failure is not None:
            return answer.failure
        messages = answer.body.get("messages")
        return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []


def _name_in(user: object) -> str | None:
    if not isinstance(user, Mapping):
        return None
    profile = user.get("profile")
    shown = profile.get("display_name") if isinstance(profile, Mapping) else None
    name = shown or user.get("real_name") or user.get("name")
    return name if isinstance(name, str) and name.strip() else None
