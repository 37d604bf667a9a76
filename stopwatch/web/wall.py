"""The wall of decisions: rows of a table, and the same as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from stopwatch.core.decision import Decision, DecisionState
from stopwatch.core.grid import rfc3339
from stopwatch.web.figures import utc

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMNS = (
    *("id", "rollout", "scope", "site", "phase", "state", "paused", "rev", "opened_at", "ended_at", "detected_late"),
    *("grounds", "last_act", "last_actor", "last_at", "last_reason"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(decisions: Iterable[Decision]) -> str:
    """Write decisions as CSV with a heading, in the order given."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    table.writerows([_safe(cell) for cell in _cells(decision)] for decision in decisions)
    return written.getvalue()


def wall_row(decision: Decision) -> dict[str, str]:
    """Return what the table shows of one decision."""
    last = decision.last_act
    state = "paused" if decision.state is DecisionState.OPEN else decision.state.value
    css = {"overridden": "overridden", "flagged": "error", "rolled_back": "recovering"}.get(state, "ok")
    return {
        "id": decision.id,
        "state": decision.state.value.replace("_", " "),
        "css": "paused" if state == "paused" else "breached" if decision.paused and css == "ok" else css,
        "opened": utc(decision.opened_at),
        "grounds": ", ".join(dict.fromkeys(ground.name for ground in decision.grounds)),
        "last": f"{last.act} by {last.actor}" if last is not None else "",
    }


def _cells(decision: Decision) -> list[str]:
    last = decision.last_act
    return [
        *(decision.id, decision.rollout, decision.scope, decision.site or "", decision.phase or ""),
        *(decision.state.value, str(decision.paused).lower(), str(decision.rev), rfc3339(decision.opened_at)),
        *(rfc3339(decision.ended_at) if decision.ended_at else "", str(decision.detected_late).lower()),
        " ".join(ground.id for ground in decision.grounds),
        *((last.act, last.actor, rfc3339(last.at), last.reason or "") if last is not None else ("", "", "", "")),
    ]


def _safe(cell: str) -> str:
    """Keep a spreadsheet from computing what somebody typed as a reason."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
