"""What only the person who acted is told, because nothing changed: who was first, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.inbox import Result
from stopwatch.slack.cause import NAME, person
from stopwatch.slack.figures import here
from stopwatch.slack.text import escape, safe
from stopwatch.slack.thread import DID, NOW

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision
    from stopwatch.core.inbox import Interaction

_WHY = 600


def whisper(deed: Interaction, result: Result, why: str | None, decision: Decision | None) -> str:
    """Return in a few safe lines why *deed* changed nothing, who did what when, and how the decision stands."""
    where = f" on `{escape(deed.decision)}`" if deed.decision else ""
    lines = [f"*Your “{escape(deed.act)}” changed nothing*{where}."]
    grown = result is Result.STALE and decision is not None and deed.rev == decision.rev
    if why and (grown or result is not Result.STALE):
        words = safe(why, _WHY).rstrip(".")
        lines.append(f"{words[:1].upper()}{words[1:]}.")
    if decision is not None and result is not Result.REFUSED:
        last = decision.last_act
        if last is not None:
            lines.append(f"{person(last.actor)} {DID.get(last.act, safe(last.act, NAME))} {here(last.at)}.")
        again = " Click again on the new card if you still want to." if result is Result.STALE else ""
        lines.append(f"Now: {NOW.get(decision.state, decision.state)}, rev {decision.rev}.{again}")
    return "\n".join(lines)
