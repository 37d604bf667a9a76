"""What an exit gate asks of people: no live decision, no severe issue, sign-offs, a runbook, a retrospective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.change import ChangeType
from stopwatch.core.exit.check import Check, GateVerdict, minute
from stopwatch.core.issue import open_issues
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import RETROSPECTIVE
from stopwatch.core.readiness import retrospective
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import Plan

_PASS, _LACKS, _FAIL = GateVerdict.PASS, GateVerdict.NOT_PROVABLE, GateVerdict.FAIL


def people_checks(
    plan: Plan,
    phase: Phase,
    decisions: Iterable[Decision],
    entries: Sequence[Entry],
    went_live: datetime | None,
    *,
    now: datetime,
) -> list[Check]:
    """Check everything that people decide and record; *went_live* is when the first site of the phase did."""
    checks = [decision_check(plan, phase, decisions), issue_check(phase, entries)]
    if plan.change.type is not ChangeType.STANDARD:
        checks += [sign_off_check(phase, role, entries, went_live) for role in phase.exit.sign_offs]
        checks.append(runbook_check(phase, entries, went_live))
    if plan.change.type is ChangeType.EMERGENCY:
        checks.append(retrospective_check(phase, entries, now))
    return checks


def decision_check(plan: Plan, phase: Phase, decisions: Iterable[Decision]) -> Check:
    """Check that no live decision covers a site of the phase, also an overridden one."""
    live = [one for one in decisions if one.state.live and set(plan.covered(one.scope)) & set(phase.sites)]
    if not live:
        return Check("decision", _PASS, "no decision is live")
    told = ", ".join(f"{one.id} ({one.state.value})" for one in live)
    return Check("decision", _FAIL, f"live: {told}", f"end {', '.join(one.id for one in live)}", value=float(len(live)))


def issue_check(phase: Phase, entries: Iterable[Entry]) -> Check:
    """Check that no Sev1 or Sev2 is open at a site of the phase, for the phase or for all."""
    places = _places(phase)
    severe = [issue for issue in open_issues(entries) if issue.severe and issue.scope in places]
    if not severe:
        return Check("issues", _PASS, "no Sev1 or Sev2 is open", value=0.0, limit=0.0)
    told = "; ".join(f"{one.id} ({one.severity}, {one.scope}): {one.description}" for one in severe)
    wants = f"resolve {', '.join(one.id for one in severe)}, or find them less severe"
    return Check("issues", _FAIL, f"open: {told}", wants, value=float(len(severe)), limit=0.0)


def sign_off_check(phase: Phase, role: str, entries: Iterable[Entry], went_live: datetime | None) -> Check:
    """Check that *role* signed since go-live, for the phase or for each of its sites; who refuses has said no."""
    newest = _newest(_since(entries, went_live), EntryKind.SIGN_OFF, role)
    told = [one for one in newest.values() if one.scope in _places(phase)]
    wants = f"stopwatch rollout sign-off {phase.id} --role {role}"
    refused = next((one for one in told if one.body.get("ok") is False), None)
    if refused is not None:
        why = f"{role} refuses to sign off {refused.scope} ({refused.actor}): {refused.body.get('note')}"
        return Check("sign-off", _FAIL, why, f"mend it, then {wants}")
    signed = {one.scope for one in told}
    for_all = [one for one in told if one.scope not in phase.sites]
    if for_all:
        return Check("sign-off", _PASS, f"{role} signed off on {minute(for_all[-1].at)} ({for_all[-1].actor})")
    without = [site for site in phase.sites if site not in signed]
    if not without:
        return Check("sign-off", _PASS, f"{role} signed off at every site")
    place = ", ".join(without) if len(without) < len(phase.sites) else phase.id
    return Check("sign-off", _LACKS, f"{role} has not signed off {place}", wants)


def runbook_check(phase: Phase, entries: Iterable[Entry], went_live: datetime | None) -> Check:
    """Check that a runbook was recorded since go-live."""
    places = _places(phase)
    found = [one for one in _since(entries, went_live) if one.kind is EntryKind.RUNBOOK and one.scope in places]
    if found:
        return Check("runbook", _PASS, f"runbook recorded on {minute(found[-1].at)} ({found[-1].actor})")
    text = "no runbook was recorded since go-live"
    return Check("runbook", _LACKS, text, f"stopwatch rollout runbook {phase.id} --link URL --note TEXT")


def retrospective_check(phase: Phase, entries: Iterable[Entry], now: datetime) -> Check:
    """Check that people looked back on an emergency change."""
    held = retrospective(phase.id, entries, now=now)
    text = f"the retrospective of the emergency change: {held.why}"
    if held.met:
        return Check(RETROSPECTIVE, _PASS, text)
    return Check(RETROSPECTIVE, _LACKS, text, f"stopwatch rollout done {phase.id} {RETROSPECTIVE} --link URL")


def _places(phase: Phase) -> set[str]:
    """Return the scopes that speak of the phase or of a site of it; an empty one speaks of the whole rollout."""
    return {"", WIDE_ALL, phase.id, wide_scope(phase.id), *phase.sites}


def _since(entries: Iterable[Entry], went_live: datetime | None) -> list[Entry]:
    return [] if went_live is None else [one for one in entries if one.at >= went_live]


def _newest(entries: Iterable[Entry], kind: EntryKind, item: str) -> dict[str, Entry]:
    """Return by scope the newest entry of *kind* and *item*; what was taken back is told by the newest."""
    return {
        one.scope: one for one in sorted(entries, key=lambda each: each.number) if (one.kind, one.item) == (kind, item)
    }
