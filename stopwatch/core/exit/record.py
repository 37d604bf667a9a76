"""A judgement as JSON: everything it rests on in one document, from which it is hashed, kept and shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.exit.confidence import words
from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.exit.check import Check, KpiOver, RuleOver
    from stopwatch.core.exit.judgement import Judgement
    from stopwatch.core.exit.observation import SiteWindow
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet

KIND = "gate-judgement"


def judgement_record(judgement: Judgement, rule_set: RuleSet, phase: Phase) -> dict[str, object]:
    """Write a judgement with its terms, windows, numbers per rule, counts per KPI, checks and what people recorded."""
    seen, plan = judgement.seen, rule_set.plan
    terms = phase.exit
    return {
        "kind": KIND,
        "rollout": plan.rollout,
        "phase": judgement.phase,
        "at": rfc3339(judgement.at),
        "verdict": judgement.verdict.value,
        "summary": judgement.summary,
        "revision": rule_set.revision,
        "terms": {
            "observation_seconds": phase.observation.total_seconds(),
            "coverage": float(terms.coverage),
            "breaching": float(terms.breaching),
            "blind": float(terms.blind),
            "min_volume": None if terms.min_volume is None else float(terms.min_volume),
            "sign_offs": list(terms.sign_offs),
            "change": plan.change.type.value,
        },
        "windows": [_window(window) for window in seen.windows],
        "rules": [_rule(over, judgement) for over in seen.rules],
        "kpis": [_kpi(over) for over in seen.kpis],
        "figures": [one.record() for one in seen.figures],
        "checks": [check_record(check) for check in judgement.checks],
        "decisions": [
            {"id": one.id, "scope": one.scope, "state": one.state.value, "ended_at": _time(one.ended_at)}
            for one in seen.decisions
            if set(plan.covered(one.scope)) & set(phase.sites)
        ],
        "entries": [one.number for one in seen.entries],
    }


def check_record(check: Check) -> dict[str, object]:
    """Write one check."""
    return {
        "code": check.code,
        "verdict": check.verdict.value,
        "site": check.site,
        "rule": check.rule,
        "text": check.text,
        "wants": check.wants,
        "value": check.value,
        "limit": check.limit,
    }


def _window(window: SiteWindow) -> dict[str, object]:
    return {
        "site": window.site,
        "went_live": _time(window.went_live),
        "since": _time(window.since),
        "because": window.because,
        "start": _time(window.start),
        "end": rfc3339(window.end),
        "long_enough_at": _time(window.long_enough_at),
    }


def _rule(over: RuleOver, judgement: Judgement) -> dict[str, object]:
    verdicts = [check.verdict for check in judgement.checks if (check.site, check.rule) == (over.site, over.rule)]
    order = ["pass", "not_provable", "fail"]
    written: dict[str, object] = {
        "site": over.site,
        "rule": over.rule,
        "mode": "observe" if over.observed else "enforce",
        "verdict": max((verdict.value for verdict in verdicts), key=order.index, default=None),
        "rule_hash": over.hash,
        "kpis": list(over.kpis),
        "failure": over.failure,
    }
    tally = over.tally
    if tally is None:
        return written
    return written | {
        "first": rfc3339(tally.first),
        "last": rfc3339(tally.last),
        "step_seconds": tally.step.total_seconds(),
        "slots": tally.slots,
        "judged": tally.judged,
        "breaching": tally.breaching,
        "acquitted": tally.acquitted,
        "low_volume": tally.low_volume,
        "missing": tally.missing,
        "coverage": tally.coverage,
        "breaching_share": tally.breaching_share,
        "low_volume_share": tally.low_volume_share,
        "longest_breaching_seconds": tally.longest.total_seconds(),
        "blind_slots": len(tally.blind),
        "pauses": _pauses(over, judgement),
        "classes_sha256": tally.sha256,
        "breaches": [
            {
                "pending_since": rfc3339(one.pending_since),
                "opened_at": rfc3339(one.opened_at),
                "recovered_at": _time(one.recovered_at),
                "acquitted": one.acquitted,
            }
            for one in tally.entered
        ],
    }


def _pauses(over: RuleOver, judgement: Judgement) -> int:
    """Count the decisions that lasted into the window, with a ground of this rule at this site."""
    start = next((one.start for one in judgement.seen.windows if one.site == over.site), None)
    return sum(
        any((ground.site, ground.rule) == (over.site, over.rule) for ground in decision.grounds)
        for decision in judgement.seen.decisions
        if start is not None and (decision.ended_at is None or decision.ended_at > start)
    )


def _kpi(over: KpiOver) -> dict[str, object]:
    proof = over.proof
    return {
        "site": over.site,
        "kpi": over.kpi,
        "title": over.title,
        "volume": over.volume,
        "unproven": over.unproven,
        "proof": None
        if proof is None
        else {
            "text": words(proof),
            "lower": proof.lower,
            "upper": proof.upper,
            "failures": proof.failures,
            "attempts": proof.attempts,
            "windows": proof.windows,
            "alpha": proof.alpha,
        },
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
