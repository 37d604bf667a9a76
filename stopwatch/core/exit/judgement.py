"""The exit gate of a phase: pass, fail or not provable, with the numbers, the reasons and what is missing to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import Check, GateVerdict, days, minute, worst
from stopwatch.core.exit.people import people_checks
from stopwatch.core.exit.rules import blind_check, rule_checks, unjudged_check, window_check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.before_after import SiteFigures
    from stopwatch.core.decision import Decision
    from stopwatch.core.exit.check import KpiOver, RuleOver
    from stopwatch.core.exit.observation import SiteWindow
    from stopwatch.core.exit.rules import Span
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.records import Unjudged
    from stopwatch.core.rollout import Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """
    Everything an exit gate is judged by.

    *rules* and *kpis* hold one entry per site; *told* the spans for which a site was recorded as blind. *figures* say
    what the KPIs were like over the windows; nothing is judged by them, reports hold them against the baselines.
    """

    windows: tuple[SiteWindow, ...]
    rules: tuple[RuleOver, ...] = ()
    kpis: tuple[KpiOver, ...] = ()
    decisions: tuple[Decision, ...] = ()
    entries: tuple[Entry, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    told: tuple[tuple[SiteId, Span], ...] = ()
    figures: tuple[SiteFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a phase at a time, with every check in the order in which it was made."""

    phase: PhaseId
    at: datetime
    verdict: GateVerdict
    summary: str
    checks: tuple[Check, ...]
    seen: Seen

    @property
    def open_checks(self) -> tuple[Check, ...]:
        """The checks that did not pass: what is bad first, then what is missing."""
        found = [check for check in self.checks if check.verdict is not GateVerdict.PASS]
        return tuple(sorted(found, key=lambda check: check.verdict is not GateVerdict.FAIL))


def judge(plan: Plan, phase: Phase, seen: Seen, *, at: datetime) -> Judgement:
    """Judge the exit of *phase* by what was *seen* of it."""
    checks: list[Check] = []
    volumes = {(over.site, over.kpi): over.volume for over in seen.kpis}
    for window in seen.windows:
        checks.append(window_check(window, phase.observation))
        if window.start is None:
            continue
        rules = [over for over in seen.rules if over.site == window.site]
        if not any(not over.observed for over in rules):
            checks.append(_without_rules(window.site))
        for over in rules:
            checks += rule_checks(over, _least([volumes.get((over.site, kpi)) for kpi in over.kpis]), phase.exit)
        told = [span for site, span in seen.told if site == window.site]
        checks.append(blind_check(window, rules, told, phase.exit))
        checks.append(unjudged_check(window, seen.unjudged))
    lives = [window.went_live for window in seen.windows if window.went_live is not None]
    went_live = min(lives, default=None)
    checks += people_checks(plan, phase, seen.decisions, seen.entries, went_live, now=at)
    verdict = worst(checks)
    return Judgement(phase.id, at, verdict, _summary(phase, seen, checks, verdict), tuple(checks), seen)


def _without_rules(site: SiteId) -> Check:
    text = f"no enforced rule watches {site}"
    return Check("rules", GateVerdict.NOT_PROVABLE, text, "give it a stop rule that is not of mode observe", site)


def _least(volumes: Sequence[float | None]) -> float | None:
    """Return the smallest known volume; a rule is as well founded as the thinnest of its KPIs."""
    known = [volume for volume in volumes if volume is not None]
    return min(known) if known and len(known) == len(volumes) else None


def _summary(phase: Phase, seen: Seen, checks: Sequence[Check], verdict: GateVerdict) -> str:
    bad = sum(check.verdict is GateVerdict.FAIL for check in checks)
    lacking = sum(check.verdict is GateVerdict.NOT_PROVABLE for check in checks)
    sites = _many(len(seen.windows), "site")
    if verdict is GateVerdict.PASS:
        rules = _many(len({over.rule for over in seen.rules if not over.observed}), "rule")
        end = max(window.end for window in seen.windows)
        return f"{phase.id} passes: {rules} at {sites} held for {days(phase.observation)} up to {minute(end)}"
    unproven = f"{_many(lacking, 'demand')} cannot be proven"
    if verdict is GateVerdict.FAIL:
        unmet = f"{_many(bad, 'demand')} {'is' if bad == 1 else 'are'} not met"
        return f"{phase.id} fails: {unmet}" + (f", and {unproven}" if lacking else "")
    return f"{phase.id} is not provable: nothing bad is known, but {unproven}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
