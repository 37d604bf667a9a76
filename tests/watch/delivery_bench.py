"""The sender with the real Slack client on a real emulator over HTTP, all on one clock that tests move."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from stopwatch.core.outbox import MessageKind, OutboxRow, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.demo.slack.workspace import Workspace
from stopwatch.slack.client import SlackNotifier
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import CHANNEL, act_body, item, opened, root
from tests.watch.outbox_in_memory import MemoryOutbox

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Message
    from stopwatch.watch.delivery.report import DeliveryReport

FALLBACK = "C0FALLBACK"
START = datetime(2026, 11, 21, 10, 16, 15, tzinfo=UTC)
TOKEN = "xoxb-bench"


class Bench:
    """
    Moves time in steps of a second, makes a pass at each, and adds up what the passes report.

    The emulator serves many benches, one after the other; each begins with an empty workspace.
    """

    slack: SlackEmulator

    def __init__(self) -> None:
        self.now = START
        channels = {CHANNEL: "hypercare", FALLBACK: "fallback"}
        self.slack = SlackEmulator(tokens=[TOKEN], channels=channels, pace=Pace(tiers=False), clock=self.seconds)
        self.slack.start()
        self.renew()

    def renew(self, *, fallback: str | None = None, timeout_seconds: int = 5) -> None:
        """Begin anew: an empty outbox, an empty workspace, and the time of the start."""
        self.now = START
        self.outbox = MemoryOutbox()
        self.fallback = fallback
        self.timeout_seconds = timeout_seconds
        self.reports: list[DeliveryReport] = []
        fresh = Workspace(self.seconds, Pace(tiers=False))
        with self.slack.held() as workspace:
            workspace.faults, workspace.buckets, workspace.scopes = fresh.faults, fresh.buckets, fresh.scopes
            workspace.messages, workspace.threads = {}, {}
            workspace.log.clear()
            workspace.violations.clear()
            workspace.tokens[TOKEN] = "good"
            for channel in workspace.channels.values():
                channel.archived, channel.member, channel.writable = False, True, True
        self.restart()

    def restart(self) -> None:
        """Forget everything but the outbox, as a new process would."""
        notifier = SlackNotifier(TOKEN, self.slack.api_url, now=lambda: self.now, timeout_seconds=self.timeout_seconds)
        self.sender = Sender(self.outbox, notifier, plan=DeliveryPlan(), rng=Random(7), fallback=self.fallback)

    def stop(self) -> None:
        """Stop the emulator."""
        self.slack.stop()

    def open(self, decision: Decision | None = None) -> Decision:
        """Put a decision and its card into the outbox."""
        decision = decision or opened()
        self.outbox.tell(decision, root(decision), now=self.now)
        return decision

    def act(self, decision: Decision) -> Message:
        """Put the newest act of a decision into the outbox and ask for a fresh card."""
        message = item(decision, MessageKind.ACT, str(len(decision.acts)), act_body(decision))
        self.outbox.tell(decision, message, now=self.now)
        return message

    def deliver(self) -> DeliveryReport:
        """Make one pass now."""
        self.reports.append(self.sender.deliver(self.now))
        return self.reports[-1]

    def run(self, seconds: int) -> None:
        """Make a pass now and one after every second."""
        self.deliver()
        for _ in range(seconds):
            self.now += timedelta(seconds=1)
            self.deliver()

    def trouble(self, kind: str, method: str = "chat.postMessage", **order: object) -> None:
        """Let a fault strike the next calls."""
        self.slack.fault(Fault.from_json({"kind": kind, "method": method, **order}))

    def seconds(self) -> float:
        """The same clock for the emulator."""
        return self.now.timestamp()

    def shown(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """What people can see."""
        return self.slack.messages(channel)

    def keys(self, channel: str = CHANNEL) -> Counter[str]:
        """How often each message is seen, by its key; messages without metadata by their last line."""
        return Counter(
            message["metadata"]["event_payload"]["key"] if message["metadata"] else message["text"].splitlines()[-1]
            for message in self.shown(channel)
        )

    def row(self, message: Message) -> OutboxRow:
        """The row of a message."""
        return self.outbox.table[message.key]

    def total(self, count: str) -> int:
        """One count over all passes."""
        return sum(getattr(report, count) for report in self.reports)

    def failures(self) -> Counter[tuple[str, str]]:
        """All failures over all passes."""
        return sum((Counter(report.failed) for report in self.reports), Counter())

    def all_sent(self) -> bool:
        """Whether nothing is left to be sent, and every card is up to date."""
        return all(
            row.state is OutboxState.SENT and (row.message.kind is not MessageKind.ROOT or row.delivered == row.desired)
            for row in self.outbox.rows()
        )
