"""The wall of decisions: which are wanted, rows of a table, and the same as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from stopwatch.core.decision import Decision, DecisionState, GroundKind
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.selection import Selection
from stopwatch.core.spreadsheet import csv_text
from stopwatch.web.figures import span
from stopwatch.web.pages.rough import whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stopwatch.web.ports import Records

MOST_ROWS = 500
LIVE, FINAL = "live", "final"
"""Words that stand for several states."""
DRILL = "drill"
_COLUMNS = (
    *("id", "rollout", "scope", "site", "phase", "state", "paused", "rev", "opened_at", "ended_at", "detected_late"),
    *("grounds", "last_act", "last_actor", "last_at", "last_reason", "drill"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which decisions are wanted, each as it was typed, empty for any.

    *since* and *until* are days in UTC, both included, in which the decision was opened.
    """

    state: str = ""
    site: str = ""
    phase: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""

    @property
    def query(self) -> str:
        """The same as the query of an address, with its question mark."""
        given = {name: word for name in self.__slots__ if (word := getattr(self, name))}
        return f"?{urlencode(given)}" if given else ""

    @property
    def complaint(self) -> str:
        """Say what of it cannot be understood, nothing if all can."""
        wrong = [text for text in (self.since, self.until) if text and _day(text) is None]
        return f"{' and '.join(wrong)} is no day, such as 2026-11-21" if wrong else ""

    def found(self, records: Records, *, most: int | None = None) -> tuple[Sequence[Decision], int]:
        """
        Return the newest *most* (None: all) decisions that fit, newest first, and how many do.

        What does not exist fits none.

        Raises:
            StoreError: The records cannot be read now.

        """
        state = DecisionState(self.state) if self.state in set(DecisionState) else None
        kind = GroundKind(self.kind) if self.kind in set(GroundKind) else None
        unknown = (self.state and state is None and self.state not in {LIVE, FINAL}) or (
            self.kind and kind is None and self.kind != DRILL
        )
        if self.complaint or unknown:
            return [], 0
        wanted = Selection(
            state=state,
            live={LIVE: True, FINAL: False}.get(self.state),
            drill=self.kind == DRILL if self.kind else None,
            site=SiteId(self.site) if self.site else None,
            phase=PhaseId(self.phase) if self.phase else None,
            kind=kind,
            since=_midnight(_day(self.since)),
            until=_midnight(_day(self.until), days=1),
        )
        return records.selected(wanted, limit=most)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """Return when *day* begins in UTC, *days* later; None for no day, and for the last days that there are."""
    if day is None or day > date.max - timedelta(days=days):
        return None
    return datetime.combine(day + timedelta(days=days), time(), UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def choices() -> dict[str, Sequence[str]]:
    """Return what may be chosen besides the plan's own sites and phases."""
    states = [LIVE, FINAL, *(state.value for state in DecisionState)]
    return {"states": states, "kinds": [*(kind.value for kind in GroundKind), DRILL]}


def as_csv(decisions: Iterable[Decision]) -> str:
    """Write decisions as CSV with a heading, in the order given."""
    return csv_text(_COLUMNS, (_cells(decision) for decision in decisions))


def wall_row(decision: Decision, *, now: datetime) -> dict[str, str | bool]:
    """Return what the table shows of one decision."""
    last = decision.last_act
    ended = decision.ended_at or (now if decision.state.live else None)
    lasted = ended - decision.opened_at if ended is not None else timedelta(0)
    return {
        "id": decision.id,
        "state": decision.state.value,
        "drill": decision.drill,
        "phase": decision.phase or "",
        "opened": f"{decision.opened_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        "lasted": f"{span(whole_minutes(lasted))}{' so far' if decision.state.live else ''}" if ended else "",
        "grounds": ", ".join(dict.fromkeys(ground.name for ground in decision.grounds)),
        "last": f"{last.act} by {last.actor}" if last is not None else "nobody has answered",
        "reason": (last.reason or "") if last is not None else "",
    }


def _cells(decision: Decision) -> list[str]:
    last = decision.last_act
    return [
        *(decision.id, decision.rollout, decision.scope, decision.site or "", decision.phase or ""),
        *(decision.state.value, str(decision.paused).lower(), str(decision.rev), rfc3339(decision.opened_at)),
        *(rfc3339(decision.ended_at) if decision.ended_at else "", str(decision.detected_late).lower()),
        " ".join(ground.id for ground in decision.grounds),
        *((last.act, last.actor, rfc3339(last.at), last.reason or "") if last is not None else ("", "", "", "")),
        str(decision.drill).lower(),
    ]
