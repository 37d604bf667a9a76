"""One rule at one place: the merged keys of its mapping become the core's stop rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.checks.links import check_links
from stopwatch.config.criteria import CriterionReader
from stopwatch.config.merge import Teller
from stopwatch.config.rule_model import RuleModel
from stopwatch.config.validate import validated
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import PhaseId, RuleId
from stopwatch.core.rule import Combine, Links, StopRule
from stopwatch.core.window import Window, share_of, slots_for, slots_in

if TYPE_CHECKING:
    from datetime import timedelta

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.kpis import KpiBook
    from stopwatch.config.merge import Merged
    from stopwatch.config.rule_model import ConditionModel, SustainModel
    from stopwatch.core.rule import Criterion

MOST_SLOTS = 100_000
"""A window of more slots than this (ten weeks of minutes) is a slip of the pen."""


def build_rule(merged: Merged, book: KpiBook, found: Complaints) -> StopRule | None:
    """
    Return the rule that *merged* describes; None, with reasons in *found*, if it cannot be judged.

    *book* is what is known about KPIs.
    """
    model = validated(RuleModel, merged.node, found)
    if model is None:
        return None
    before = found.error_count
    rule = _Reader(model, Teller(merged, found), book).read()
    check_links(merged.node.get("links"), found)
    return rule if found.error_count == before else None


class _Reader:
    def __init__(self, model: RuleModel, teller: Teller, book: KpiBook) -> None:
        self._model = model
        self._teller = teller
        self._book = book

    def read(self) -> StopRule | None:
        model = self._model
        combine, criteria = self._criteria()
        if not self._check_step():
            return None
        window = self._window()
        if window is None or not criteria:
            return None
        phases = None if model.phases is None else tuple(map(PhaseId, model.phases))
        return StopRule(
            id=RuleId(model.id),
            combine=combine,
            criteria=criteria,
            window=window,
            recover_slots=self._recover_slots(window),
            step=model.step,
            eval_delay=model.eval_delay,
            stale_after=model.stale_after,
            error_after=model.error_after,
            settle=model.settle,
            severity=model.severity,
            mode=model.mode,
            links=Links(model.links.dashboard, model.links.logs, model.links.runbook, model.links.graph),
            phases=phases,
        )

    def _criteria(self) -> tuple[Combine, tuple[Criterion, ...]]:
        model = self._model
        single = [key for key in ("kpi", "op", "threshold", "volume") if getattr(model, key) is not None]
        several = [key for key in ("all", "any") if getattr(model, key) is not None]
        if len(several) > 1 or (several and single):
            clash = [*several, *single][1]
            message = f"{several[0]} and {clash} exclude each other"
            hint = "a rule has either kpi, op, threshold and volume, or all: [...], or any: [...]"
            self._teller.error("condition-form", message, hint, (clash,), (several[0],))
            return Combine.ONE, ()
        if several:
            conditions: list[ConditionModel] = getattr(model, several[0])
            return Combine(several[0]), self._many(several[0], conditions)
        return Combine.ONE, self._single()

    def _single(self) -> tuple[Criterion, ...]:
        model = self._model
        for key in ("kpi", "op", "threshold"):
            if getattr(model, key) is None:
                hint = f"add {key}: …, or conditions as all: [...] or any: [...]"
                self._teller.error("missing-key", f"the key {key!r} is missing", hint, ("id",))
        if model.kpi is None or model.op is None or model.threshold is None:
            return ()
        recover = model.recover.threshold if model.recover else None
        reader = CriterionReader(self._teller, self._book, at=(), recover_at=("recover", "threshold"))
        return (reader.read(model.kpi, model.op, model.threshold, recover, model.volume),)

    def _many(self, key: str, conditions: list[ConditionModel]) -> tuple[Criterion, ...]:
        if not conditions:
            self._teller.error("empty-list", f"{key} must have at least one condition", "add one, or remove it", (key,))
        if self._model.recover and self._model.recover.threshold is not None:
            hint = "give each condition its own recover_threshold"
            message = f"recover.threshold says nothing about the conditions of {key}"
            self._teller.error("condition-form", message, hint, ("recover", "threshold"), (key,))
        criteria = []
        for index, one in enumerate(conditions):
            at = (key, index)
            reader = CriterionReader(self._teller, self._book, at=at, recover_at=(*at, "recover_threshold"))
            criteria.append(reader.read(one.kpi, one.op, one.threshold, one.recover_threshold, one.volume))
        return tuple(criteria)

    def _check_step(self) -> bool:
        try:
            Grid(self._model.step)
        except ValueError as error:
            hint = "for example 1s, 5s, 10s, 15s, 30s, 60s, 5m"
            self._teller.error("bad-step", str(error), hint, ("step",), ("id",))
            return False
        return True

    def _window(self) -> Window | None:
        model = self._model
        slots = self._slots(model.sustain, model.step)
        if slots is None:
            return None
        n, m = slots
        extra = model.missing.extra_slots if model.extra_slots is None else model.extra_slots
        self._check_size(n, ("sustain",), ("step",))
        return Window(n=n, m=m, extra=extra, missing=model.missing, min_coverage=float(model.min_coverage))

    def _slots(self, sustain: SustainModel, step: timedelta) -> tuple[int, int] | None:
        """Return N and M, or None after a complaint."""
        given = tuple(key for key in ("for", "window", "fraction", "m", "n") if _value(sustain, key) is not None)
        if sustain.for_ is not None and given == ("for",):
            n = slots_for(sustain.for_, step)
            return n, n
        if sustain.window is not None and sustain.fraction is not None and given == ("window", "fraction"):
            try:
                n = slots_in(sustain.window, step)
            except ValueError as error:
                hint = "change the window or the step, or use {for: …}, which rounds up"
                self._teller.error("window-step", str(error), hint, ("sustain", "window"), ("step",))
                return None
            return n, share_of(sustain.fraction, n)
        if sustain.m is not None and sustain.n is not None and given == ("m", "n"):
            if sustain.m > sustain.n:
                message = f"m is {sustain.m}, more than n, {sustain.n}"
                self._teller.error("m-over-n", message, "m of the newest n slots must breach", ("sustain", "m"))
                return None
            return sustain.n, sustain.m
        said = ", ".join(given) or "nothing"
        message = f"sustain wants exactly one of for | window and fraction | m and n, not {said}"
        hint = "{for: 15m} or {window: 30m, fraction: 0.8} or {m: 12, n: 15}"
        self._teller.error("sustain-form", message, hint, ("sustain",))
        return None

    def _recover_slots(self, window: Window) -> int:
        recover = self._model.recover
        if recover is None or recover.for_ is None:
            return window.n
        slots = slots_for(recover.for_, self._model.step)
        self._check_size(slots, ("recover", "for"), ("step",))
        return slots

    def _check_size(self, slots: int, *paths: tuple[str | int, ...]) -> None:
        if slots > MOST_SLOTS:
            message = f"a window of {slots} slots; at most {MOST_SLOTS} are judged"
            self._teller.error("window-too-long", message, "shorten it, or make the step longer", *paths)


def _value(sustain: SustainModel, key: str) -> object:
    return getattr(sustain, "for_" if key == "for" else key)
