"""What people record of a rollout beside decisions: items done, sign-offs, rehearsals, runbooks, approvals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.core.phase import RETROSPECTIVE, ReadinessItem
from stopwatch.core.rollout import WIDE_ALL
from stopwatch.watch.rollout.entry import check_site
from stopwatch.watch.rollout.ledger import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.rollout import Plan
    from stopwatch.watch.acts.commands import Desk


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who records something, through what, and the evidence: a *link*, a *note*, or both."""

    actor: str
    transport: str
    link: str | None = None
    note: str | None = None

    def evidence(self) -> dict[str, object]:
        """
        Return link and note as they are recorded.

        Raises:
            ActIncompleteError: There is neither.

        """
        if not (self.link or (self.note or "").strip()):
            raise ActIncompleteError("link", "give the evidence: --link URL, or --note TEXT where there is none")
        return {"link": self.link, "note": self.note}


def done(
    desk: Desk, place: str, item: str, voucher: Voucher, *, now: datetime, expires: datetime | None = None
) -> tuple[ReadinessItem, Entry]:
    """
    Record that an item of the checklist is met; *item* is its id or its text.

    Raises:
        ActIncompleteError: No such site or item, no evidence, or the record would be expired.
        StoreError: It could not be written; nothing changed.

    """
    found = item_at(desk.rule_set.plan, place, item)
    if expires is not None and expires <= now:
        raise ActIncompleteError("expires", f"{rfc3339(expires)} is past; the record would not count")
    until = rfc3339(expires) if expires is not None else None
    body = {**voucher.evidence(), "done": True, "expires": until}
    return found, _record(desk, EntryKind.DONE, place, found.id, body, voucher, now)


def withdraw(desk: Desk, place: str, item: str, voucher: Voucher, *, now: datetime) -> tuple[ReadinessItem, Entry]:
    """
    Record that an item is not met after all.

    Raises:
        ActIncompleteError: No such site or item, or no evidence.
        StoreError: It could not be written; nothing changed.

    """
    found = item_at(desk.rule_set.plan, place, item)
    body = {**voucher.evidence(), "done": False}
    return found, _record(desk, EntryKind.DONE, place, found.id, body, voucher, now)


def item_at(plan: Plan, place: str, item: str) -> ReadinessItem:
    """
    Return the item of the checklist at *place*, a site, or a phase for the retrospective.

    Raises:
        ActIncompleteError: There is no such place or item.

    """
    if item == RETROSPECTIVE and plan.phase(PhaseId(place)) is not None:
        return ReadinessItem(RETROSPECTIVE, RETROSPECTIVE)
    check_site(plan, SiteId(place))
    phase = plan.phase(plan.sites[SiteId(place)].phase)
    items = phase.readiness if phase is not None else ()
    found = next((one for one in items if item in {one.id, one.text}), None)
    if item == RETROSPECTIVE:
        owed = f"it is recorded for the phase: stopwatch rollout done {plan.sites[SiteId(place)].phase} {RETROSPECTIVE}"
        raise ActIncompleteError("place", owed)
    if found is None:
        automatic = [one.value for one in phase.automatic] if phase is not None else []
        if item in automatic:
            raise ActIncompleteError(
                "item", f"{item} is checked by stopwatch itself; see stopwatch rollout ready {place}"
            )
        known = ", ".join(one.id for one in items) or "none"
        raise ActIncompleteError("item", f"the checklist of {place} has no item {item}; it has: {known}")
    return found


def sign_off(desk: Desk, place: str, role: str, voucher: Voucher, *, now: datetime, ok: bool = True) -> Entry:
    """
    Record that a *role* signs a phase or a site off, or (not *ok*) refuses to.

    Raises:
        ActIncompleteError: No such place, a role that may not sign, or a refusal without a note.
        StoreError: It could not be written; nothing changed.

    """
    plan = desk.rule_set.plan
    check_place(plan, place)
    signing = plan.roles or tuple(dict.fromkeys(one for phase in plan.phases for one in phase.exit.sign_offs))
    if not role.strip() or (plan.roles and role not in signing):
        raise ActIncompleteError(
            "role", f"the plan lets no {role or 'nobody'} sign; it has {', '.join(signing) or 'none'}"
        )
    if not ok and not (voucher.note or "").strip():
        raise ActIncompleteError("note", "say why it is not signed off (--note)")
    body = {"ok": ok, "link": voucher.link, "note": voucher.note}
    return _record(desk, EntryKind.SIGN_OFF, place, role, body, voucher, now)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was rolled back in a rehearsal, how long it took, and whether it worked."""

    what: str
    took: timedelta
    ok: bool = True
    from_version: str | None = None
    to_version: str | None = None


def rehearse(desk: Desk, place: str, held: Rehearsal, voucher: Voucher, *, now: datetime) -> Entry:
    """
    Record a rehearsal of the roll-back, of a site, of a phase, or (``_all``) of the rollout.

    Raises:
        ActIncompleteError: No such place, or no evidence.
        StoreError: It could not be written; nothing changed.

    """
    check_place(desk.rule_set.plan, place)
    body = {
        **voucher.evidence(),
        "ok": held.ok,
        "what": held.what,
        "from": held.from_version,
        "to": held.to_version,
        "took_seconds": held.took.total_seconds(),
    }
    return _record(desk, EntryKind.REHEARSAL, place, held.what, body, voucher, now)


def runbook(desk: Desk, place: str, voucher: Voucher, *, now: datetime) -> Entry:
    """
    Record that a runbook was brought up to date, for a site, a phase, or (``_all``) the rollout.

    Raises:
        ActIncompleteError: No such place, or no evidence.
        StoreError: It could not be written; nothing changed.

    """
    check_place(desk.rule_set.plan, place)
    return _record(desk, EntryKind.RUNBOOK, place, "", voucher.evidence(), voucher, now)


def approve(desk: Desk, place: str, reason: str, voucher: Voucher, *, now: datetime) -> Entry:
    """
    Record that somebody approves an emergency change at a site, in a phase, or (``_all``) anywhere.

    Raises:
        ActIncompleteError: No such place, or no reason.
        StoreError: It could not be written; nothing changed.

    """
    check_place(desk.rule_set.plan, place)
    if not reason.strip():
        raise ActIncompleteError("reason", "an approval needs a reason")
    body = {"reason": reason, "link": voucher.link}
    return _record(desk, EntryKind.APPROVAL, place, "", body, voucher, now, reason=reason)


def check_place(plan: Plan, place: str) -> None:
    """
    Refuse what is neither a site, nor a phase, nor the whole rollout (``_all``).

    Raises:
        ActIncompleteError: The plan has no such place.

    """
    if place != WIDE_ALL and place not in plan.sites and plan.phase(PhaseId(place)) is None:
        phases, sites = ", ".join(phase.id for phase in plan.phases), ", ".join(plan.sites)
        raise ActIncompleteError("place", f"the plan has no phase or site {place}; phases: {phases}; sites: {sites}")


def _record(
    desk: Desk,
    kind: EntryKind,
    place: str,
    item: str,
    body: Mapping[str, object],
    voucher: Voucher,
    now: datetime,
    *,
    reason: str | None = None,
) -> Entry:
    made = entry(desk.rule_set.plan.rollout, kind, place, item, body=body, actor=voucher.actor, at=now)
    return record(desk, made, transport=voucher.transport, reason=reason or voucher.note)
