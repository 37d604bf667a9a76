"""The entry gate of a site: may it be activated now, and if not, what holds it and what would open it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.change import ChangeType
from stopwatch.core.freeze import frozen
from stopwatch.core.gate import site_gate
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.readiness import ItemState, checklist, day, newest_of
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.phase import Phase
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import Plan


class Holds(StrEnum):
    """What kind of thing holds an entry gate."""

    DECISION = "decision"
    PHASE = "phase"
    FREEZE = "freeze"
    ITEM = "item"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class EntryReason:
    """One reason why a site may not be activated, in words that say what would open its gate."""

    holds: Holds
    text: str
    decision: DecisionId | None = None
    phase: PhaseId | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class EntryGate:
    """Whether *site* may be activated, with its checklist; *type* says which of both is demanded."""

    site: SiteId
    type: ChangeType
    reasons: tuple[EntryReason, ...]
    items: tuple[ItemState, ...]

    @property
    def open(self) -> bool:
        """A gate is open when nothing holds it."""
        return not self.reasons

    @property
    def ready(self) -> bool:
        """Whether every item is met that the type of change demands."""
        return not any(reason.holds is Holds.ITEM for reason in self.reasons)

    @property
    def words(self) -> str:
        """Whether the site may be activated, in a line: ``closed: 1 of 7 items missing, 1 other reason``."""
        missing = sum(reason.holds is Holds.ITEM for reason in self.reasons)
        others = len(self.reasons) - missing
        if self.open and self.type is ChangeType.STANDARD:
            return "open; a standard change demands no items"
        if self.open and self.type is ChangeType.EMERGENCY:
            return "open; the emergency is approved; a retrospective is owed before the phase exits"
        if self.open:
            return "ready and open" if self.items else "open; its phase demands no items"
        parts = [f"{missing} of {len(self.items)} items missing"] if missing else []
        parts += [f"{others} other {'reason' if others == 1 else 'reasons'}"] if others else []
        return f"closed: {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an entry gate is judged by: live decisions, the ledger, and the newest activation of every site."""

    live: Sequence[Decision] = ()
    entries: Sequence[Entry] = ()
    activations: Mapping[SiteId, Activation] | None = None


def entry_gate(
    plan: Plan, site: SiteId, recorded: Recorded, *, now: datetime, zone: tzinfo, actor: str | None = None
) -> EntryGate:
    """
    Judge whether *site*, whose time zone is *zone*, may be activated at *now* by *actor*.

    Live decisions hold it whatever the type of change: its own pausing one, a wide stop, and any of an earlier phase. A
    normal change also needs the exits of the earlier phases, every item of the checklist, and no freeze window; a
    standard change only the last; an emergency only the approval of somebody else.
    """
    kind = plan.change.type
    items = checklist(plan, site, recorded.entries, now=now)
    reasons = [
        EntryReason(Holds.DECISION, reason.text, decision=reason.decision, phase=reason.phase)
        for reason in site_gate(plan, site, recorded.live).reasons
    ]
    if kind is ChangeType.NORMAL:
        reasons += _earlier(plan, site, recorded.entries)
        reasons += [
            EntryReason(Holds.ITEM, f"{state.item} ({state.owner or 'nobody'}): {state.why}", item=state.item)
            for state in items
            if not state.met
        ]
    if kind is ChangeType.EMERGENCY:
        reasons += _unapproved(plan, site, recorded, actor)
    else:
        reasons += _frozen(plan, site, now, zone)
    return EntryGate(site, kind, tuple(reasons), items)


def _earlier(plan: Plan, site: SiteId, entries: Sequence[Entry]) -> list[EntryReason]:
    phases = plan.phases[: plan.phase_order(plan.sites[site].phase)]
    closed = [(phase, why) for phase in phases if phase.sites and (why := exit_missing(phase, entries)) is not None]
    return [EntryReason(Holds.PHASE, why, phase=phase.id) for phase, why in closed]


def exit_missing(phase: Phase, entries: Sequence[Entry]) -> str | None:
    """
    Say why *phase* has not exited yet, None if it has.

    What counts is the newest word of a person, a go or a no-go, unless a later judgement says that the phase fails;
    without such a word a judgement that it passes is enough.
    """
    places = {phase.id, wide_scope(phase.id)}
    judged = newest_of(entries, EntryKind.JUDGEMENT, places)
    word = newest_of(entries, EntryKind.GO, places)
    verdict = str(judged.body.get("verdict")) if judged is not None else None
    if word is not None and word.body.get("go") is not True:
        why = f": {word.body['reason']}" if word.body.get("reason") else ""
        return f"phase {phase.id}: no-go by {word.actor} on {day(word.at)}{why}; a go opens: gate {phase.id} --go"
    if judged is not None and verdict == "fail" and (word is None or word.number < judged.number):
        return f"phase {phase.id} failed its exit on {day(judged.at)}; see stopwatch gate {phase.id}"
    if word is not None or verdict == "pass":
        return None
    if judged is None:
        return f"phase {phase.id} has not passed its exit; stopwatch gate {phase.id} judges it"
    told = verdict.replace("_", " ") if verdict else "not judged"
    return (
        f"the exit of phase {phase.id} was {told} on {day(judged.at)}; mend what stopwatch gate {phase.id} names, "
        f"or let somebody decide: gate {phase.id} --go --reason TEXT"
    )


def _unapproved(plan: Plan, site: SiteId, recorded: Recorded, actor: str | None) -> list[EntryReason]:
    """An emergency needs one approver who is not who activates; an approval serves one activation."""
    phase = plan.sites[site].phase
    places = {site, phase, wide_scope(phase), WIDE_ALL}
    last = (recorded.activations or {}).get(site)
    given = [
        entry
        for entry in recorded.entries
        if entry.kind is EntryKind.APPROVAL and entry.scope in places and (last is None or entry.at > last.recorded_at)
    ]
    if any(actor is None or entry.actor != actor for entry in given):
        return []
    todo = f"stopwatch rollout approve {site} --reason TEXT"
    if given:
        text = f"an emergency needs an approver besides {actor}, who activates; {todo}"
    else:
        text = f"an emergency needs an approver; {todo}"
    return [EntryReason(Holds.APPROVAL, text)]


def _frozen(plan: Plan, site: SiteId, now: datetime, zone: tzinfo) -> list[EntryReason]:
    found = frozen(plan.freezes, site, zone, now=now)
    if found is None:
        return []
    if found.opens is None:
        opens = "no opening within two years; change the plan"
    else:
        opens = f"next opening {found.opens.astimezone(zone):%a %Y-%m-%d %H:%M} local, {rfc3339(found.opens)}"
    return [EntryReason(Holds.FREEZE, f"frozen by {found.by.name}: {opens}")]
