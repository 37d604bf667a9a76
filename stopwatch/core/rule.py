"""Stop rules: as they apply to one site once overrides are merged, and as they are judged once baselines are known."""

from __future__ import annotations

import hashlib
import json
import operator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from stopwatch.core.kpi import KpiId, PhaseId, RuleId
    from stopwatch.core.window import Window


class Op(StrEnum):
    """How a value breaches: ``value op threshold``."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="

    @property
    def compare(self) -> Callable[[float, float], bool]:
        """The comparison ``compare(value, threshold)``."""
        return _COMPARE[self]

    @property
    def upward(self) -> bool:
        """Whether large values breach."""
        return self in {Op.ABOVE, Op.AT_LEAST}

    def breaching_side(self, value: Fraction | float, threshold: Fraction | float) -> bool:
        """Tell whether *value* lies strictly beyond *threshold* on the side that breaches."""
        return value > threshold if self.upward else value < threshold


_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.ABOVE: operator.gt,
    Op.AT_LEAST: operator.ge,
    Op.BELOW: operator.lt,
    Op.AT_MOST: operator.le,
}


class Combine(StrEnum):
    """How the conditions of one rule combine per slot, before sustaining."""

    ONE = "one"
    ALL = "all"
    ANY = "any"


class Severity(StrEnum):
    """``page`` mentions and escalates; ``notify`` opens and pauses quietly."""

    PAGE = "page"
    NOTIFY = "notify"


class Mode(StrEnum):
    """``observe`` keeps states, metrics and replay breaches but never becomes a ground."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Statistic(StrEnum):
    """Which frozen number of a baseline a threshold refers to."""

    MEDIAN = "median"
    P90 = "p90"


@dataclass(frozen=True, slots=True)
class BaselineThreshold:
    """A limit relative to the site's frozen baseline b: factor·b, with *bound* as floor (> and >=) or ceiling."""

    statistic: Statistic
    factor: Decimal
    bound: Decimal | None = None


Threshold = Decimal | BaselineThreshold
"""A limit as written: a number in the KPI's unit, or relative to the baseline."""


@dataclass(frozen=True, slots=True)
class AutoVolume:
    """``volume: {auto: true}``: the minimum follows from the limit."""


@dataclass(frozen=True, slots=True)
class FixedVolume:
    """``volume: {min: 50}``: fewer events than *minimum* behind a value make its slot missing."""

    minimum: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of a rule as written: ``kpi op threshold``, when it is good again, and its volume guard."""

    kpi: KpiId
    op: Op
    threshold: Threshold
    recover_threshold: Threshold | None = None
    volume: AutoVolume | FixedVolume | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Link templates of a rule; placeholders are ``{site} {label} {phase} {rule} {kpi} {from_ms}`` and so on."""

    dashboard: str | None = None
    logs: str | None = None
    runbook: str | None = None
    graph: str | None = None

    def items(self) -> list[tuple[str, str]]:
        """Return (kind, template) of the links that are given."""
        named = ("dashboard", "logs", "runbook", "graph")
        pairs = [(kind, getattr(self, kind)) for kind in named]
        return [(kind, template) for kind, template in pairs if template]


@dataclass(frozen=True, slots=True)
class StopRule:
    """A stop rule as it applies to one site: overrides merged, baselines and automatic volumes not yet resolved."""

    id: RuleId
    combine: Combine
    criteria: tuple[Criterion, ...]
    window: Window
    recover_slots: int
    step: timedelta = timedelta(seconds=60)
    eval_delay: timedelta = timedelta(seconds=60)
    stale_after: int = 5
    error_after: int = 3
    settle: timedelta = timedelta(0)
    severity: Severity = Severity.PAGE
    mode: Mode = Mode.ENFORCE
    links: Links = Links()
    phases: tuple[PhaseId, ...] | None = None

    @property
    def grid(self) -> Grid:
        """The grid whose slots the rule judges."""
        return Grid(self.step)


@dataclass(frozen=True, slots=True)
class Limit:
    """
    One condition of a resolved rule; *volume_min* is the least volume (events) that makes a value count.

    *baselines* are the frozen numbers that the limits follow from. They are kept as evidence; what is judged by are the
    limits alone, so rules with equal limits are equal.
    """

    kpi: KpiId
    op: Op
    threshold: float
    recover_threshold: float
    volume_min: float | None = None
    baselines: tuple[tuple[Statistic, float], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """A rule at one site with every number known: what the evaluator judges by and what evidence records."""

    written: StopRule
    limits: tuple[Limit, ...]
    grid: Grid = field(init=False)
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the grid and the hash of the resolved form."""
        object.__setattr__(self, "grid", self.written.grid)
        canonical = json.dumps(self.record(), sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "hash", hashlib.sha256(canonical.encode()).hexdigest())

    @property
    def id(self) -> RuleId:
        """The rule's stable identity."""
        return self.written.id

    @property
    def window(self) -> Window:
        """The sustained window."""
        return self.written.window

    @property
    def history(self) -> int:
        """How many slots back from the newest one any judgement of this rule may look."""
        rule = self.written
        return max(rule.window.reach, rule.recover_slots + rule.window.extra, rule.stale_after)

    def record(self) -> dict[str, object]:
        """Return the resolved form as JSON-able values (seconds, base units): what is hashed and kept as evidence."""
        rule, window = self.written, self.written.window
        return {
            "id": rule.id,
            "combine": rule.combine.value,
            "conditions": [
                {
                    "kpi": limit.kpi,
                    "op": limit.op.value,
                    "threshold": limit.threshold,
                    "recover_threshold": limit.recover_threshold,
                    "volume_min": limit.volume_min,
                }
                for limit in self.limits
            ],
            "n": window.n,
            "m": window.m,
            "extra_slots": window.extra,
            "missing": window.missing.value,
            "min_coverage": window.min_coverage,
            "recover_slots": rule.recover_slots,
            "step_seconds": rule.step.total_seconds(),
            "eval_delay_seconds": rule.eval_delay.total_seconds(),
            "stale_after": rule.stale_after,
            "error_after": rule.error_after,
            "settle_seconds": rule.settle.total_seconds(),
            "severity": rule.severity.value,
            "mode": rule.mode.value,
        }
