"""What callers of the API do, through the same commands as everybody, and once where they ask for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from stopwatch.core.errors import ActIncompleteError, KeyBusyError
from stopwatch.watch.acts.alerts import take_alerts
from stopwatch.watch.acts.commands import act_within, pause_within
from stopwatch.watch.acts.issues import IssueAsked, say_in
from stopwatch.watch.once import once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stopwatch.app.daemon import Daemon
    from stopwatch.core.acts import ActRequest
    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.once import Answer, Once
    from stopwatch.core.stop import Alert, AlertOutcome, Stop
    from stopwatch.store.records import SqlWriter

log = structlog.get_logger()

API = "api"


class _Within:
    """The acts as parts of one transaction."""

    def __init__(self, daemon: Daemon, tx: SqlWriter) -> None:
        """Act through *daemon* within *tx*."""
        self._desk = daemon.desk
        self._now = daemon.clock.now()
        self._tx = tx

    def act(self, decision: DecisionId, request: ActRequest) -> Decision:
        """Act on a decision."""
        return act_within(self._tx, self._desk, decision, request, transport=API, now=self._now)

    def pause(self, stop: Stop, *, everywhere: bool) -> tuple[Decision, bool]:
        """Declare a manual stop for exactly one of site, phase and everywhere."""
        if sum((stop.site is not None, stop.phase is not None, everywhere)) != 1:
            raise ActIncompleteError("site", "give exactly one of site, phase and all")
        return pause_within(self._tx, self._desk, stop, transport=API, now=self._now)

    def alerts(self, alerts: Sequence[Alert], *, actor: str) -> list[AlertOutcome]:
        """Take the alerts of one notification; the log tells what is ignored, for Alertmanager does not."""
        outcomes = take_alerts(self._tx, self._desk, alerts, actor=actor, now=self._now)
        for outcome in outcomes:
            if outcome.outcome == "ignored":
                log.warning("alert.ignored", fingerprint=outcome.fingerprint, detail=outcome.detail, actor=actor)
        return outcomes

    def issue(self, actor: str, place: str | None, identity: str | None, said: Mapping[str, object]) -> Logged:
        """Write down a new issue, or say what became of a known one."""
        asked = IssueAsked(actor, place, identity, said)
        return say_in(self._tx, self._desk, asked, transport=API, now=self._now)


class DaemonActs:
    """What callers do, each time in one transaction; safe to be used from any thread."""

    def __init__(self, daemon: Daemon) -> None:
        """Act through *daemon*, whose rule set may be replaced at any time."""
        self._daemon = daemon
        self._lock = threading.Lock()
        self._busy: set[tuple[str, str]] = set()

    def act(self, decision: DecisionId, request: ActRequest) -> Decision:
        """Act on a decision."""
        with self._daemon.store.writing() as tx:
            return _Within(self._daemon, tx).act(decision, request)

    def pause(self, stop: Stop, *, everywhere: bool) -> tuple[Decision, bool]:
        """Declare a manual stop for exactly one of site, phase and everywhere."""
        with self._daemon.store.writing() as tx:
            return _Within(self._daemon, tx).pause(stop, everywhere=everywhere)

    def alerts(self, alerts: Sequence[Alert], *, actor: str) -> list[AlertOutcome]:
        """Take the alerts of one notification, all or (if the records cannot be written) none."""
        with self._daemon.store.writing() as tx:
            return _Within(self._daemon, tx).alerts(alerts, actor=actor)

    def issue(self, actor: str, place: str | None, identity: str | None, said: Mapping[str, object]) -> Logged:
        """Write down a new issue, or say what became of a known one."""
        with self._daemon.store.writing() as tx:
            return _Within(self._daemon, tx).issue(actor, place, identity, said)

    def once(self, asked: Once, work: Callable[[_Within], Answer]) -> Answer:
        """Do *work* unless it was done under this key; what it writes and its answer are committed together."""
        with self._alone(asked), self._daemon.store.writing() as tx:
            return once(tx, asked, lambda: work(_Within(self._daemon, tx)), now=self._daemon.clock.now())

    @contextmanager
    def _alone(self, asked: Once) -> Iterator[None]:
        mine = (asked.caller, asked.key)
        with self._lock:
            if mine in self._busy:
                raise KeyBusyError("the first request with this idempotency key is still being answered")
            self._busy.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(mine)
