"""The workspace itself: what exists, who may speak, and the one clock and lock that everything shares."""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stopwatch.demo.slack.faults import FaultQueue
from stopwatch.demo.slack.pace import Buckets, Pace
from stopwatch.demo.slack.records import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    TEAM_ID,
    Call,
    Channel,
    Group,
    Message,
    Person,
    RefusedError,
    Violation,
)

KEPT = 10_000
KEPT_BESIDES = 500
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
"""How a PNG, a JPEG and a GIF begin."""
SCOPES = frozenset(
    {
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "usergroups:read",
        "users:read",
    }
)


@dataclass(slots=True)
class Settings:
    """Delays and windows in seconds; ``edit_window`` None lets messages be edited for ever."""

    history_lag: float = 0.0
    file_delay: float = 0.5
    trigger_seconds: float = 3.0
    edit_window: float | None = None
    groups_fail: str | None = None
    request_url: str | None = None
    signing_secret: str = "emulated-signing-secret"  # noqa: S105 - signs what this program sends to itself


@dataclass(slots=True)
class Workspace:
    """Everything in memory; whoever reads or writes holds ``lock``."""

    clock: Callable[[], float]
    pace: Pace
    seed: int = 1
    settings: Settings = field(default_factory=Settings)
    lock: threading.RLock = field(default_factory=threading.RLock)
    tokens: dict[str, str] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    channels: dict[str, Channel] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    threads: dict[tuple[str, str], list[Message]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    triggers: dict[str, tuple[float, str, bool]] = field(default_factory=dict)
    response_urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    log: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    violations: deque[Violation] = field(default_factory=lambda: deque(maxlen=KEPT))
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    faults: FaultQueue = field(init=False)
    buckets: Buckets = field(init=False)
    api_root: str = ""
    _last_ts: int = 0
    _due: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = FaultQueue(self.seed)
        self.buckets = Buckets(self.pace)
        self.people[BOT_USER] = Person(BOT_USER, "stopwatch", "Stopwatch")

    def reset(self) -> None:
        """Forget what was said, asked and ordered; who and what exists stays."""
        for kept in (self.messages, self.threads, self.files, self.views, self.triggers, self.response_urls):
            kept.clear()
        for seen in (self.log, self.violations):
            seen.clear()
        self.faults.clear()
        self._due.clear()
        self.scopes = set(SCOPES)
        self.buckets = Buckets(self.buckets.pace)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock()

    def next_ts(self) -> str:
        """An identity never given before, close to now and always later than the one before it."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, letter: str) -> str:
        """A new id in Slack's fashion."""
        return f"{letter}0{next(self.numbers):09d}"

    def object_to(self, method: str, what: str) -> None:
        """Record that *method* was used in a way Slack does not document."""
        self.violations.append(Violation(self.now(), method, what))

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do *act* once *seconds* have passed, at the next look at the workspace after that."""
        self._due.append((self.now() + seconds, next(self.numbers), act))

    def settle(self) -> None:
        """Do what has fallen due: late commits, vanishing messages, files that become visible."""
        for kept in (self.files, self.views, self.triggers, self.response_urls):
            while len(kept) > KEPT_BESIDES:
                kept.pop(next(iter(kept)))
        now = self.now()
        ripe = sorted((item for item in self._due if item[0] <= now), key=lambda item: item[:2])
        self._due = [item for item in self._due if item[0] > now]
        for _, _, act in ripe:
            act()

    def pictures(self) -> frozenset[str]:
        """The ids of the files that blocks may show: completed, looked through, and pictures."""
        now = self.now()
        ready = (held for held in self.files.values() if held["ready_at"] is not None and held["ready_at"] <= now)
        return frozenset(held["id"] for held in ready if held["content"].startswith(PICTURES))

    def channel(self, name: str, *, by_name: bool) -> Channel:
        """
        The channel with the id *name*, or called so when *by_name* allows it.

        Raises:
            RefusedError: channel_not_found.

        """
        found = self.channels.get(name)
        if found is None and by_name:
            wanted = name.removeprefix("#")
            found = next((item for item in self.channels.values() if item.name == wanted), None)
        if found is None:
            raise RefusedError("channel_not_found")
        return found

    def find(self, channel: str, ts: str) -> Message | None:
        """The message people can see under this identity."""
        found = self.messages.get(channel, {}).get(ts)
        return found if found is not None and found.there else None

    def add(self, message: Message) -> None:
        """Keep *message*; the oldest goes when there are too many."""
        held = self.messages.setdefault(message.channel, {})
        held[message.ts] = message
        if message.thread_ts is not None and message.thread_ts != message.ts:
            self.threads.setdefault((message.channel, message.thread_ts), []).append(message)
        while len(held) > KEPT:
            oldest = next(iter(held))
            del held[oldest]
            self.threads.pop((message.channel, oldest), None)

    def all_messages(self, channel: str) -> Iterator[Message]:
        """Every message of a channel ever kept, deleted and lost ones too, oldest first."""
        yield from self.messages.get(channel, {}).values()

    def replies(self, channel: str, root: str) -> list[Message]:
        """The visible replies below *root*, oldest first."""
        below = self.threads.get((channel, root), [])
        return [item for item in below if item.there and item.only_for is None]

    def as_slack(self, message: Message, *, all_metadata: bool) -> dict[str, Any]:
        """*message* as the reading methods give it back."""
        told: dict[str, Any] = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
        told["team"] = TEAM_ID
        if message.by_app:
            told |= {"bot_id": BOT_ID, "app_id": APP_ID}
        for name, value in (("blocks", message.blocks), ("attachments", message.attachments), ("files", message.files)):
            if value:
                told[name] = value
        if message.metadata is not None:
            event = {"event_type": message.metadata["event_type"]}
            told["metadata"] = message.metadata if all_metadata else event
        if message.edited_at is not None:
            told["edited"] = {"user": message.user, "ts": message.edited_at}
        if message.thread_ts is not None:
            told["thread_ts"] = message.thread_ts
        if message.broadcast:
            told["subtype"] = "thread_broadcast"
        return told | self._thread_facts(message)

    def _thread_facts(self, message: Message) -> dict[str, Any]:
        if message.thread_ts not in {None, message.ts}:
            return {}
        below = self.replies(message.channel, message.ts)
        if not below:
            return {}
        users = sorted({item.user for item in below})
        return {
            "thread_ts": message.ts,
            "reply_count": len(below),
            "reply_users": users,
            "reply_users_count": len(users),
            "latest_reply": below[-1].ts,
        }
