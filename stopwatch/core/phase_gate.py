"""The exit gate of a phase as pipelines ask for it: the newest kept judgement, and whether it still holds now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import GateVerdict, days
from stopwatch.core.gate import GateReason
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import EntryKind
from stopwatch.core.status import GateStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import PhaseId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import Plan

FRESH = timedelta(hours=24)
"""A judgement that is older opens no gate, and nobody's go or no-go rests on it."""


@dataclass(frozen=True, slots=True)
class PhaseGate:
    """
    Whether a phase may be left now.

    *judgement* is its newest entry in the ledger, None before the first; *call* the newest go or no-go that rests on
    it.
    """

    phase: PhaseId
    reasons: tuple[GateReason, ...]
    judgement: Entry | None = None
    call: Entry | None = None

    @property
    def open(self) -> bool:
        """A gate is open when nothing holds it."""
        return not self.reasons

    @property
    def verdict(self) -> GateVerdict | None:
        """What was judged last, None before the first judgement."""
        return None if self.judgement is None else GateVerdict(str(self.judgement.body["verdict"]))


def phase_gate(
    plan: Plan, phase: Phase, live: Iterable[Decision], entries: Sequence[Entry], *, now: datetime
) -> PhaseGate:
    """
    Tell whether *phase* may be left: its newest judgement passed, is fresh, nobody said no-go, and no decision is live.

    Args:
        plan: The plan, for what wide decisions cover.
        phase: A phase of it.
        live: All live decisions of the rollout.
        entries: Its judgements and calls (``judgement`` and ``go``), oldest first.
        now: The time of the question.

    """
    reasons = [
        GateReason(one.id, one.phase, f"{one.id} is live ({one.state.value}); end it and judge again")
        for one in live
        if set(plan.covered(one.scope)) & set(phase.sites)
    ]
    judgement, call = newest_judgement(entries, phase.id)
    judge_again = f"run: stopwatch gate {phase.id}"
    if judgement is None:
        return PhaseGate(phase.id, (*reasons, _reason(phase, f"{phase.id} was never judged; {judge_again}")))
    verdict = GateVerdict(str(judgement.body["verdict"]))
    if verdict is not GateVerdict.PASS:
        reasons.append(_reason(phase, str(judgement.body.get("summary"))))
        found = judgement.body.get("open")
        told = found if isinstance(found, list) else []
        reasons += [_reason(phase, _told(check)) for check in told if isinstance(check, dict)]
    if now - judgement.at > FRESH:
        old = f"the newest judgement is {days(now - judgement.at)} old, {days(FRESH)} at most"
        reasons.append(_reason(phase, f"{old}; {judge_again}"))
    if call is not None and call.body.get("go") is False:
        said = f"{call.actor} said no-go on {rfc3339(call.at)}: {call.body.get('reason')}"
        reasons.append(_reason(phase, said))
    return PhaseGate(phase.id, tuple(reasons), judgement, call)


def gate_statuses(plan: Plan, entries: Sequence[Entry]) -> tuple[GateStatus, ...]:
    """Return the newest judgement of every phase of *plan* that has one; *entries* are judgements and calls."""
    found = []
    for phase in plan.phases:
        judgement, call = newest_judgement(entries, phase.id)
        if judgement is not None:
            go = bool(call.body["go"]) if call is not None else None
            found.append(GateStatus(phase.id, GateVerdict(str(judgement.body["verdict"])), judgement.at, go))
    return tuple(found)


def newest_judgement(entries: Sequence[Entry], phase: str) -> tuple[Entry | None, Entry | None]:
    """Return the newest judgement of *phase* with the newest go or no-go that rests on it."""
    own = [one for one in entries if one.scope == phase]
    judgement = next((one for one in reversed(own) if one.kind is EntryKind.JUDGEMENT), None)
    if judgement is None:
        return None, None
    calls = [one for one in own if one.kind is EntryKind.GO and one.body.get("judgement") == judgement.number]
    return judgement, calls[-1] if calls else None


def _reason(phase: Phase, text: str) -> GateReason:
    return GateReason(None, phase.id, text)


def _told(check: dict[str, object]) -> str:
    wants = check.get("wants")
    return f"{check.get('text')}; to pass: {wants}" if wants else str(check.get("text"))
