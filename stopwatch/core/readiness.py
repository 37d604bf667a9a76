"""The checklist of a site: which items are met, who owes the others, and why they are not met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import RETROSPECTIVE, AutomaticItem, ReadinessItem
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.rollout import Plan

PROBED = (AutomaticItem.DATA, AutomaticItem.LINKS, AutomaticItem.ON_CALL, AutomaticItem.CHANNEL)
"""Items that are asked of the world; their answers are entries of the kind ``links``."""
ANSWER_HOLDS = timedelta(hours=24)
"""How long an answer of the world counts."""
MEANING: Mapping[AutomaticItem, tuple[str, str]] = {
    AutomaticItem.DATA: ("every KPI query returns data for the site", "monitoring"),
    AutomaticItem.LINKS: ("every link of the site and its rules answers", "monitoring"),
    AutomaticItem.ON_CALL: ("somebody is on call, and Slack knows them", "operations"),
    AutomaticItem.CHANNEL: ("the channel of its decisions can be posted to", "operations"),
    AutomaticItem.REHEARSAL: ("a recent rehearsal of the roll-back is recorded", "engineering"),
    AutomaticItem.DRILL: ("a drill reached a person, who answered", "operations"),
    AutomaticItem.BASELINE: ("a baseline is frozen", "engineering"),
}
"""What each automatic item demands, and who owes it."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What asking the world about one automatic item gave."""

    item: AutomaticItem
    ok: bool
    detail: str

    def body(self) -> dict[str, object]:
        """Return it as it is recorded."""
        return {"ok": self.ok, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class ItemState:
    """
    One item of a site's checklist as it stands.

    *why* says by whom and when it was met, or why it is not, and then what to do. *entry* is the newest record of it,
    *expires* when that stops to count.
    """

    item: str
    text: str
    owner: str | None
    automatic: bool
    met: bool
    why: str
    entry: Entry | None = None
    expires: datetime | None = None

    @property
    def link(self) -> str | None:
        """The evidence link of the newest record."""
        link = self.entry.body.get("link") if self.entry is not None else None
        return link if isinstance(link, str) else None


def checklist(plan: Plan, site: SiteId, entries: Sequence[Entry], *, now: datetime) -> tuple[ItemState, ...]:
    """Return every item that the phase of *site* demands, by hand first, from all *entries* of the rollout."""
    phase = plan.phase(plan.sites[site].phase)
    if phase is None:
        return ()
    manual = [manual_item(item, site, entries, now=now) for item in phase.readiness]
    return (*manual, *(_automatic(plan, item, site, entries, now) for item in phase.automatic))


def manual_item(item: ReadinessItem, place: str, entries: Iterable[Entry], *, now: datetime) -> ItemState:
    """Return how an item that people record stands at *place*."""
    state = ItemState(item.id, item.text, item.owner, automatic=False, met=False, why="")
    entry = newest_of(entries, EntryKind.DONE, {place}, item.id)
    if entry is None:
        return _with(state, f"not recorded; stopwatch rollout done {place} {item.id} --link URL")
    expires = _expiry(entry, item.expires)
    if entry.body.get("done") is False:
        return _with(state, f"withdrawn by {entry.actor} on {day(entry.at)}: {entry.body.get('note') or '–'}", entry)
    if expires is not None and expires <= now:
        why = f"expired on {day(expires)}; it was recorded by {entry.actor} on {day(entry.at)}"
        return _with(state, why, entry, expires=expires)
    return _with(state, f"{entry.actor} on {day(entry.at)}", entry, met=True, expires=expires)


def retrospective(phase: PhaseId, entries: Iterable[Entry], *, now: datetime) -> ItemState:
    """Return how the retrospective stands that an emergency change owes before *phase* exits."""
    return manual_item(ReadinessItem(RETROSPECTIVE, RETROSPECTIVE), phase, entries, now=now)


def _automatic(plan: Plan, item: AutomaticItem, site: SiteId, entries: Sequence[Entry], now: datetime) -> ItemState:
    text, owner = MEANING[item]
    state = ItemState(item.value, text, owner, automatic=True, met=False, why="")
    if item in PROBED:
        return _probed(state, item, site, entries, now)
    places = {site, plan.sites[site].phase, wide_scope(plan.sites[site].phase), WIDE_ALL}
    if item is AutomaticItem.REHEARSAL:
        return _rehearsed(state, newest_of(entries, EntryKind.REHEARSAL, places), plan, site, now)
    if item is AutomaticItem.DRILL:
        return _drilled(state, newest_of(entries, EntryKind.DRILL, {site}), site)
    entry = newest_of(entries, EntryKind.BASELINE, {site})
    if entry is None:
        return _with(state, f"none is frozen; stopwatch rollout baseline {site} --window 14d")
    return _with(state, f"frozen by {entry.actor} on {day(entry.at)}", entry, met=True)


def _probed(state: ItemState, item: AutomaticItem, site: SiteId, entries: Iterable[Entry], now: datetime) -> ItemState:
    entry = newest_of(entries, EntryKind.LINKS, {site})
    answer = entry.body.get(item.value) if entry is not None else None
    if entry is None or not isinstance(answer, dict):
        return _with(state, f"never asked; stopwatch rollout ready {site}")
    expires, detail = entry.at + ANSWER_HOLDS, str(answer.get("detail"))
    if expires <= now:
        return _with(state, f"last asked {age(now - entry.at)} ago; stopwatch rollout ready {site}", entry)
    ok = answer.get("ok") is True
    return _with(state, f"{detail} (asked {age(now - entry.at)} ago)", entry, met=ok, expires=expires)


def _rehearsed(state: ItemState, entry: Entry | None, plan: Plan, site: SiteId, now: datetime) -> ItemState:
    todo = f"stopwatch rollout rehearse {site} --what flag --took 10m --link URL"
    if entry is None:
        return _with(state, f"never rehearsed; {todo}")
    if entry.body.get("ok") is False:
        return _with(state, f"the rehearsal of {entry.actor} on {day(entry.at)} failed; {todo}", entry)
    expires = entry.at + plan.rollback.rehearsed_within
    if expires <= now:
        return _with(state, f"rehearsed {age(now - entry.at)} ago, which is too long; {todo}", entry, expires=expires)
    return _with(state, f"{entry.actor} on {day(entry.at)}", entry, met=True, expires=expires)


def _drilled(state: ItemState, entry: Entry | None, site: SiteId) -> ItemState:
    if entry is None:
        return _with(state, f"never drilled; stopwatch drill {site}")
    if entry.body.get("ok") is not True:
        return _with(state, f"the drill of {day(entry.at)} failed: {entry.body.get('detail')}", entry)
    return _with(state, f"answered by {entry.body.get('answered_by')} on {day(entry.at)}", entry, met=True)


def newest_of(entries: Iterable[Entry], kind: EntryKind, places: set[str], item: str | None = None) -> Entry | None:
    """Return the entry recorded last of that kind about any of *places*, and of that *item* if one is named."""
    found = [one for one in entries if one.kind is kind and one.scope in places and (item is None or one.item == item)]
    return max(found, key=lambda one: one.number, default=None)


def _expiry(entry: Entry, holds: timedelta | None) -> datetime | None:
    """Return when a record expires: at the time it names, or after the time that the plan gives it."""
    named = entry.body.get("expires")
    ends = [datetime.fromisoformat(named)] if isinstance(named, str) else []
    ends += [entry.at + holds] if holds is not None else []
    return min(ends, default=None)


def _with(
    state: ItemState, why: str, entry: Entry | None = None, *, met: bool = False, expires: datetime | None = None
) -> ItemState:
    return ItemState(state.item, state.text, state.owner, state.automatic, met, why, entry, expires)


def day(moment: datetime) -> str:
    """Write the day of *moment*, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def age(span: timedelta) -> str:
    """Write a span in its largest whole unit: ``40 s``, ``12 min``, ``3 h``, ``5 d``."""
    seconds = max(0, round(span.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
