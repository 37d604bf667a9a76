"""The picture the daemon shows: drawn after every evaluation, laid over by the decisions of the moment."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.escalation import waiting_since
from stopwatch.core.status import StatusView
from stopwatch.watch.picture import draw, overlay
from stopwatch.watch.recording import ended_by_site

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore
    from stopwatch.telemetry.metrics import Metrics
    from stopwatch.watch.tick import SourceWatch

ENDED_SHOWN = timedelta(minutes=10)
"""How long the picture remembers that a decision ended, until the rules it re-arms have folded their first new slot."""


class Board:
    """Holds the newest picture; safe to be read from any thread."""

    def __init__(self, store: SqlStore, metrics: Metrics) -> None:
        """Begin without a picture."""
        self._store = store
        self._metrics = metrics
        self._lock = threading.Lock()
        self._view = StatusView()
        self._waiting: dict[DecisionId, datetime] = {}
        self.evaluated_at: datetime | None = None

    def draw(self, rule_set: RuleSet, watches: Iterable[SourceWatch], now: datetime) -> None:
        """
        Draw anew and hand the picture to the metrics.

        Raises:
            StoreError: The records could not be read.

        """
        rollout = rule_set.plan.rollout
        with self._store.reading() as view:
            ended = ended_by_site(view, rollout, now - ENDED_SHOWN)
            live = view.decisions(rollout, live=True)
            opened = view.opened_counts(rollout)
        drawn = draw(rule_set, watches, ended, self.evaluated_at)
        with self._lock:
            self._view = overlay(drawn, rule_set.plan, live, opened)
            self._metrics.observe_status(self._view)
            self._note_answers(live)

    def status(self, rule_set: RuleSet) -> StatusView:
        """
        Return the newest picture with the decisions as they stand at this moment.

        Raises:
            StoreError: The records could not be read.

        """
        with self._store.reading() as view:
            live = view.decisions(rule_set.plan.rollout, live=True)
        with self._lock:
            return overlay(self._view, rule_set.plan, live)

    def _note_answers(self, live: list[Decision]) -> None:
        """Measure how long decisions waited that somebody has answered since the last picture."""
        now_waiting = {decision.id: since for decision in live if (since := waiting_since(decision)) is not None}
        for identity, since in self._waiting.items():
            if identity in now_waiting:
                continue
            with self._store.reading() as view:
                answered = view.decision(identity)
            acts = [acted.at for acted in answered.acts if acted.at >= since] if answered is not None else []
            if acts:
                self._metrics.observe_acknowledged(acts[0] - since)
        self._waiting = now_waiting
