"""What one pass of delivery did, counted for metrics, readiness and the audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.outbox import Delivery, MessageKind


@dataclass(frozen=True, slots=True)
class Reposted:
    """A living message that could not be changed where it stood (*ts* in *channel*, because of *code*); it moved."""

    decision: DecisionId | None
    key: str
    channel: str | None
    ts: str | None
    code: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """
    One pass.

    *sent* and *degraded* count by message kind, *failed* by (verb, code) with verb one of post, update, find, delete,
    probe, look, or the step of it that failed; *dead* by reason. *unknown* are requests whose end is not known yet,
    *lost_found* those of before that turned out to have arrived, *resent* messages that were accepted and lost.
    *broken* names destinations that refuse us, with the receiver's word. *up* is false while the receiver cannot be
    reached or refuses our credentials, or while a destination refuses us and no fallback takes its messages.
    """

    up: bool
    sent: Mapping[str, int]
    updated: int
    failed: Mapping[tuple[str, str], int]
    unknown: int
    dead: Mapping[str, int]
    degraded: Mapping[str, int]
    lost_found: int
    resent: int
    duplicates_removed: int
    summarised: int
    broken: Mapping[str, str]
    reposted: tuple[Reposted, ...]


@dataclass(slots=True)
class Tally:
    """The counts of a pass under way; *asked* counts requests, *misses* the last ones in a row that nobody answered."""

    sent: Counter[str] = field(default_factory=Counter)
    updated: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    degraded: Counter[str] = field(default_factory=Counter)
    lost_found: int = 0
    resent: int = 0
    duplicates_removed: int = 0
    summarised: int = 0
    reposted: list[Reposted] = field(default_factory=list)
    asked: int = 0
    misses: int = 0

    def note(self, verb: str, outcome: Delivery) -> None:
        """Count the outcome of one request."""
        self.asked += 1
        if outcome.effect is not Effect.SENT:
            self.failed[outcome.step or verb, outcome.code] += 1
        self.misses = self.misses + 1 if outcome.effect in {Effect.NOT_SENT, Effect.AMBIGUOUS} else 0

    def arrived(self, kind: MessageKind) -> None:
        """Count a message that was sent."""
        self.sent[kind.value] += 1

    def report(self, *, up: bool, broken: Mapping[str, str]) -> DeliveryReport:
        """Return the pass as a value."""
        return DeliveryReport(
            up=up,
            sent=dict(self.sent),
            updated=self.updated,
            failed=dict(self.failed),
            unknown=self.unknown,
            dead=dict(self.dead),
            degraded=dict(self.degraded),
            lost_found=self.lost_found,
            resent=self.resent,
            duplicates_removed=self.duplicates_removed,
            summarised=self.summarised,
            broken=dict(broken),
            reposted=tuple(self.reposted),
        )
