"""The JSON of decisions, gates and status: one form for the HTTP API and for ``--format json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.audit import finite
from stopwatch.core.grid import rfc3339
from stopwatch.core.rollback_wire import clock_json
from stopwatch.core.state import Reported

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stopwatch.core.decision import Acted, Decision, Ground
    from stopwatch.core.gate import GateReason, SiteGate
    from stopwatch.core.phase_gate import PhaseGate
    from stopwatch.core.proof import Proof
    from stopwatch.core.status import RuleStatus, SiteStatus, StatusView

ACT_DETAILS = ("category", "until", "what", "from", "to", "ground", "grounds", "links", "evidence")
"""What of an act's details is told; the rest is what proves who asked."""


def decision_json(decision: Decision) -> dict[str, object]:
    """Write a decision with its grounds and acts; times are RFC 3339 in UTC, null where there is none."""
    return {
        "id": decision.id,
        "rollout": decision.rollout,
        "scope": decision.scope,
        "site": decision.site,
        "phase": decision.phase,
        "state": decision.state.value,
        "paused": decision.paused,
        "drill": decision.drill,
        "rev": decision.rev,
        "opened_at": rfc3339(decision.opened_at),
        "detected_late": decision.detected_late,
        "until": _time(decision.until),
        "clock": clock_json(decision.clock) if decision.clock is not None else None,
        "grounds": [_ground(ground) for ground in decision.grounds],
        "acts": [_act(act) for act in decision.acts],
    }


def evidence_json(decision: str, proofs: Iterable[Proof]) -> dict[str, object]:
    """Write what proves a decision, bundle by bundle."""
    return {
        "decision": decision,
        "bundles": [
            {
                "ground": proof.ground,
                "kind": proof.kind,
                "sha256": proof.sha256,
                "proven": not proof.findings and proof.pruned is None,
                "findings": list(proof.findings),
                "notes": list(proof.notes),
                "pruned": proof.pruned,
            }
            for proof in proofs
        ],
    }


def decisions_json(decisions: Iterable[Decision]) -> dict[str, object]:
    """Write a list of decisions in the order given."""
    return {"decisions": [decision_json(decision) for decision in decisions]}


def gate_json(gate: SiteGate) -> dict[str, object]:
    """Write a site's gate with what holds it."""
    return {"site": gate.site, "open": gate.open, "reasons": _reasons(gate.reasons)}


def phase_gate_json(gate: PhaseGate) -> dict[str, object]:
    """Write a phase's exit gate with what holds it, its newest judgement and who said go; null where there is none."""
    judgement, call = gate.judgement, gate.call
    return {
        "phase": gate.phase,
        "open": gate.open,
        "reasons": _reasons(gate.reasons),
        "judgement": None
        if judgement is None
        else {
            "number": judgement.number,
            "verdict": judgement.body["verdict"],
            "summary": judgement.body["summary"],
            "at": rfc3339(judgement.at),
            "evidence": judgement.body["evidence"],
        },
        "call": None
        if call is None
        else {
            "go": call.body["go"],
            "against": call.body["against"],
            "reason": call.body["reason"],
            "actor": call.actor,
            "at": rfc3339(call.at),
        },
    }


def _reasons(reasons: Iterable[GateReason]) -> list[dict[str, object]]:
    return [{"decision": reason.decision, "phase": reason.phase, "text": reason.text} for reason in reasons]


def status_json(view: StatusView) -> dict[str, object]:
    """Write the status of all sites; a rule without data also carries its reason."""
    return {"sites": [_site(site) for site in view.sites], "last_evaluation": _time(view.last_evaluation)}


def _site(site: SiteStatus) -> dict[str, object]:
    return {
        "site": site.site,
        "phase": site.phase,
        "state": None if site.state is None else site.state.value,
        "paused": site.paused,
        "decision": site.decision,
        "rules": [_rule(rule) for rule in site.rules],
    }


def _rule(rule: RuleStatus) -> dict[str, object]:
    written: dict[str, object] = {
        "rule": rule.rule,
        "state": rule.state.value,
        "pending_since": _time(rule.pending_since),
        "value": finite(rule.value),
        "newest_slot": _time(rule.newest_slot),
    }
    if rule.state is Reported.NO_DATA:
        written["reason"] = None if rule.reason is None else rule.reason.value
    return written


def _ground(ground: Ground) -> dict[str, object]:
    return {
        "id": ground.id,
        "kind": ground.kind.value,
        "rule": ground.rule,
        "criterion": ground.criterion,
        "opened_at": rfc3339(ground.opened_at),
        "recorded_at": rfc3339(ground.recorded_at),
        "recovered_at": _time(ground.recovered_at),
        "resolved_at": _time(ground.resolved_at),
        "evidence": ground.evidence,
        "links": [{"kind": link.kind, "url": link.url} for link in ground.links],
    }


def _act(act: Acted) -> dict[str, object]:
    return {
        "act": act.act,
        "actor": act.actor,
        "at": rfc3339(act.at),
        "reason": act.reason,
        "rev_before": act.rev_before,
        "rev_after": act.rev_after,
        "details": {name: act.details[name] for name in ACT_DETAILS if act.details.get(name) is not None},
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
