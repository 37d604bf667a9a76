"""Messages that call people: an unanswered pause, a breach that still holds, a site that cannot be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, DecisionState
from stopwatch.core.escalation import escalates
from stopwatch.core.outbox import MessageKind
from stopwatch.slack.cause import NAME, person
from stopwatch.slack.figures import here, moment
from stopwatch.slack.story import place
from stopwatch.slack.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Message

_MENTIONS = 5
_RULES = 10
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)
_GROUP = re.compile(r"S[A-Z0-9]{2,20}", re.ASCII)
_WHY = {"no_data": "no data", "error": "cannot be evaluated", "unevaluated": "not evaluated"}
_ALOUD = frozenset({Act.OVERRIDE, Act.RESUME})


def is_broadcast(message: Message) -> bool:
    """Whether a thread item is shown in the channel too: escalation, override and resume."""
    acted = message.kind is MessageKind.ACT and message.body.get("act") in _ALOUD
    return acted or message.kind is MessageKind.ESCALATION


def call_words(body: Mapping[str, object], decision: Decision | None) -> str:
    """Return the words of a step of escalation: whom it calls, what waits since when."""
    since = moment(body.get("since"))
    waiting = f" since {here(since)}" if since else ""
    where = place(decision) if decision else "the site"
    last = decision.last_act if decision else None
    if body.get("state") == DecisionState.ACKNOWLEDGED and last is not None:
        told = (
            f"*Acknowledged, undecided{waiting}*: {person(last.actor)} saw that {where} is paused, and nobody decided."
        )
    else:
        told = f"*Unanswered{waiting}*: {where} is paused and nobody has acknowledged it."
    return f"{mentions(body)}{told} Acknowledge or confirm to stop this call."


def on_call_words(decision: Decision) -> str:
    """
    Return the line of an open card that calls who is on call; empty where nobody is to be called.

    It must stand in the first message, as edits notify nobody; who has just acted himself is not called.
    """
    if decision.state is not DecisionState.OPEN:
        return ""
    last = decision.last_act
    acted = {last.actor} if last is not None else {(ground.summary or {}).get("actor") for ground in decision.grounds}
    called: list[str] = []
    for ground in decision.grounds if any(map(escalates, decision.grounds)) else ():
        named = (ground.summary or {}).get("on_call")
        called += [str(each) for each in named] if isinstance(named, list | tuple) else [str(named)] if named else []
    marks = mentions({"mentions": [each for each in dict.fromkeys(called) if f"slack:{each}" not in acted]})
    return f"On call: {marks.rstrip()}" if marks else ""


def reminder_words(body: Mapping[str, object]) -> str:
    """Return the words of a reminder that a breach still holds."""
    holding = body.get("holding")
    names = ", ".join(safe(name, NAME) for name in holding[:_RULES]) if isinstance(holding, list | tuple) else ""
    since = moment(body.get("since"))
    return f"Still breaching{f' since {here(since)}' if since else ''}{f': {names}' if names else ''}."


def blind_words(body: Mapping[str, object]) -> str:
    """Return the words for a site that cannot be seen, or could not be seen for a while."""
    where = f"{safe(body.get('site_name') or body.get('site'), NAME)} ({safe(body.get('site'), NAME)})"
    since, over = moment(body.get("since")), moment(body.get("over"))
    from_ = f" since {here(since)}" if since else ""
    rules = body.get("rules")
    known = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list | tuple) else []
    listed = ", ".join(
        f"{safe(rule.get('rule'), NAME)} ({_WHY.get(str(rule.get('why')), 'unseen')})" for rule in known[:_RULES]
    )
    more = f" and {len(known) - _RULES} more" if len(known) > _RULES else ""
    if over is not None:
        return f"*Seen again*: {where}, at {here(over)}. It was blind{from_}: {listed}{more}."
    return (
        f"{mentions(body)}*Blind at {where}*{from_}: {listed}{more}. "
        f"Nothing is paused by this, but no breach would be seen, and gates stay unprovable."
    )


def mentions(body: Mapping[str, object]) -> str:
    """Return the mark-up that calls people and groups, with a space behind; what is no id is left out."""
    listed = body.get("mentions")
    marks = [_mention(str(each)) for each in listed[:_MENTIONS]] if isinstance(listed, list | tuple) else []
    return "".join(f"{mark} " for mark in marks if mark)


def _mention(identity: str) -> str | None:
    if _GROUP.fullmatch(identity):
        return f"<!subteam^{identity}>"
    return f"<@{identity}>" if _PERSON.fullmatch(identity) else None
