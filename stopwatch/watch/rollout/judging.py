"""Keeping what gates were judged to be, and what people decided on it: entries of the ledger, with their evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.errors import JudgementRefusedError
from stopwatch.core.exit.check import GateVerdict, days
from stopwatch.core.exit.record import check_record, judgement_record
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.phase_gate import FRESH
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.exit.judgement import Judgement
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.ports import Reader, Store


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A judgement as it is kept.

    *record* is the whole of it (``core.exit_record``), *calls* are the go and no-go entries that rest on it.
    """

    entry: Entry
    record: Mapping[str, object]
    calls: tuple[Entry, ...] = ()

    @property
    def verdict(self) -> GateVerdict:
        """What was judged."""
        return GateVerdict(str(self.entry.body["verdict"]))


def keep(store: Store, rule_set: RuleSet, phase: Phase, judgement: Judgement, *, actor: str, transport: str) -> Kept:
    """
    Record a judgement and its evidence in one transaction.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    # Evidence is what reads back from its own text, so that a hash never depends on how a number was made.
    written = json.loads(canonical_json(judgement_record(judgement, rule_set, phase)))
    sha256 = content_hash(written)
    body: dict[str, object] = {
        "verdict": judgement.verdict.value,
        "summary": judgement.summary,
        "evidence": sha256,
        "revision": rule_set.revision,
        "open": [check_record(check) for check in judgement.open_checks],
    }
    made = entry(rule_set.plan.rollout, EntryKind.JUDGEMENT, phase.id, body=body, actor=actor, at=judgement.at)
    with store.writing() as tx:
        tx.save_evidence(sha256, canonical_json(written), judgement.at)
        recorded = record_in(tx, made, transport=transport)
    return Kept(recorded, written)


def kept(view: Reader, rollout: str, phase: str, number: int | None = None) -> Kept | None:
    """Return a judgement of *phase*: the one of that number in the ledger, else the newest; None if there is none."""
    found = [one for one in judgements(view, rollout, phase) if number in {None, one.number}]
    if not found:
        return None
    chosen = found[-1]
    body = view.evidence(str(chosen.body["evidence"]))
    calls = tuple(one for one in view.entries(rollout, kind=EntryKind.GO, scope=phase) if _rests_on(one, chosen))
    return Kept(chosen, json.loads(body) if body is not None else {}, calls)


def judgements(view: Reader, rollout: str, phase: str | None = None) -> Sequence[Entry]:
    """Return the judgements of a phase, or of all, oldest first."""
    return view.entries(rollout, kind=EntryKind.JUDGEMENT, scope=phase)


def call(
    store: Store, rule_set: RuleSet, phase: Phase, *, go: bool, reason: str, actor: str, transport: str, now: datetime
) -> Kept:
    """
    Record a person's go or no-go with the newest judgement of *phase*; one against its verdict is marked so for good.

    Raises:
        JudgementRefusedError: There is no judgement, or it is too old, or there is no reason.
        StoreError: It could not be written; nothing changed.

    """
    rollout, word = rule_set.plan.rollout, "go" if go else "no-go"
    if not reason.strip():
        raise JudgementRefusedError(f"a {word} needs a reason: --reason TEXT")
    with store.writing() as tx:
        rests_on = kept(tx, rollout, phase.id)
        if rests_on is None:
            raise JudgementRefusedError(f"{phase.id} was never judged; run: stopwatch gate {phase.id}")
        age = now - rests_on.entry.at
        if age > FRESH:
            old = f"the newest judgement of {phase.id} is {days(age)} old, {days(FRESH)} at most"
            raise JudgementRefusedError(f"{old}; run: stopwatch gate {phase.id}")
        body: dict[str, object] = {
            "go": go,
            "reason": reason.strip(),
            "judgement": rests_on.entry.number,
            "evidence": rests_on.entry.body["evidence"],
            "verdict": rests_on.verdict.value,
            "against": go is not (rests_on.verdict is GateVerdict.PASS),
        }
        made = entry(rollout, EntryKind.GO, phase.id, word, body=body, actor=actor, at=now)
        recorded = record_in(tx, made, transport=transport, reason=reason.strip())
    return Kept(rests_on.entry, rests_on.record, (*rests_on.calls, recorded))


def _rests_on(call_entry: Entry, judgement: Entry) -> bool:
    return call_entry.body.get("judgement") == judgement.number
