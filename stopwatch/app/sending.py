"""The senders' threads: each delivers to one notifier what the outbox holds, as long as the daemon runs."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Protocol

import structlog

from stopwatch.app.building import channels_of
from stopwatch.app.fencing import attempted, ended_well
from stopwatch.app.scheduler import fenced
from stopwatch.core.errors import StoreError
from stopwatch.core.opening import DAEMON
from stopwatch.core.outbox import MessageKind
from stopwatch.core.records import AuditEntry
from stopwatch.slack.card import CardTerms
from stopwatch.slack.client import METHODS, SlackNotifier
from stopwatch.slack.people import SlackPeople
from stopwatch.watch.delivery.sending import Sender
from stopwatch.watch.escalating import SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.watch.delivery.report import DeliveryReport

log = structlog.get_logger()

PASS_SECONDS = 1.0
"""How often the outbox is looked at for what other processes wrote, and what has become due."""
REST_SECONDS = 0.1
"""How long a pass waits after something was written here, so that what is written together is sent together."""
STOP_SECONDS = 5.0
PICTURES = frozenset({MessageKind.IMAGE})
"""What a thread of its own delivers."""


class Delivering(Protocol):
    """Makes passes over the rows of one notifier."""

    def deliver(self, now: datetime, *, stopping: Callable[[], bool]) -> DeliveryReport:
        """Make one pass."""
        ...

    @property
    def refused(self) -> bool:
        """Whether the receiver refuses our credentials."""
        ...


class SenderThread:
    """Makes a pass over the outbox when something was written; one that fails is logged and followed by the next."""

    def __init__(self, daemon: Daemon, name: str, sender: Delivering) -> None:
        """Deliver to the notifier *name*, through *sender*, what *daemon* has written."""
        self.name = name
        self.up: bool | None = None
        self.broken: Mapping[str, str] = {}
        self._daemon = daemon
        self._sender = sender
        self._stop = threading.Event()
        self._woken = daemon.store.bell.listen()
        self._thread = threading.Thread(target=self._run, name=f"sender:{name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request in flight; what was claimed stays claimable."""
        self._stop.set()
        self._woken.set()
        self._thread.join(STOP_SECONDS)

    def deliver_through(self, sender: Delivering) -> None:
        """Deliver through *sender* from the next pass on."""
        self._sender = sender

    @property
    def refused(self) -> bool:
        """Whether the receiver refuses our credentials."""
        return self._sender.refused

    def troubles(self) -> list[str]:
        """Say in words what keeps messages from where they belong."""
        if self.refused:
            return [f"{self.name} refuses our credentials; its messages wait"]
        fallback = self._daemon.rule_set.plan.slack.fallback_channel if self.name == SLACK else None
        told = [
            f"{self.name} takes nothing at {channel} ({code}); "
            + (f"{fallback} is used instead" if fallback not in {None, *self.broken} else "its messages wait")
            for channel, code in self.broken.items()
        ]
        return told or ([f"{self.name} cannot be reached; its messages wait"] if self.up is False else [])

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._woken.wait(PASS_SECONDS) and self._stop.wait(REST_SECONDS):
                return
            self._woken.clear()
            # A message that cannot be made must not end all deliveries for good.
            fenced(f"deliver:{self.name}", self._deliver)

    def _deliver(self) -> None:
        leading = self._daemon.leading
        with leading.working() as epoch:
            if epoch is None:
                self.up, self.broken = None, {}
            else:
                self._pass(lambda: self._stop.is_set() or leading.epoch != epoch)

    def _pass(self, stopping: Callable[[], bool]) -> None:
        try:
            report = self._sender.deliver(self._daemon.clock.now(), stopping=stopping)
            self._audit(report)
        except StoreError as error:
            log.warning("delivery.failed", notifier=self.name, detail=str(error))
        else:
            self.up, self.broken = report.up, report.broken
            self._measure(report)

    def _audit(self, report: DeliveryReport) -> None:
        if not report.reposted:
            return
        with self._daemon.led.writing() as tx:
            for card in report.reposted:
                details = {"key": card.key, "channel": card.channel, "ts": card.ts, "code": card.code}
                at = self._daemon.clock.now()
                tx.audit(AuditEntry(at, DAEMON, DAEMON, "card.repost", card.decision, details=details))

    def _measure(self, report: DeliveryReport) -> None:
        metrics = self._daemon.metrics
        for (verb, code), count in report.failed.items():
            if self.name == SLACK:
                metrics.count_slack_error(METHODS.get(verb, verb), code, count)
            else:
                metrics.count_notifier_error(self.name, code, count)
            log.warning("delivery.refused", notifier=self.name, verb=verb, code=code, count=count)
        for reason, count in report.dead.items():
            metrics.count_dead(reason, count)
        for kind, count in report.degraded.items():
            metrics.count_degraded(kind, count)
        metrics.count_lost_found(report.lost_found)
        metrics.count_duplicates(report.duplicates_removed)
        if report.sent or (report.updated and self.name == SLACK):
            log.info("delivery.sent", notifier=self.name, sent=dict(report.sent), updated=report.updated)


def open_sender(daemon: Daemon) -> SenderThread | None:
    """Return the thread that delivers to Slack; None (said once) while Slack is off."""
    sender = slack_sender(daemon)
    if sender is None:
        log.warning("slack.off", detail="STOPWATCH_SLACK_BOT_TOKEN is not set; decisions are recorded and not posted")
        return None
    return SenderThread(daemon, SLACK, sender)


def slack_sender(daemon: Daemon) -> Sender | None:
    """Return what delivers to Slack by the plan in force, None while Slack is off."""
    settings, plan = daemon.settings, daemon.rule_set.plan
    if settings.slack_bot_token is None:
        return None
    token = settings.slack_bot_token.get_secret_value()
    notifier = SlackNotifier(
        token,
        settings.slack_base_url,
        now=daemon.clock.now,
        terms=CardTerms(
            answer_within=plan.escalation.notifier,
            undecided=plan.escalation.undecided,
            answerable=settings.slack_app_token is not None or settings.slack_signing_secret is not None,
        ),
        audit_head=daemon.audit_head,
        name_of=SlackPeople(token, settings.slack_base_url, now=daemon.clock.now).name_of,
        attempt=attempted,
    )
    return Sender(
        daemon.led,
        notifier,
        plan=plan.delivery,
        rng=random.SystemRandom(),
        fallback=plan.slack.fallback_channel,
        fence=ended_well,
        kinds=frozenset(MessageKind) - PICTURES,
    ).greeting(notifier.look, channels_of(daemon.rule_set, settings))
