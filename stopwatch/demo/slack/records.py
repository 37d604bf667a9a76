"""What a workspace remembers: messages, channels, people, groups, calls and broken promises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""Any decoded JSON value, not yet looked at."""

Json = Mapping[str, Any]
"""A decoded JSON object as it came over the wire."""

BOT_USER = "U0STOPWATCH"
BOT_ID = "B0STOPWATCH"
APP_ID = "A0STOPWATCH"
TEAM_ID = "T0WAREHOUSE"


@dataclass(slots=True)
class Message:
    """One message of a channel; ``ts`` is its identity, in seconds as text with six decimals."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    files: list[dict[str, Any]] = field(default_factory=list)
    visible_at: float = 0.0
    edited_at: str | None = None
    earlier: list[dict[str, Any]] = field(default_factory=list)
    deleted: bool = False
    lost: bool = False
    only_for: str | None = None

    @property
    def by_app(self) -> bool:
        """True for what the app under test posted."""
        return self.user == BOT_USER

    @property
    def there(self) -> bool:
        """True while people can see the message."""
        return not self.deleted and not self.lost

    @property
    def in_thread_only(self) -> bool:
        """True for a reply that was not also sent to the channel."""
        return self.thread_ts is not None and self.thread_ts != self.ts and not self.broadcast


@dataclass(slots=True)
class Channel:
    """A conversation the app may or may not be a member of."""

    id: str
    name: str
    member: bool = True
    archived: bool = False
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    tz: str = "Europe/Berlin"


@dataclass(slots=True)
class Group:
    """A user group, which plans name with an id that begins with S."""

    id: str
    handle: str
    users: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the Web API as the log shows it; ``answer`` is None when none was given."""

    at: float
    method: str
    verb: str
    args: Json
    status: int | None
    answer: Json | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A use of the API that Slack does not document."""

    at: float
    method: str
    what: str


class RefusedError(Exception):
    """
    Slack says ``ok: false``.

    Shapes:
        code: The error code, as documented for the method.
        messages: What goes to ``response_metadata.messages``.
        more: Further members of the answer, such as ``needed`` and ``provided``.

    """

    def __init__(self, code: str, *messages: str, **more: str) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages
        self.more = more

    def answer(self) -> dict[str, Any]:
        """The JSON that Slack sends."""
        said: dict[str, Any] = {"ok": False, "error": self.code, **self.more}
        if self.messages:
            said["response_metadata"] = {"messages": list(self.messages)}
        return said


class RateLimitedError(Exception):
    """Slack answers 429; ``seconds`` is what Retry-After says, a whole number of at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds
