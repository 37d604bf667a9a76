"""The daemon: takes up the watch, ticks it, and swaps the whole rule set on reload."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.board import Board
from stopwatch.app.building import channel_of, load, sources_of
from stopwatch.app.introductions import Introductions
from stopwatch.app.leading import Leading
from stopwatch.app.measuring import expect, measure
from stopwatch.app.saying import say
from stopwatch.app.settling import Laid, Terms, lay_out
from stopwatch.app.troubles import Troubles
from stopwatch.config.load import fingerprint
from stopwatch.core.errors import ConfigurationError, StoreError
from stopwatch.core.reading import Origin
from stopwatch.watch.acts.commands import Desk
from stopwatch.watch.rollout.activating import next_go_live
from stopwatch.watch.rollout.rollback import RollbackWatch
from stopwatch.watch.rollout.verifying import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.app.clock import Clock
    from stopwatch.config.settings import Settings
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.status import StatusView
    from stopwatch.prometheus.client import PrometheusSource
    from stopwatch.store.sql import SqlStore
    from stopwatch.telemetry.metrics import Metrics
    from stopwatch.watch.evaluation.tick import SourceWatch

log = structlog.get_logger()

SLOWEST_PULSE = 5.0
FASTEST_PULSE = 0.25
PULSES = 4


class Daemon:
    """Everything that evaluates; one instance per process, its methods are called from the scheduler's threads."""

    def __init__(
        self, settings: Settings, store: SqlStore, clock: Clock, metrics: Metrics, leading: Leading | None = None
    ) -> None:
        """
        Load the rule set and take up the watch where the records left it; without *leading* it leads for ever.

        *store* is for reading and for what people do; what the daemon writes by itself goes through *led*.

        Raises:
            ConfigurationError: The rule folder or a source cannot be used.
            StoreError: The records could not be read.

        """
        self.settings = settings
        self.store = store
        self.clock = clock
        self.metrics = metrics
        self.leading = leading or Leading(None, term=settings.lease, monotonic=clock.monotonic)
        self.led = store.under(self.leading.fence)
        self.tried = fingerprint(settings.config)
        self.rule_set = load(settings.config)
        self._sources: dict[str, PrometheusSource] = sources_of(self.rule_set, settings, clock)
        self._watches: dict[str, SourceWatch] = {}
        self._introductions = Introductions(clock)
        self.troubles = Troubles(self._refusal)
        self._rollbacks = RollbackWatch()
        self._locks = {name: threading.Lock() for name in self._sources}
        self._swap = threading.RLock()
        self.laid = Laid(None, 0.0, {}, None)
        self.verifying = True
        self.board = Board(store.recall, metrics)
        self.looked = False
        self._take_up(self.rule_set, self._sources)
        self.note()

    # ------------------------------------------------------------------------------------------------------ the watch

    @property
    def source_names(self) -> list[str]:
        """The sources that are ticked."""
        return list(self._sources)

    @property
    def watches(self) -> list[SourceWatch]:
        """What is watched at each source."""
        return list(self._watches.values())

    @property
    def pulse_seconds(self) -> float:
        """How often to tick: some times per smallest step and lease, so that a slot is judged soon after it may be."""
        renewed = self.settings.lease.total_seconds() / PULSES
        return min(SLOWEST_PULSE, renewed, max(FASTEST_PULSE, self._steps[0] / PULSES))

    def _refusal(self) -> str | None:
        """Return what keeps things from being recorded; a follower, who seldom writes, learns it from the lease."""
        return self.leading.trouble if self.leading.epoch is None else self.store.refusal

    @property
    def desk(self) -> Desk:
        """Where acts of people are taken, on any replica."""
        return Desk(self.store, self.rule_set, channel_of(self.rule_set, self.settings))

    @property
    def led_desk(self) -> Desk:
        """Where the leader alone acts."""
        return replace(self.desk, store=self.led.recall)

    def _take_up(self, rule_set: RuleSet, sources: dict[str, PrometheusSource]) -> None:
        """
        Lay out the watch anew from the records, or change nothing at all; the caller holds every lock.

        A replica that follows writes nothing, and ticks nothing of what it lays out: it shows it.
        """
        now, channel = self.clock.now(), channel_of(rule_set, self.settings)
        with self.leading.working() as epoch:
            terms = Terms(channel, self.settings.catch_up, self._origin, leads=epoch is not None)
            activations, watches = lay_out(self.led, rule_set, sources, terms, now=now)
        # Whatever may fail has been done by now.
        before, coming = self.laid.activations, next_go_live(rule_set.plan, activations, now)
        self.laid = Laid(epoch, self.clock.monotonic(), activations, coming)
        if epoch is None:
            self.board.evaluated_at = None
            self.troubles.forget()
        for live in set(activations.values()) - set(before.values()) if self._watches else ():
            log.info("site.went_live", site=live.site, at=live.at, version=live.version, actor=live.actor)
        for watch in self._watches.values():
            watch.close()
        self.rule_set, self._sources = rule_set, sources
        self._steps = _steps(rule_set)
        self._watches = {watch.name: watch for watch in watches}
        expect(self.metrics, watches)

    def lay_out_anew(self) -> None:
        """
        Take up the watch from the records as they stand now, by the rules in force.

        Raises:
            StoreError: The records could not be read or written; nothing changed.

        """
        with self._swap:
            self._locked(lambda: self._take_up(self.rule_set, self._sources))

    def wants_tick(self, source: str) -> bool:
        """Tell whether a tick would find a slot that is due at *source*, or roll-backs that are being verified."""
        watch = self._watches.get(source)
        if watch is None or self.leading.epoch is None:
            return False
        return not self.looked or self.verifying or watch.is_due(self.clock.now())

    def tick(self, source: str) -> None:
        """
        Evaluate what is due at one source.

        Raises:
            StoreError: The records could not be read at all.

        """
        with self._locks[source], self.leading.working() as epoch:
            watch = self._watches.get(source)
            if watch is None or epoch is None or epoch != self.laid.epoch:  # it left, or who leads has changed
                return
            self._introductions.time(self._sources[source])
            began = self.clock.mark()
            reports, changed = evaluate(self.led_desk, self._rollbacks, watch, self._sources, self.clock.now())
            seconds = self.clock.monotonic() - began.monotonic
        self.looked = True
        for decision in changed:
            log.info("decision.changed", decision=decision.id, state=decision.state, rev=decision.rev)
        told = [report for report in reports if report.reads.outcomes or report.committed.slots or report.failures]
        for report in told:
            if report.reads.skew is not None:
                self.clock.observe(report.reads.skew, since=began)
            if self.troubles.note(report, at=self.clock.monotonic(), over_after=2 * self._steps[1]):
                self.board.evaluated_at = report.at
            measure(self.metrics, report, seconds)
            say(report, seconds)
        if told or changed:
            self.note()

    def _origin(self, source: str) -> Origin:
        known = self._sources.get(source)
        return known.origin if known is not None else Origin()

    def wants_versions(self) -> bool:
        """Tell whether a source may be asked for its version."""
        return bool(self._introductions.unversioned(list(self._sources.values())))

    def learn_versions(self) -> None:
        """Ask sources that have not told their version yet."""
        self._introductions.versions(list(self._sources.values()))

    def _locked(self, work: Callable[[], None]) -> None:
        """Do *work* while no source is ticking."""
        with ExitStack() as held:
            for lock in list(self._locks.values()):
                held.enter_context(lock)
            work()

    # ---------------------------------------------------------------------------------------------------- the picture

    def note(self) -> None:
        """
        Take down how everything stands, for the next picture.

        Raises:
            StoreError: The records could not be read.

        """
        self.board.note(self.rule_set, list(self._watches.values()), self.clock.now())

    def status(self) -> StatusView:
        """Return the newest picture with the decisions as they stand at this moment."""
        return self.board.status(self.rule_set)

    def audit_head(self) -> str:
        """Return the newest hash of the audit chain."""
        with self.store.reading() as view:
            return view.audit_head()

    # ----------------------------------------------------------------------------------------------------- the files

    def reload(self, *, by: str) -> None:
        """
        Read the rule folder anew: all of it, or none; *by* says in the log who asked for it.

        Raises:
            ConfigurationError: It cannot be used; the previous rule set stays in force.
            StoreError: The records could not be read or written; the previous rule set stays in force.

        """
        with self._swap:
            self.tried = fingerprint(self.settings.config)
            try:
                rule_set = load(self.settings.config)
                self._replace(rule_set, sources_of(rule_set, self.settings, self.clock))
            except (ConfigurationError, StoreError) as error:
                self.metrics.observe_reload(good=False, at=self.clock.now())
                log.warning("config.refused", by=by, detail=str(error))
                raise
            with suppress(StoreError):  # the new files are in force; the next pulse draws them
                self.note()
            self.metrics.observe_reload(good=True, at=self.clock.now())
            log.info("config.reloaded", by=by, revision=rule_set.revision, sites=len(rule_set.plan.sites))

    def _replace(self, rule_set: RuleSet, sources: dict[str, PrometheusSource]) -> None:
        for name in sources:
            self._locks.setdefault(name, threading.Lock())
        replaced = self._sources
        try:
            self._locked(lambda: self._take_up(rule_set, sources))
        except BaseException:
            replaced = sources
            raise
        finally:
            for source in replaced.values():
                source.close()

    def close(self) -> None:
        """Let go of threads and connections."""
        for watch in self._watches.values():
            watch.close()
        for source in self._sources.values():
            source.close()


def _steps(rule_set: RuleSet) -> tuple[float, float]:
    """Return the smallest and the largest step of any rule, in seconds."""
    steps = {rule.step.total_seconds() for rules in rule_set.rules.values() for rule in rules} or {60.0}
    return min(steps), max(steps)
