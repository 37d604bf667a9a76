"""Reports: reading everything they are made of, keeping that a checkpoint was told, held, or missed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.blind import BLIND, SEEN, recorded_spans
from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.hypercare import due_at, in_hypercare, newest_due, newest_report, places_of, report_item
from stopwatch.core.issue import open_issues
from stopwatch.core.kpi import PhaseId
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.opening import DAEMON
from stopwatch.core.outbox import Message, MessageKind
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.core.story import Story
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from stopwatch.core.before_after import SiteFigures
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Reader, Store


def story_of(view: Reader, rule_set: RuleSet, *, now: datetime) -> Story:
    """
    Read everything that the records tell of the rollout.

    Raises:
        StoreError: The records could not be read.

    """
    rollout = rule_set.plan.rollout
    entries = tuple(view.entries(rollout))
    judged: dict[PhaseId, Mapping[str, object]] = {}
    for phase in rule_set.plan.phases:
        found, _call = newest_judgement(entries, phase.id)
        body = view.evidence(str(found.body.get("evidence"))) if found is not None else None
        if body is not None:
            judged[phase.id] = json.loads(body)
    return Story(
        rule_set,
        now,
        view.activations(rollout),
        tuple(view.decisions(rollout)),
        entries,
        tuple(recorded_spans(view.audited(BLIND, SEEN), rollout)),
        tuple(view.unjudged(rollout)),
        judged,
        view.audit_head(),
    )


@dataclass(frozen=True, slots=True)
class Meeting:
    """A checkpoint that took place: on which *day* (None: today), who was there as (role, name), and a note."""

    actor: str
    present: tuple[tuple[str, str], ...]
    note: str | None = None
    day: date | None = None
    phase: PhaseId | None = None


def hold(desk: Desk, meeting: Meeting, *, transport: str, now: datetime) -> list[Entry]:
    """
    Record that a checkpoint took place, of one phase or of all in hypercare; their open issues count as reviewed.

    Raises:
        ActIncompleteError: Nobody was present, no such phase or day, or nothing is in hypercare.
        StoreError: It could not be written; nothing changed.

    """
    plan = desk.rule_set.plan
    if not meeting.present:
        raise ActIncompleteError("present", "say who was there: --present ops:Ida --present warehouse-lead:Bo")
    if meeting.phase is not None and plan.phase(meeting.phase) is None:
        known = ", ".join(phase.id for phase in plan.phases)
        raise ActIncompleteError("phase", f"the plan has no phase {meeting.phase}; it has {known}")
    zone = ZoneInfo(plan.timezone)
    day = meeting.day or now.astimezone(zone).date()
    if day > now.astimezone(zone).date():
        raise ActIncompleteError("date", f"{day} is still to come")
    with desk.store.writing() as tx:
        entries = tx.entries(plan.rollout)
        at = now if meeting.day is None or plan.checkpoint is None else due_at(day, plan.checkpoint.at, zone)
        phases = [
            phase
            for phase in in_hypercare(plan, tx.activations(plan.rollout), entries, at=min(at, now))
            if meeting.phase in {None, phase.id}
        ]
        if not phases:
            raise ActIncompleteError("phase", f"{meeting.phase or 'no phase'} is in hypercare on {day}")
        return [
            record_in(
                tx,
                entry(
                    plan.rollout,
                    EntryKind.CHECKPOINT,
                    phase.id,
                    day.isoformat(),
                    body={
                        "present": [{"role": role, "name": name} for role, name in meeting.present],
                        "note": meeting.note,
                        "issues": [one.id for one in open_issues(entries) if one.scope in places_of(phase)],
                    },
                    actor=meeting.actor,
                    at=now,
                ),
                transport=transport,
                reason=meeting.note,
                act="checkpoint.hold",
            )
            for phase in phases
        ]


def newest_kpis(entries: Sequence[Entry], phase: PhaseId) -> tuple[object, datetime | None]:
    """Return the KPI rows of the newest report of *phase* and when they were looked at, None before the first."""
    found = newest_report(entries, phase)
    return (None, None) if found is None else (found.body.get("kpis"), found.at)


@dataclass(frozen=True, slots=True)
class Told:
    """A checkpoint's report as it is to be kept (*kpis*, and their *figures* of the day) and told (*message*)."""

    kpis: Sequence[Mapping[str, object]]
    message: Mapping[str, object]
    figures: Sequence[SiteFigures] = ()


def tell_checkpoint(
    store: Store,
    rule_set: RuleSet,
    make: Callable[[Story, Phase, date], Told],
    channel: str | None,
    *,
    now: datetime,
) -> list[Entry]:
    """
    Keep and post the report of the newest checkpoint that is due, once for each phase that is in hypercare.

    *make* makes the report; *channel* is where it is posted (None: nowhere, it is only kept).

    Raises:
        StoreError: The records could not be read or written; the next call makes up for it.

    """
    plan = rule_set.plan
    if plan.checkpoint is None:
        return []
    day, due = newest_due(plan.checkpoint.at, ZoneInfo(plan.timezone), now=now)
    with store.reading() as view:
        activations, entries = view.activations(plan.rollout), view.entries(plan.rollout)
        owed = [
            phase
            for phase in in_hypercare(plan, activations, entries, at=due)
            if not any(_is_report(one, phase, day) for one in entries)
        ]
        if not owed:
            return []
        story = story_of(view, rule_set, now=now)
    recorded = []
    for phase in owed:
        told = make(story, phase, day)
        figures = [one.record() for one in told.figures]
        body: dict[str, object] = {"day": day.isoformat(), "kpis": list(told.kpis), "figures": figures}
        made = entry(plan.rollout, EntryKind.REPORT, phase.id, report_item(day), body=body, actor=DAEMON, at=now)
        with store.writing() as tx:
            if any(_is_report(one, phase, day) for one in tx.entries(plan.rollout, kind=EntryKind.REPORT)):
                continue  # another process told it meanwhile
            recorded.append(record_in(tx, made, transport=DAEMON, act="checkpoint.report"))
            if channel is not None:
                tx.enqueue(
                    report_message(f"{plan.rollout}/{phase.id}/{report_item(day)}", channel, told.message), now=now
                )
    return recorded


def tell_once(store: Store, rollout: str, scope: str, item: str, message: Message | None, *, now: datetime) -> bool:
    """
    Keep that something was told, with the message that tells it, unless it was told before; tell whether it is new.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    with store.writing() as tx:
        known = tx.entries(rollout, kind=EntryKind.REPORT, scope=scope)
        if any(one.item == item for one in known):
            return False
        body = {"text": message.body.get("text")} if message is not None else {}
        record_in(tx, entry(rollout, EntryKind.REPORT, scope, item, body=body, actor=DAEMON, at=now), transport=DAEMON)
        if message is not None:
            tx.enqueue(message, now=now)
    return True


def report_message(key: str, channel: str, body: Mapping[str, object]) -> Message:
    """Return a report as a message; *key* makes it one for ever."""
    return Message(f"report/{key}", MessageKind.REPORT, channel, None, 0, body)


def _is_report(one: Entry, phase: Phase, day: date) -> bool:
    return one.kind is EntryKind.REPORT and one.scope == phase.id and one.item == report_item(day)
