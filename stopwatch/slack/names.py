"""People by the names they have in Slack, put where acts and messages hold their ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.core.decision import Decision
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.outbox import Message

    NameOf = Callable[[str], str | None]

_PERSON = re.compile(r"slack:([UW][A-Z0-9]+)")


def named_decision(decision: Decision, name_of: NameOf) -> Decision:
    """Return *decision* for reading: whoever acted from Slack by name, as far as the names are known."""
    acts = tuple(replace(acted, actor=_named(acted.actor, name_of)) for acted in decision.acts)
    grounds = tuple(
        replace(ground, summary=_facts(ground.summary, name_of)) if ground.summary else ground
        for ground in decision.grounds
    )
    return replace(decision, acts=acts, grounds=grounds)


def named_message(message: Message, name_of: NameOf) -> Message:
    """Return *message* for reading, as `named_decision` does."""
    return replace(message, body=_facts(message.body, name_of))


def named_issue(logged: Logged, name_of: NameOf) -> Logged:
    """Return *logged* for reading: whoever said the last word from Slack by name, as far as it is known."""
    *before, last = logged.issue.history
    history = (*before, replace(last, actor=_named(last.actor, name_of)))
    return replace(logged, issue=replace(logged.issue, history=history))


def _facts(facts: Mapping[str, object], name_of: NameOf) -> dict[str, object]:
    return {name: _fact(name, value, name_of) for name, value in facts.items()}


def _fact(name: str, value: object, name_of: NameOf) -> object:
    if name == "actor" and isinstance(value, str):
        return _named(value, name_of)
    if isinstance(value, Mapping):
        return _facts(value, name_of)
    if isinstance(value, list | tuple):
        return [_fact("", part, name_of) for part in value]
    return value


def _named(actor: str, name_of: NameOf) -> str:
    found = _PERSON.fullmatch(actor)
    name = name_of(found[1]) if found else None
    return f"slack:{name}" if name else actor
