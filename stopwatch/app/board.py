"""The picture the daemon shows: noted after every evaluation, drawn when somebody looks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.baseline import by_site
from stopwatch.core.escalation import waiting_since
from stopwatch.core.gauges import Gauges
from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase_gate import gate_statuses
from stopwatch.core.status import StatusView
from stopwatch.watch.evaluation.picture import draw, overlay, plain_sites
from stopwatch.watch.evaluation.recording import ended_by_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from stopwatch.core.baseline import Numbers
    from stopwatch.core.decision import Decision, DecisionId, GroundKind
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.status import GateStatus
    from stopwatch.store.recall import Recall
    from stopwatch.telemetry.metrics import Metrics
    from stopwatch.watch.evaluation.folding import Ended
    from stopwatch.watch.evaluation.sketch import Sketch
    from stopwatch.watch.evaluation.tick import SourceWatch

ENDED_SHOWN = timedelta(minutes=10)
"""How long the picture remembers that a decision ended, until the rules it re-arms have folded their first new slot."""


@dataclass(frozen=True, slots=True)
class _Records:
    """What the records and the files say of sites, as it stood at one moment."""

    rule_set: RuleSet
    live: tuple[Decision, ...]
    opened: Mapping[str, Mapping[GroundKind, int]]
    blind: frozenset[SiteId]
    gates: tuple[GateStatus, ...]
    baselines: Mapping[str, Numbers]

    def draw(self) -> StatusView:
        """Draw the sites without their rules."""
        plain = plain_sites(self.rule_set, blind=self.blind, baselines=self.baselines)
        return overlay(replace(plain, gates=self.gates), self.rule_set.plan, self.live, self.opened)


@dataclass(frozen=True, slots=True)
class _Notes:
    """Everything a picture is drawn from, as it stood at one moment."""

    records: _Records
    sketches: tuple[Sketch, ...]
    ended: Mapping[SiteId, tuple[Ended, ...]]
    evaluated_at: datetime | None


class Board:
    """
    Knows how everything stands; safe to be used from any thread.

    Ticks only take notes. The picture is drawn from the newest notes when somebody looks, once however many look: no
    tick waits for a look, no look waits for a tick or for the records. Sites are drawn anew once the records changed.
    """

    def __init__(self, store: Recall, metrics: Metrics) -> None:
        """Begin without a picture."""
        self._store = store
        self._metrics = metrics
        self._answers = threading.Lock()
        self._drawing = threading.Lock()
        self._notes: _Notes | None = None
        self._standing: tuple[_Records | None, StatusView] = (None, StatusView())
        self._gauges: tuple[_Notes | None, Gauges] = (None, Gauges())
        self._view: tuple[Gauges | None, StatusView] = (None, StatusView())
        self._waiting: dict[DecisionId, datetime] = {}
        self.evaluated_at: datetime | None = None
        self.blind: frozenset[SiteId] = frozenset()

    def note(self, rule_set: RuleSet, watches: Iterable[SourceWatch], now: datetime) -> None:
        """
        Take down what the next picture is drawn from.

        Raises:
            StoreError: The records could not be read.

        """
        rollout = rule_set.plan.rollout
        with self._store.reading() as view:
            ended = ended_by_site(view, rollout, now - ENDED_SHOWN)
            live = view.decisions(rollout, live=True)
            opened = view.opened_counts(rollout)
            recorded = view.newest_entries(rollout, EntryKind.JUDGEMENT, EntryKind.GO, EntryKind.BASELINE)
        gates = gate_statuses(rule_set.plan, recorded)
        records = _Records(rule_set, tuple(live), opened, self.blind, gates, by_site(recorded))
        notes = _Notes(records, tuple(watch.sketch for watch in watches), ended, self.evaluated_at)
        if notes != self._notes:
            self._notes = notes
        with self._answers:
            self._note_answers(live)

    def gauges(self) -> Gauges:
        """Return the picture of the newest notes as gauges show it; the same object as long as nothing changed."""
        with self._drawing:
            notes = self._notes
            if notes is not None and self._gauges[0] is not notes:
                known, standing = self._standing
                if known != notes.records:
                    standing = notes.records.draw()
                self._standing = (notes.records, standing)
                self._gauges = (notes, draw(standing, notes.sketches, notes.ended, notes.evaluated_at))
            return self._gauges[1]

    def view(self) -> StatusView:
        """Return the picture of the newest notes site by site; the same object as long as nothing changed."""
        gauges = self.gauges()
        with self._drawing:
            if self._view[0] is not gauges:
                self._view = (gauges, gauges.view())
            return self._view[1]

    def status(self, rule_set: RuleSet) -> StatusView:
        """
        Return the newest picture with the decisions as they stand at this moment.

        Raises:
            StoreError: The records could not be read.

        """
        with self._store.reading() as view:
            live = view.decisions(rule_set.plan.rollout, live=True)
        return overlay(self.view(), rule_set.plan, live)

    def page(self, *, compressed: bool = False) -> bytes:
        """Write the daemon's own metrics, with the newest picture among them."""
        self._metrics.observe_status(self.gauges())
        return self._metrics.render(compressed=compressed)

    def _note_answers(self, live: list[Decision]) -> None:
        """Measure how long decisions waited that somebody has answered since the last picture; drills are none."""
        real = [decision for decision in live if not decision.drill]
        now_waiting = {decision.id: since for decision in real if (since := waiting_since(decision)) is not None}
        for identity, since in self._waiting.items():
            if identity in now_waiting:
                continue
            with self._store.reading() as view:
                answered = view.decision(identity)
            acts = [acted.at for acted in answered.acts if acted.at >= since] if answered is not None else []
            if acts:
                self._metrics.observe_acknowledged(acts[0] - since)
        self._waiting = now_waiting
