"""Reading later what an opening could not wait for: the rest of its three windows, as an appendix of its bundle."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stopwatch.core.appendix import APPENDED, GIVEN_UP, lacking
from stopwatch.core.audit import finite
from stopwatch.core.decision import GroundKind
from stopwatch.core.errors import SourceError
from stopwatch.core.evidence import APPENDIX, rule_of
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import SiteId
from stopwatch.core.opening import DAEMON
from stopwatch.core.records import AuditEntry
from stopwatch.core.sample import Samples, classify
from stopwatch.watch.evaluation.bundles import VERSION, origin_json
from stopwatch.watch.evaluation.facts import freeze
from stopwatch.watch.shared_reads import SharedReads, Wish
from stopwatch.watch.sparing import Sparing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from stopwatch.core.decision import DecisionId, Ground
    from stopwatch.core.grid import SlotRange
    from stopwatch.core.reading import Origin
    from stopwatch.watch.ports import Reader, Source, Store

SETTLES = timedelta(minutes=1)
"""How long after a ground was recorded its appendix is read at the earliest: what comes late is then in it as well."""
AGAIN = timedelta(minutes=1)
"""How long after the first failure the source is asked again; twice as long after each further one."""
RAREST = timedelta(minutes=30)
"""The longest wait between two tries."""
PATIENCE = timedelta(hours=24)
"""How long after a ground was recorded a source that fails is asked again."""
AT_ONCE = 50
"""How many appendices one pass reads at most; those of sites that breached together share their queries."""
DEADLINE_SECONDS = 10.0
"""How long one query may take, of the few that a long range is read with."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one appendix: its hash, or why there is none."""

    decision: DecisionId
    ground: str
    of: str
    sha256: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Owed:
    """The opening of one ground that lacks *slots*, with its frozen bundle."""

    decision: DecisionId
    ground: Ground
    of: str
    bundle: Mapping[str, Any]
    slots: SlotRange

    @property
    def source(self) -> str:
        """The name of the source that the bundle was read from."""
        return str(self.bundle["source"]["name"])

    def wishes(self) -> Iterator[tuple[Mapping[str, Any], tuple[Wish, Wish | None]]]:
        """Return every condition with what is to be read of its value and, if it has a guard, of its volume."""
        for condition in self.bundle["conditions"]:
            volume = condition["volume_query"]
            guard = self._wish(condition, volume) if volume is not None else None
            yield condition, (self._wish(condition, condition["query"]), guard)

    def _wish(self, condition: Mapping[str, Any], expression: str) -> Wish:
        label, site = str(self.bundle["label"]), SiteId(self.bundle["site"])
        return Wish(self.source, expression, condition["site_label"], label, site, self.slots)


class _GoneError(Exception):
    """The source answers and has no point at the slots that the bundle lacks."""


@dataclass(slots=True)
class Appending:
    """
    Makes the appendices of one daemon.

    Which are owed follows from the records alone, so a restart forgets nothing but what was *settled* and is looked at
    once more. *waits* holds per bundle how often its source has failed, and when it is asked again.
    """

    settled: set[str] = field(default_factory=set)
    waits: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def pass_time(
        self,
        store: Store,
        rollout: str,
        sources: Mapping[str, Source],
        origin: Callable[[str], Origin],
        *,
        now: datetime,
    ) -> list[Outcome]:
        """
        Read what is owed and due, at most `AT_ONCE` appendices, each written in a transaction of its own.

        A source that fails is asked again for `PATIENCE`; one that has no point left at the missing slots is not. Why a
        bundle gets no appendix is audited. The source is read outside of every transaction.

        Raises:
            StoreError: The records could not be read or written; the next pass goes on.

        """
        with store.reading() as view:
            owed = self._owed(view, rollout, now)
        wishes = [wish for each in owed for _condition, pair in each.wishes() for wish in pair if wish is not None]
        sparing = {name: Sparing(source) for name, source in sources.items()}
        reads = SharedReads(sparing, wishes, deadline_seconds=DEADLINE_SECONDS)
        done = [self._settle(store, each, reads, origin, now) for each in owed]
        return [outcome for outcome in done if outcome is not None]

    def _owed(self, view: Reader, rollout: str, now: datetime) -> list[_Owed]:
        """Return what is due, at most `AT_ONCE`, the oldest ground first; forget what need not be known any more."""
        recent = view.decisions(rollout, live=True) + view.ended_after(rollout, now - PATIENCE)
        openings = {
            ground.evidence: (decision.id, ground)
            for decision in recent
            for ground in decision.grounds
            if ground.kind is GroundKind.RULE and ground.evidence is not None
        }
        self.settled &= openings.keys()
        due = [
            (decision, ground, sha256)
            for sha256, (decision, ground) in openings.items()
            if sha256 not in self.settled
            and now >= ground.recorded_at + SETTLES
            and (sha256 not in self.waits or now >= self.waits[sha256][1])
        ]
        told = _told(view) if due else set()
        found: list[_Owed] = []
        for decision, ground, sha256 in sorted(due, key=lambda each: each[1].recorded_at):
            if len(found) == AT_ONCE:
                break
            owed = _look(view, decision, ground, sha256) if sha256 not in told else None
            if owed is None:
                self._over(sha256)
            else:
                found.append(owed)
        return found

    def _settle(
        self,
        store: Store,
        owed: _Owed,
        reads: SharedReads,
        origin: Callable[[str], Origin],
        now: datetime,
    ) -> Outcome | None:
        try:
            sha256, body = freeze(_read(owed, reads, origin(owed.source), now))
        except SourceError as error:
            if now < owed.ground.recorded_at + PATIENCE:
                self._wait(owed.of, now)
                return None
            outcome = _write(store, owed, now, reason=str(error))
        except _GoneError as gone:
            outcome = _write(store, owed, now, reason=str(gone))
        else:
            outcome = _write(store, owed, now, sha256=sha256, body=body)
        self._over(owed.of)
        return outcome

    def _wait(self, sha256: str, now: datetime) -> None:
        failed = self.waits.get(sha256, (0, now))[0] + 1
        self.waits[sha256] = (failed, now + min(RAREST, AGAIN * 2 ** min(failed - 1, 10)))

    def _over(self, sha256: str) -> None:
        self.settled.add(sha256)
        self.waits.pop(sha256, None)


def _told(view: Reader) -> set[str]:
    """Return the bundles of which the audit tells that they have an appendix, or why not."""
    details = [row.get("details") for row in view.audited(APPENDED, GIVEN_UP)]
    return {str(each.get("of")) for each in details if isinstance(each, dict)}


def _look(view: Reader, decision: DecisionId, ground: Ground, sha256: str) -> _Owed | None:
    body = view.evidence(sha256)
    try:
        bundle = json.loads(body) if body is not None else None
    except ValueError:
        return None  # Evidence that somebody spoilt is for `stopwatch evidence verify` to find.
    if not isinstance(bundle, dict):
        return None
    slots = lacking(bundle)
    return None if slots is None else _Owed(decision, ground, sha256, bundle, slots)


def _read(owed: _Owed, reads: SharedReads, origin: Origin, now: datetime) -> dict[str, object]:
    """
    Return the appendix: all slots of the three windows, those of the bundle read again.

    Raises:
        SourceError: The source did not answer.
        _GoneError: It has no point at the slots that are missing.

    """
    bundle, slots = owed.bundle, owed.slots
    rule = rule_of(bundle["rule"])
    samples, conditions = [], []
    for condition, (value, guard) in owed.wishes():
        values = reads.series(value)
        volumes = reads.series(guard) if guard is not None else None
        samples.append(Samples(values, volumes))
        conditions.append(
            {
                **{name: condition[name] for name in ("kpi", "unit", "source", "site_label", "query", "volume_query")},
                "values": [finite(number) for number in values],
                "volumes": [finite(number) for number in volumes] if volumes is not None else None,
            }
        )
    lacked = len(slots) - len(bundle["classes"])
    if all(math.isnan(number) for part in samples for number in part.values[:lacked]):
        ends = f"{rfc3339(slots.start)} to {rfc3339(slots.grid.instant(slots.first + lacked - 1))}"
        raise _GoneError(f"the source has no point at the {lacked} slots that the bundle lacks, {ends}")
    classified = classify(rule, slots.first, samples)
    return {
        "version": VERSION,
        "kind": APPENDIX,
        "of": owed.of,
        **{name: bundle[name] for name in ("rollout", "site", "label", "opened_at", "rule_hash", "step_seconds")},
        "rule_id": rule.id,
        "first_slot": rfc3339(slots.start),
        "classes": classified.classes.decode(),
        "good": classified.good.decode(),
        "conditions": conditions,
        "source": origin_json(owed.source, origin),
        "read_at": rfc3339(now),
    }


def _write(
    store: Store, owed: _Owed, now: datetime, *, sha256: str | None = None, body: str = "", reason: str | None = None
) -> Outcome:
    """Keep an appendix, or the reason why there is none."""
    act, details = APPENDED if reason is None else GIVEN_UP, {"ground": owed.ground.id, "of": owed.of}
    with store.writing() as tx:
        if sha256 is not None:
            tx.save_evidence(sha256, body, now)
        tx.audit(AuditEntry(now, DAEMON, DAEMON, act, owed.decision, None, None, reason, sha256, details))
    return Outcome(owed.decision, owed.ground.id, owed.of, sha256, reason)
