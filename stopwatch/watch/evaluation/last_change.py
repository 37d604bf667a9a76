"""The last change at a site before a moment: a go-live, a roll-back, or else what the plan says is rolled out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import EntryKind
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import Acted, DecisionId
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.ports import Reader


def last_change(
    view: Reader, plan: Plan, site: SiteId, phase: PhaseId, activation: Activation | None, *, at: datetime
) -> dict[str, object]:
    """
    Return the newest change that is recorded at *site* by *at*, as JSON values; what is not known of it is absent.

    *kind* is activation, roll-back, or (where nothing is recorded) plan. *ticket* is the link that came with it, else
    the one of the plan's change record.

    Raises:
        StoreError: The records could not be read.

    """
    found = [
        *_of_entries(view.entries(plan.rollout, kind=EntryKind.ACTIVATION, scope=site)),
        *([_of_activation(plan, activation)] if activation is not None else []),
    ]
    scopes = (site, wide_scope(phase), WIDE_ALL)
    rolled_back = view.newest_act(plan.rollout, scopes, Act.ROLL_BACK, until=at)
    if rolled_back is not None:
        found.append(_of_roll_back(*rolled_back))
    before = [change for change in found if datetime.fromisoformat(str(change["at"])) <= at]
    # Of equals the first counts: an entry of the ledger says more than the activation that was recorded with it.
    chosen = max(before, key=lambda change: datetime.fromisoformat(str(change["at"])), default=_of_plan(plan))
    ticket = plan.change.written.get("ticket")
    told = {"ticket": str(ticket) if ticket is not None else None} | {
        name: value for name, value in chosen.items() if value is not None
    }
    return {name: value for name, value in told.items() if value is not None}


def _of_entries(entries: list[Entry]) -> list[dict[str, object]]:
    return [
        {
            "kind": "activation",
            "at": entry.body["at"],
            "version": entry.body.get("version"),
            "previous_version": entry.body.get("previous_version"),
            "actor": entry.actor,
            "reason": entry.body.get("reason"),
            "ticket": entry.body.get("link"),
        }
        for entry in entries
    ]


def _of_activation(plan: Plan, activation: Activation) -> dict[str, object]:
    version = activation.version or plan.change.version
    return {"kind": "activation", "at": rfc3339(activation.at), "version": version, "actor": activation.actor}


def _of_roll_back(decision: DecisionId, acted: Acted) -> dict[str, object]:
    return {
        "kind": "roll-back",
        "at": rfc3339(acted.at),
        "what": acted.details.get("what"),
        "version": acted.details.get("to"),
        "previous_version": acted.details.get("from"),
        "actor": acted.actor,
        "reason": acted.reason,
        "ticket": _link(acted.details),
        "decision": decision,
    }


def _link(details: Mapping[str, object]) -> object:
    links = details.get("links")
    first = next(iter(links), None) if isinstance(links, list | tuple) else None
    return first.get("url") if isinstance(first, dict) else None


def _of_plan(plan: Plan) -> dict[str, object]:
    change = plan.change
    return {"kind": "plan", "what": change.what, "version": change.version, "actor": change.initiator}
