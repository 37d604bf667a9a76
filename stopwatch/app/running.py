"""Running the daemon in this process: start in order, wait for a signal, stop within ten seconds."""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from stopwatch import __version__
from stopwatch.app.acting import DaemonActs
from stopwatch.app.alerting import Alerting
from stopwatch.app.chores import Chores
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.ending import Part, stop_together
from stopwatch.app.estate import DaemonEstate
from stopwatch.app.keys import keyring_of
from stopwatch.app.leading import open_leading
from stopwatch.app.listening import open_listening
from stopwatch.app.memory import give_back_memory
from stopwatch.app.notifying import open_heartbeat, open_notifiers
from stopwatch.app.pictures import open_picture_sender
from stopwatch.app.reloading import FolderWatch, Reloading
from stopwatch.app.scheduler import Pulse
from stopwatch.app.sending import open_sender
from stopwatch.app.signals import signals
from stopwatch.app.systemd import SignsOfLife, Systemd
from stopwatch.app.views import DaemonHealth, DaemonRecords
from stopwatch.store.connect import open_store
from stopwatch.store.lock import daemon_lock
from stopwatch.telemetry.logs import set_up_logs
from stopwatch.telemetry.metrics import Metrics
from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stopwatch.config.settings import Settings
    from stopwatch.store.sql import SqlStore

log = structlog.get_logger()

COLLECTED_AFTER = (20_000, 20, 20)
"""Thresholds of the collector of cycles: new containers, and collections of each younger generation."""
PLAIN_ADDRESSES = ("database_url", "prometheus_url", "alertmanager_url")
"""Settings that are secret only as far as they carry a password; a webhook's whole address is a secret."""


def run(settings: Settings) -> None:
    """
    Run the daemon until SIGTERM or SIGINT (in the main thread; elsewhere until the process ends). SIGHUP reloads.

    Raises:
        ConfigurationError: Settings or files cannot be used.
        StoreError: The database cannot be used, or another daemon works on it.

    """
    give_back_memory()
    systemd = Systemd(os.environ, Clock.monotonic)
    with ExitStack() as stack:
        stack.enter_context(_rarely_collecting())
        reloading = stack.enter_context(_serving(settings, open_store, systemd))
        wait = stack.enter_context(signals(partial(reloading.quietly, by="signal")))
        systemd.ready(f"watching {len(reloading.daemon.rule_set.plan.sites)} sites")
        wait()
        systemd.stopping()
        log.info("daemon.stopping")
    log.info("daemon.stopped")


@contextmanager
def running(settings: Settings, *, opening: Callable[[str], SqlStore] = open_store) -> Iterator[Daemon]:
    """Run the daemon as long as the block lasts, on the store that *opening* gives for the database's address."""
    with _serving(settings, opening, Systemd({}, Clock.monotonic)) as reloading:
        yield reloading.daemon


@contextmanager
def _serving(settings: Settings, opening: Callable[[str], SqlStore], systemd: Systemd) -> Iterator[Reloading]:
    set_up_logs(json=settings.log_format == "json", level=settings.log_level, secrets=secrets_of(settings))
    clock = Clock()
    keyring = keyring_of(settings)
    with ExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stack.enter_context(daemon_lock(url))
        store = opening(url)
        stack.callback(store.close)
        metrics = Metrics(version=__version__, now=clock.now)
        leading = open_leading(store, settings.lease, clock.monotonic)
        stack.callback(leading.release)
        daemon = Daemon(settings, store, clock, metrics, leading)
        stack.callback(daemon.close)
        sender, notifiers, heartbeat = open_sender(daemon), open_notifiers(daemon, stack), open_heartbeat(daemon)
        alerting = Alerting(daemon, sender, notifiers)
        chores = Chores(daemon, alerting)
        pulse = Pulse(chores.jobs(), interval_seconds=daemon.pulse_seconds, clock=clock)
        reloading = Reloading(daemon, pulse, jobs=chores.jobs, sender=sender, systemd=systemd, keyring=keyring)
        health = DaemonHealth(daemon, pulse, reloading, [each for each in (sender, *notifiers) if each is not None])
        listening = open_listening(daemon, stack)
        api = build_app(
            daemon,
            DaemonRecords(daemon),
            health,
            DaemonActs(daemon),
            version=__version__,
            keyring=keyring,
            inbound=listening.inbound,
            estate=DaemonEstate(daemon),
        )
        server = WebServer(api, host=settings.listen.host, port=settings.listen.port)
        watch = FolderWatch(settings.config, reloading) if settings.watch_config else None
        pictures = open_picture_sender(daemon)
        threads = (server, sender, pictures, *notifiers, heartbeat, *listening.threads, pulse, watch)
        parts = [part for part in (*threads, SignsOfLife(systemd, health.live)) if part is not None]
        started: list[Part] = []
        stack.callback(stop_together, started)
        for part in parts:
            part.start()
            started.append(part)
        metrics.observe_reload(good=True, at=clock.now())
        _say_started(daemon, server.address, slack=sender is not None)
        yield reloading


def _say_started(daemon: Daemon, address: str, *, slack: bool) -> None:
    plan = daemon.rule_set.plan
    log.info(
        "daemon.started",
        version=__version__,
        address=address,
        rollout=plan.rollout,
        sites=len(plan.sites),
        slack=slack,
    )


def secrets_of(settings: Settings) -> list[str]:
    """Return what must be kept out of logs: tokens and secrets whole, of addresses only the password."""
    found = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if not hasattr(value, "get_secret_value"):
            continue
        secret = value.get_secret_value()
        found.append((urlsplit(secret).password or "") if name in PLAIN_ADDRESSES else secret)
    return [secret for secret in found if secret]


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """
    Let the collector of cycles look less often while the daemon runs.

    Every answer of a source is a thousand short-lived lists that are no cycles; with Python's own thresholds they make
    the collector walk through everything that is watched, a tenth of a second at 1,000 sites, every other tick.
    """
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
