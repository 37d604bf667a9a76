"""The second notifiers and the heartbeat: made from the settings, each with a thread of its own."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.fencing import ended_well
from stopwatch.app.sending import SenderThread
from stopwatch.core.outbox import Effect
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.notify.alertmanager import AlertmanagerReceiver
from stopwatch.notify.heartbeat import Heartbeat
from stopwatch.notify.webhook import WebhookNotifier
from stopwatch.watch.delivery.keeping import AlertKeeper
from stopwatch.watch.delivery.sending import Sender
from stopwatch.watch.escalating import ALERTMANAGER, WEBHOOK

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.app.daemon import Daemon

log = structlog.get_logger()

LOOK_SECONDS = 0.5
STOP_SECONDS = 6.0
HEARTBEAT = "heartbeat"


def open_notifiers(daemon: Daemon, stack: ExitStack) -> list[SenderThread]:
    """
    Return the threads of the second notifiers that are set; it is said once if there is none.

    Raises:
        ConfigurationError: The webhook's secret cannot be used.

    """
    settings, found = daemon.settings, list[SenderThread]()
    if settings.alertmanager_url is not None:
        receiver = AlertmanagerReceiver(
            settings.alertmanager_url.get_secret_value(), external_url=settings.external_url
        )
        stack.callback(receiver.close)
        keeper = AlertKeeper(daemon.led, receiver, rng=random.SystemRandom())
        found.append(SenderThread(daemon, ALERTMANAGER, keeper))
    if settings.webhook_url is not None:
        secret = settings.webhook_secret
        notifier = WebhookNotifier(
            settings.webhook_url.get_secret_value(),
            now=daemon.clock.now,
            secret=secret.get_secret_value() if secret is not None else None,
            external_url=settings.external_url,
        )
        stack.callback(notifier.close)
        if secret is None:
            log.warning("webhook.unsigned", detail="STOPWATCH_WEBHOOK_SECRET is not set")
        # Nothing can be looked up at a webhook, so nothing is swept.
        plan = DeliveryPlan(settle=daemon.rule_set.plan.delivery.settle, sweep=())
        sender = Sender(daemon.led, notifier, plan=plan, rng=random.SystemRandom(), name=WEBHOOK, fence=ended_well)
        found.append(SenderThread(daemon, WEBHOOK, sender))
    if not found:
        log.warning("notifier.off", detail="neither STOPWATCH_ALERTMANAGER_URL nor STOPWATCH_WEBHOOK_URL is set")
    return found


class HeartbeatThread:
    """Looks twice a second whether an evaluation has ended and asks the heartbeat's address after it."""

    def __init__(self, daemon: Daemon, heartbeat: Heartbeat) -> None:
        """Follow the evaluations of *daemon*."""
        self._daemon = daemon
        self._heartbeat = heartbeat
        self._told: datetime | None = None
        self._well = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the request in flight."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        self._heartbeat.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            evaluated = self._daemon.board.evaluated_at
            if evaluated is None or evaluated == self._told or self._daemon.leading.epoch is None:
                continue
            outcome = self._heartbeat.beat()
            if outcome is None:
                continue
            well = outcome.effect is Effect.SENT
            if well:
                self._told = evaluated
            else:
                self._daemon.metrics.count_notifier_error(HEARTBEAT, outcome.code)
            if well is not self._well:
                self._well = well
                if well:
                    log.info("heartbeat.restored")
                else:
                    log.warning("heartbeat.failed", code=outcome.code)


def open_heartbeat(daemon: Daemon) -> HeartbeatThread | None:
    """Return the thread of the heartbeat, None where no address is set."""
    url = daemon.settings.heartbeat_url
    if url is None:
        return None
    return HeartbeatThread(daemon, Heartbeat(url.get_secret_value(), monotonic=daemon.clock.monotonic))
