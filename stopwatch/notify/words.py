"""What a second notifier says of a decision, as plain words and JSON values; nothing here is mark-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision

_NAMES = 5
_LONGEST = 200


def summary(decision: Decision, cause: str) -> str:
    """Return one line: ``ham-01 (pilot) is paused: integration-5xx; nobody has answered``, or that it is over."""
    if decision.drill:
        told = "it is over" if cause == "over" else "nothing is wrong; whoever is called answers it"
        return f"DRILL at {place(decision)}: {told}"
    if cause == "over":
        return (
            f"{place(decision)} is {'paused again' if decision.paused else 'no longer paused'}: {decision.state.value}"
        )
    names = list(dict.fromkeys(ground.name[:_LONGEST] for ground in decision.grounds))
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    why = {
        "undelivered": "Slack has not taken the message",
        "unreachable": "Slack cannot be used",
    }.get(cause, "nobody has answered")
    return f"{place(decision)} is paused: {', '.join(names[:_NAMES])}{more}; {why}"


def place(decision: Decision) -> str:
    """Return whom the decision pauses, in words."""
    if decision.site is not None:
        return f"{decision.site} ({decision.phase})" if decision.phase else str(decision.site)
    return "every site" if decision.phase is None else f"every site of {decision.phase}"


def facts(decision: Decision, external_url: str | None) -> dict[str, object]:
    """Return a decision as JSON values."""
    return {
        "decision": decision.id,
        "rollout": decision.rollout,
        "scope": decision.scope,
        "site": decision.site,
        "phase": decision.phase,
        "state": decision.state.value,
        "paused": decision.paused,
        "drill": decision.drill,
        "rev": decision.rev,
        "opened_at": rfc3339(decision.opened_at),
        "grounds": [
            {
                "id": ground.id,
                "name": ground.name,
                "opened_at": rfc3339(ground.opened_at),
                "recovered_at": rfc3339(ground.recovered_at) if ground.recovered_at else None,
            }
            for ground in decision.grounds
        ],
        "url": link(decision, external_url),
    }


def link(decision: Decision, external_url: str | None) -> str | None:
    """Return where people find the decision, if the daemon knows how they reach it."""
    return f"{external_url.rstrip('/')}/decisions/{decision.id}" if external_url else None
