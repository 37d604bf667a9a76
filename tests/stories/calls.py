"""An unanswered pause on a clock that tests move: real records, a real Slack emulator, and second notifiers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Decision
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.outbox import OutboxRow
from stopwatch.core.phase import Phase
from stopwatch.core.rollout import DeliveryPlan, Plan, RuleSet, Site, SlackPlan
from stopwatch.core.stop import Stop
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.notify.webhook import WebhookNotifier
from stopwatch.slack.client import SlackNotifier
from stopwatch.store.connect import open_store
from stopwatch.watch.acts.commands import Desk, act, pause
from stopwatch.watch.delivery.keeping import AlertKeeper, AlertReceiver
from stopwatch.watch.delivery.sending import Sender
from stopwatch.watch.escalating import ALERTMANAGER, SLACK, WEBHOOK, Louder, Reach, escalate

START = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
TOKEN = "xoxb-calls"
CHANNEL = "C0HYPERCARE"
HAM = SiteId("ham-01")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLAN = Plan(
    rollout="wms-4-12",
    phases=(Phase(PhaseId("pilot"), (HAM,), timedelta(days=10)),),
    sites={HAM: Site(HAM, "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM", on_call="U0ANNA")},
    sources={},
    slack=SlackPlan(groups=("S0ONCALL", "S0MANAGERS")),
)


class Calls:
    """Everything but evaluation, in passes of some seconds."""

    def __init__(self, folder: Path, *, slack: bool = True, plan: Plan = PLAN) -> None:
        self.now = START
        self.plan = plan
        self.store = open_store(f"sqlite:///{folder}/calls.db")
        self.slack = SlackEmulator(
            tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(tiers=False), clock=self.seconds
        )
        self.slack.start()
        self.uses_slack = slack
        self.receivers: dict[str, AlertReceiver | str] = {}
        self.hooks = ExitStack()
        self.louder: list[Louder] = []
        self.restart()

    def seconds(self) -> float:
        return self.now.timestamp()

    def restart(self) -> None:
        """Forget everything that is not on disk."""
        self.senders: dict[str, Sender | AlertKeeper] = {}
        self.hooks.close()
        plan = DeliveryPlan()
        if self.uses_slack:
            notifier = SlackNotifier(TOKEN, self.slack.api_url, now=lambda: self.now, timeout_seconds=2)
            self.senders[SLACK] = Sender(self.store, notifier, plan=plan, rng=Random(3))
        for name, receiver in self.receivers.items():
            if isinstance(receiver, str):
                hook = WebhookNotifier(receiver, now=lambda: self.now, secret=SECRET, timeout_seconds=2)
                self.hooks.callback(hook.close)
                quiet = DeliveryPlan(sweep=())
                self.senders[name] = Sender(self.store, hook, plan=quiet, rng=Random(3), name=WEBHOOK)
            else:
                self.senders[name] = AlertKeeper(self.store, receiver, rng=Random(3))

    def use(self, *, alertmanager: AlertReceiver | None = None, webhook: str | None = None) -> None:
        """Add second notifiers."""
        if alertmanager is not None:
            self.receivers[ALERTMANAGER] = alertmanager
        if webhook is not None:
            self.receivers[WEBHOOK] = webhook
        self.restart()

    def stop(self) -> None:
        """Let go of everything."""
        self.hooks.close()
        self.slack.stop()
        self.store.close()

    @property
    def desk(self) -> Desk:
        return Desk(
            self.store, RuleSet(self.plan, {}, {}, "0" * 64), lambda _site: CHANNEL if self.uses_slack else None
        )

    def pause(self, criterion: str = "operational-blocker") -> Decision:
        """Declare a manual stop."""
        stop = Stop(criterion, "conveyor stands still", "cli:lena", site=HAM)
        return pause(self.desk, stop, transport="cli", now=self.now)[0]

    def act(self, decision: Decision, what: Act, *, actor: str = "slack:U0BEN", **more: Any) -> Decision:  # noqa: ANN401 – fields of a request
        """Act as a person."""
        return act(self.desk, decision.id, ActRequest(what, actor, **more), transport="slack", now=self.now)

    def look(self) -> Louder:
        """Make one pass now."""
        slack = self.senders.get(SLACK)
        reach = Reach(slack is not None and not slack.refused, tuple(self.receivers))
        louder = escalate(self.store, self.plan, reach, now=self.now)
        if louder.told or louder.withdrawn:
            self.louder.append(louder)
        for sender in self.senders.values():
            sender.deliver(self.now)
        return louder

    def run(self, *, minutes: float = 0, seconds: float = 0, every: float = 10) -> None:
        """Make passes for so long."""
        end = self.now + timedelta(minutes=minutes, seconds=seconds)
        while self.now < end:
            self.now = min(end, self.now + timedelta(seconds=every))
            self.look()

    def break_slack(self, kind: str = "error", **order: object) -> None:
        """Let every call fail from now on."""
        self.slack.fault(Fault.from_json({"kind": kind, "method": "*", "times": None, **order}))

    def mend_slack(self) -> None:
        """End all faults."""
        with self.slack.held() as workspace:
            workspace.faults.clear()

    def shown(self, kind: str) -> list[dict[str, Any]]:
        """What people see of a kind of message."""
        found: list[dict[str, Any]] = self.slack.messages(CHANNEL)
        return [message for message in found if message["metadata"]["event_payload"]["kind"] == kind]

    def rows(self, notifier: str) -> Sequence[OutboxRow]:
        """The outbox rows of a notifier."""
        return [row for row in self.store.rows() if row.message.notifier == notifier]

    def minute(self) -> float:
        """Minutes since the start."""
        return (self.now - START) / timedelta(minutes=1)
