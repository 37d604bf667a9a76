"""A pilot that was rolled back, could not be verified, and went live a second time past its gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import EntryKind
from stopwatch.core.records import Activation
from stopwatch.core.rollback_clock import RollbackClock
from stopwatch.core.story import Story
from tests.core.hypercare import HAM
from tests.web.rollout_story import at, decision, entry, story

AGAIN = at(22, 14)


def rolled_back() -> Decision:
    """A pause whose roll-back was flagged and then closed."""
    ticket = {"kind": "ticket", "url": "https://tickets.example/7"}
    details: dict[str, object] = {"what": "flag", "from": "4.12.0", "to": "4.11.3", "links": [ticket]}
    why = "the KPIs were not inside the band for 30 min by 2026-11-22 12:00 UTC: outside it were ..."
    acts = (
        Acted("roll-back", "slack:U2", at(22, 10), "labels fail", 1, 2, details),
        Acted("rollback-flagged", "daemon", at(22, 12), why, 2, 3, {}),
        Acted("close", "cli:ben", at(22, 13), "looked at together", 3, 4, {}),
    )
    whole = decision()
    return replace(
        whole,
        id=DecisionId("ham-01-20261122T0930Z"),
        state=DecisionState.CLOSED,
        rev=4,
        opened_at=at(22, 9, 30),
        ended_at=at(22, 13),
        grounds=(replace(whole.grounds[0], links=()),),
        acts=acts,
        clock=RollbackClock(timedelta(minutes=30), at(22, 12), at(22, 12)),
    )


def second_try() -> Story:
    """The story with that roll-back and the second go-live."""
    whole = story()
    body = {"version": "4.12.1", "previous_version": "4.12.0", "at": rfc3339(AGAIN), "reason": "labels are mended"}
    again = entry(16, EntryKind.ACTIVATION, HAM, "", AGAIN, **body, override=False, unmet=[])
    live = {HAM: Activation("wms-4-12", HAM, AGAIN, "cli:ida", AGAIN, "4.12.1")}
    return replace(
        whole, activations=live, entries=(*whole.entries, again), decisions=(*whole.decisions, rolled_back())
    )
