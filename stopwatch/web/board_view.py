"""The board as it is shown: phases, their sites worst first, and for every rule its value, limit and progress."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.web.figures import figure, local, span, zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.status import OutboxStatus, RuleStatus, SiteStatus, StatusView

STATE_WORDS = {
    Reported.BREACHED: "breached",
    Reported.RECOVERING: "recovering",
    Reported.ERROR: "error",
    Reported.NO_DATA: "no data",
    Reported.PENDING: "pending",
    Reported.OK: "ok",
}
UNKNOWN = "not watched"
_FILLING = frozenset({Reported.PENDING, Reported.BREACHED, Reported.RECOVERING})
PAUSED, OVERRIDDEN = "paused", "overridden"
ORDER = (PAUSED, "breached", "recovering", OVERRIDDEN, "error", "no data", "pending", "ok", UNKNOWN)
"""Words of a site, the one that needs people most first."""


@dataclass(frozen=True, slots=True)
class RuleCell:
    """One rule at a site; *share* (0…100) is how far its window has filled, None where that says nothing."""

    rule: str
    word: str
    value: str
    limit: str
    progress: str
    share: int | None
    note: str


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site; *decision* is (id, state, since when, who acted last) of the live decision that covers it."""

    site: str
    name: str
    word: str
    decision: tuple[str, str, str, str] | None
    rules: Sequence[RuleCell]


@dataclass(frozen=True, slots=True)
class PhaseBlock:
    """One phase with its sites, those first that need people most; *counts* are (word, how many)."""

    phase: str
    rows: Sequence[SiteRow]
    counts: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Sign:
    """One fact of the daemon's own health."""

    name: str
    words: str
    good: bool


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything the board shows, as of *at*."""

    rollout: str
    at: str
    counts: Sequence[tuple[str, int]]
    signs: Sequence[Sign]
    phases: Sequence[PhaseBlock]


def board_view(
    status: StatusView, rule_set: RuleSet, live: Sequence[Decision], outbox: OutboxStatus | None, now: datetime
) -> BoardView:
    """Put together what the board shows at *now*."""
    decisions = {decision.id: decision for decision in live}
    rows: dict[str, list[SiteRow]] = {phase.id: [] for phase in rule_set.plan.phases}
    for site in status.sites:
        rows.setdefault(site.phase, []).append(_row(site, rule_set, decisions, now))
    phases = [_block(phase, sites) for phase, sites in rows.items()]
    every = [row for block in phases for row in block.rows]
    return BoardView(
        rule_set.plan.rollout,
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        _counts(every),
        _signs(status, rule_set, outbox, now),
        phases,
    )


def _block(phase: str, rows: list[SiteRow]) -> PhaseBlock:
    return PhaseBlock(phase, sorted(rows, key=lambda row: ORDER.index(row.word)), _counts(rows))


def _counts(rows: Sequence[SiteRow]) -> list[tuple[str, int]]:
    found = Counter(row.word for row in rows)
    return [(word, found[word]) for word in ORDER if found[word]]


def _row(site: SiteStatus, rule_set: RuleSet, decisions: Mapping[DecisionId, Decision], now: datetime) -> SiteRow:
    planned = rule_set.plan.sites.get(site.site)
    decision = decisions.get(site.decision) if site.decision is not None else None
    word = STATE_WORDS[site.state] if site.state is not None else UNKNOWN
    if site.paused:
        word = PAUSED
    elif decision is not None:
        word = OVERRIDDEN
    told = None
    if site.decision is not None:
        zone = zone_of(planned.timezone if planned else None)
        told = (str(site.decision), *(_decision(decision, zone, now) if decision is not None else ("live", "", "")))
    cells = [_cell(status, site, rule_set) for status in site.rules]
    return SiteRow(site.site, planned.name if planned else site.site, word, told, cells)


def _decision(decision: Decision, zone: ZoneInfo, now: datetime) -> tuple[str, str, str]:
    since = f"since {local(decision.opened_at, zone)} ({span(now - decision.opened_at)})"
    last = decision.last_act
    who = f"last: {last.act} by {last.actor}" if last is not None else "nobody has answered yet"
    return decision.state.value.replace("_", " "), since, who


def _cell(status: RuleStatus, site: SiteStatus, rule_set: RuleSet) -> RuleCell:
    rule = rule_set.rule(site.site, status.rule)
    criterion = rule.criteria[0] if rule is not None else None
    kpi = rule_set.kpis.get(criterion.kpi) if criterion is not None else None
    unit = kpi.unit.value if kpi is not None else "count"
    several = rule is not None and len(rule.criteria) > 1
    value = f"{len(rule.criteria)} conditions" if rule is not None and several else figure(status.value, unit)
    limit = ""
    if criterion is not None and status.threshold is not None:
        limit = f"{criterion.op.value} {figure(status.threshold, unit)}"
    word = STATE_WORDS[status.state]
    filled, needed = status.breaching_slots, status.required_slots
    shown = filled is not None and needed is not None and status.state in _FILLING
    return RuleCell(
        rule=status.rule,
        word=word,
        value=value,
        limit=limit,
        progress=f"{filled} of {needed}" if shown else "",
        share=min(100, round(100 * filled / needed)) if shown and filled is not None and needed else None,
        note=_note(status),
    )


def _note(status: RuleStatus) -> str:
    if status.state is Reported.NO_DATA:
        return "too few events" if status.reason is Absence.LOW_VOLUME else "no samples"
    if status.state is Reported.ERROR:
        return "cannot be evaluated"
    if status.coverage is not None and status.coverage < 1:
        return f"{figure(status.coverage, 'ratio')} of samples"
    return ""


def _signs(status: StatusView, rule_set: RuleSet, outbox: OutboxStatus | None, now: datetime) -> list[Sign]:
    steps = [rule.step for rules in rule_set.rules.values() for rule in rules]
    signs = []
    if status.last_evaluation is None:
        signs.append(Sign("evaluation", "nothing was evaluated yet", good=False))
    else:
        age = now - status.last_evaluation
        late = bool(steps) and age > 3 * min(steps)
        signs.append(Sign("last evaluation", f"{span(age)} ago", good=not late))
    if outbox is not None:
        slack = {None: "switched off", True: "up", False: "down"}[outbox.slack_up]
        signs.append(Sign("Slack", slack, good=outbox.slack_up is not False))
        waiting = sum(outbox.pending.values()) + outbox.unknown
        words = f"{waiting} waiting" if waiting else "empty"
        signs.append(Sign("messages", words, good=waiting < 10))  # noqa: PLR2004 – a burst of one decision is fewer
    signs.append(Sign("rules", f"revision {rule_set.revision[:12]}", good=True))
    return signs
