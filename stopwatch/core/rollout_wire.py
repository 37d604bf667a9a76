"""The JSON of a rollout: ledger entries, entry gates with their checklists, and where every phase and site stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.entry import EntryGate
    from stopwatch.core.ledger import Entry
    from stopwatch.core.overview import Overview, PhaseOverview, SiteOverview
    from stopwatch.core.readiness import ItemState
    from stopwatch.core.records import Activation


def entry_json(entry: Entry) -> dict[str, object]:
    """Write an entry of the ledger."""
    return {
        "number": entry.number,
        "rollout": entry.rollout,
        "kind": entry.kind.value,
        "scope": entry.scope,
        "item": entry.item,
        "body": dict(entry.body),
        "actor": entry.actor,
        "at": rfc3339(entry.at),
    }


def entry_gate_json(gate: EntryGate) -> dict[str, object]:
    """Write whether a site may be activated, with every reason against it and every item of its checklist."""
    return {
        "site": gate.site,
        "change": gate.type.value,
        "open": gate.open,
        "ready": gate.ready,
        "reasons": [
            {
                "holds": reason.holds.value,
                "text": reason.text,
                "decision": reason.decision,
                "phase": reason.phase,
                "item": reason.item,
            }
            for reason in gate.reasons
        ],
        "items": [_item(item) for item in gate.items],
    }


def _item(state: ItemState) -> dict[str, object]:
    entry = state.entry
    return {
        "item": state.item,
        "text": state.text,
        "owner": state.owner,
        "automatic": state.automatic,
        "met": state.met,
        "why": state.why,
        "link": state.link,
        "by": None if entry is None else entry.actor,
        "at": None if entry is None else rfc3339(entry.at),
        "expires": _time(state.expires),
    }


def activation_json(activation: Activation) -> dict[str, object]:
    """Write a go-live."""
    return {
        "site": activation.site,
        "at": rfc3339(activation.at),
        "version": activation.version,
        "actor": activation.actor,
        "recorded_at": rfc3339(activation.recorded_at),
    }


def overview_json(overview: Overview) -> dict[str, object]:
    """Write where the rollout stands."""
    return {
        "rollout": overview.rollout,
        "change": {
            "type": overview.change.type.value,
            "what": overview.change.what,
            "version": overview.change.version,
        },
        "phases": [_phase(phase) for phase in overview.phases],
    }


def _phase(phase: PhaseOverview) -> dict[str, object]:
    return {
        "phase": phase.phase.id,
        "observation_seconds": phase.phase.observation.total_seconds(),
        "exited": phase.missing is None,
        "missing": phase.missing,
        "sites": [_site(site) for site in phase.sites],
    }


def _site(site: SiteOverview) -> dict[str, object]:
    return {
        "site": site.site.id,
        "name": site.site.name,
        "go_live": _time(site.site.go_live),
        "activation": None if site.activation is None else activation_json(site.activation),
        "overrides": [entry_json(entry) for entry in site.overrides],
        "decision": site.decision,
        "paused": site.paused,
        "entry": entry_gate_json(site.gate),
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
