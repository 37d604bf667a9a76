"""Drills: a breach made on purpose that takes the real path to people, pauses nothing and changes no gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import DRILL_SCOPE, Acted, Decision, DecisionState
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.core.opening import DAEMON
from stopwatch.core.outbox import MessageKind, OutboxRow, OutboxState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.kpi import SiteId

CRITERION = "drill"
DRILL_ENDED = "drill-ended"
"""What the daemon does to a drill that is over, as acts and audit name it."""
LASTS = timedelta(minutes=30)
"""A drill that is not over by then has failed and ends by itself."""
_SLACK = "slack"


def drill_scope(site: SiteId) -> str:
    """Return the scope of a drill at *site*; no site, no phase and no wide stop has one like it."""
    return f"{DRILL_SCOPE}{site}"


def answer(decision: Decision) -> Acted | None:
    """Return the first act of a person that answered the drill; closing it is no answer."""
    moved = (acted for acted in decision.acts if acted.actor != DAEMON and acted.rev_after != acted.rev_before)
    first = next(moved, None)
    return None if first is None or first.act == "close" else first


def reached(rows: Iterable[OutboxRow]) -> tuple[OutboxRow | None, list[OutboxRow]]:
    """Return the card if it was delivered, and the calls of second notifiers that were."""
    sent = [row for row in rows if row.state is OutboxState.SENT]
    card = next((row for row in sent if row.message.kind is MessageKind.ROOT), None)
    return card, [row for row in sent if row.message.kind is MessageKind.ESCALATION and row.message.notifier != _SLACK]


def over(decision: Decision, rows: Iterable[OutboxRow], *, now: datetime) -> str | None:
    """Say why a live drill ends now: it reached everybody, or its time is up; None if it goes on."""
    card, calls = reached(rows)
    if answer(decision) is not None and card is not None and calls:
        return "the drill reached a person, who answered, and the second notifier"
    return "the time of the drill is up" if now - decision.opened_at >= LASTS else None


def end_drill(decision: Decision, reason: str, *, now: datetime) -> Decision:
    """Close a live drill without a person."""
    acted = Acted(DRILL_ENDED, DAEMON, now, reason, decision.rev, decision.rev + 1, {})
    return replace(
        decision,
        state=DecisionState.CLOSED,
        rev=decision.rev + 1,
        ended_at=now,
        acts=(*decision.acts, acted),
    )


def outcome(decision: Decision, rows: Iterable[OutboxRow]) -> Entry:
    """Return the record of a drill that is over: who answered when, what was delivered when, and whether it passed."""
    card, calls = reached(rows)
    answered = answer(decision)
    lacking = [
        *(["nobody answered"] if answered is None else []),
        *(["the card was not delivered to Slack"] if card is None else []),
        *(["no second notifier was called"] if not calls else []),
    ]
    ended = decision.ended_at or decision.opened_at
    body: dict[str, object] = {
        "ok": not lacking,
        "detail": "; ".join(lacking) or "answered",
        "decision": decision.id,
        "opened_at": rfc3339(decision.opened_at),
        "answered_by": answered.actor if answered is not None else None,
        "answered_at": rfc3339(answered.at) if answered is not None else None,
        "card_at": _time(card),
        "notifiers": {row.message.notifier: _time(row) for row in calls},
        "ended_at": rfc3339(ended),
    }
    actor = answered.actor if answered is not None else decision.acts[-1].actor
    return entry(decision.rollout, EntryKind.DRILL, decision.site or "", decision.id, body=body, actor=actor, at=ended)


def _time(row: OutboxRow | None) -> str | None:
    return rfc3339(row.sent_at) if row is not None and row.sent_at is not None else None
