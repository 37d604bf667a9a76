"""What a card says in words: the state, the three lines, and who must do what by when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, DecisionState
from stopwatch.slack.cause import NAME, REASON, Cause, actor_name, lead, person
from stopwatch.slack.figures import clock, here
from stopwatch.slack.text import escape, fitted, safe

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Acted, Decision

PUSH_MOST = 150
_EFFECT = 300
_PLACE = 24

_S = DecisionState
_BANNERS = {_S.OVERRIDDEN: "OVERRIDDEN", _S.RESUMED: "RESUMED", _S.DISMISSED: "DISMISSED", _S.VERIFIED: "VERIFIED"}
_BANNERS[_S.CLOSED] = "CLOSED"
_DID = {
    _S.ACKNOWLEDGED: "acknowledged",
    _S.CONFIRMED: "confirmed",
    _S.ROLLED_BACK: "rolled back",
    _S.FLAGGED: "rollback not verified",
    _S.VERIFIED: "rollback worked",
}
_CATEGORIES = {"false_alarm": "as a false alarm", "data_fault": "as a fault in the data"}


def push_line(decision: Decision) -> str:
    """Return what a phone shows, at most 150 characters: state, site, cause, and always the whole id."""
    cause = lead(decision)
    tail = f" · {escape(decision.id)}"
    head = fitted(title(decision), max(20, PUSH_MOST - len(tail) - 50))
    more = f" +{len(decision.grounds) - 1}" if len(decision.grounds) > 1 else ""
    room = PUSH_MOST - len(tail) - len(head) - len(more) - 2
    why = cause.short(room) if cause and room > 0 else ""
    return f"{head}{': ' if why else ''}{why}{more}{tail}"


def title(decision: Decision) -> str:
    """Return state and place as plain words, not yet escaped: ``PAUSED ham-01 (pilot), acknowledged by anna``."""
    cause = lead(decision)
    over = cause.over_since if cause and decision.state.live else None
    late = f", over since {clock(over)}" if over else ""
    drill = cause is not None and cause.drill
    word = f"DRILL{'' if decision.state.live else ' OVER'}" if drill else _banner(decision)
    return f"{word} {_where(decision)}{_said(decision)}{late}"


def place(decision: Decision) -> str:
    """Return the site with its name, safe to send: ``Hamburg (ham-01)``; in words for wide stops."""
    if decision.site is None:
        return "all sites" if decision.phase is None else f"every site of {safe(decision.phase, NAME)}"
    cause = lead(decision)
    name = cause.facts.get("site_name") if cause else None
    return f"{safe(name, NAME)} ({safe(decision.site, NAME)})" if name else safe(decision.site, NAME)


def _named(decision: Decision) -> str:
    """Return the site's name alone, where the line above has already said which site it is."""
    cause = lead(decision)
    name = cause.facts.get("site_name") if cause and decision.site is not None else None
    return safe(name, NAME) if name else place(decision)


def three_lines(decision: Decision, *, answer_within: timedelta, undecided: timedelta) -> tuple[str, str, str]:
    """Return cause, effect and next step; every field of them was clipped before it was joined."""
    return (_cause_line(decision), _effect_line(decision), _next_line(decision, answer_within, undecided))


def changed_at(decision: Decision) -> datetime:
    """Return when the decision came into its present state."""
    moved = next((acted.at for acted in reversed(decision.acts) if acted.rev_after != acted.rev_before), None)
    return moved or min((ground.recorded_at for ground in decision.grounds), default=decision.opened_at)


def _banner(decision: Decision) -> str:
    return _BANNERS.get(decision.state, "PAUSED")


def _where(decision: Decision) -> str:
    if decision.site is None:
        return "all sites" if decision.phase is None else f"every site of {decision.phase[:_PLACE]}"
    site = decision.site if len(decision.site) <= _PLACE else decision.site[: _PLACE - 1] + "…"
    return f"{site} ({decision.phase[:_PLACE]})" if decision.phase else site


def _moved(decision: Decision) -> Acted | None:
    return next((acted for acted in reversed(decision.acts) if acted.rev_after != acted.rev_before), None)


def _said(decision: Decision) -> str:
    """Return who brought the decision into its state, with a separator in front; nothing where nobody did."""
    moved = _moved(decision)
    by = f" by {actor_name(moved.actor)}" if moved and moved.actor != "daemon" else ""
    did = f", {_DID[decision.state]}{by}" if decision.state in _DID else by
    if decision.state is _S.OPEN:
        return ", again" if decision.episode > 1 else ""
    if decision.state in {_S.FLAGGED, _S.VERIFIED}:
        return f", {_DID[decision.state]}"
    if decision.state is _S.OVERRIDDEN and decision.until:
        return f" until {clock(decision.until)}{by}"
    if decision.state is _S.DISMISSED and moved:
        return f"{by} {_CATEGORIES.get(str(moved.details.get('category')), '')}".rstrip()
    return did


def _cause_line(decision: Decision) -> str:
    cause = lead(decision)
    if cause is None:
        return f"No ground is recorded · {place(decision)}"
    drill = "*Drill, not a real breach.* " if cause.drill else ""
    over = cause.over_since
    late = f"*Over since {here(over)}* (found late). " if over else "Found late. " if cause.ground.detected_late else ""
    more = len(decision.grounds) - 1
    also = f" · and {more} more ground{'s' if more > 1 else ''} below" if more else ""
    return f"{drill}{late}{cause.words()} · {place(decision)}{also}"


def _effect_line(decision: Decision) -> str:
    cause = lead(decision)
    where = _named(decision)
    if cause and cause.drill:
        return f"Nothing is wrong at {where}; a drill changes no gate."
    if not decision.state.live:
        return f"This decision no longer pauses {where}."
    told = cause.facts.get("effect") if cause else None
    past = "While it lasted: " if _over(decision) else ""
    effect = f"{past}{safe(told, _EFFECT).rstrip('.')}. " if told else ""
    if decision.state is _S.OVERRIDDEN:
        return f"{effect}By override, {where} is not paused; later phases stay closed."
    return f"{effect}The rollout at {where} stands still and later phases stay closed; what is live keeps running."


def _over(decision: Decision) -> bool:
    return bool(decision.grounds) and all(ground.over for ground in decision.grounds)


def _next_line(decision: Decision, answer_within: timedelta, undecided: timedelta) -> str:
    if decision.state in {_S.OPEN, _S.ACKNOWLEDGED, _S.CONFIRMED}:
        return _paused_line(decision, answer_within, undecided)
    match decision.state:
        case _S.OVERRIDDEN:
            return _override_line(decision)
        case _S.ROLLED_BACK:
            return (
                f"*{_actor(decision)} watches* {_rolled(decision)} until the KPIs are back in their band"
                f"{_clock(decision)}. If they are not in time, it is flagged and the pause stays."
            )
        case _S.FLAGGED:
            return (
                "*On-call closes it or rolls back further*: it is not proven that the KPIs came back. The pause stays."
            )
        case _:
            cause = lead(decision)
            return "*The drill is over*; nobody has to do anything." if cause and cause.drill else _final_line(decision)


def _drill_line(decision: Decision, answer_within: timedelta) -> str:
    if decision.state is _S.OPEN:
        by = here(changed_at(decision) + answer_within)
        return f"*On-call acknowledges by {by}*, as if it were real. Otherwise the drill fails and ends by itself."
    return f"*{_actor(decision)} answered*; the drill ends by itself once the second notifier was called too."


def _paused_line(decision: Decision, answer_within: timedelta, undecided: timedelta) -> str:
    if (cause := lead(decision)) and cause.drill:
        return _drill_line(decision, answer_within)
    if _over(decision):
        return "*On-call resumes* with a reason: every ground has recovered. Until then the pause stays."
    if decision.state is _S.OPEN and not _pages(decision):
        return "*On-call confirms or overrides* when next on duty; nobody is paged. Until then the pause stays."
    if decision.state is _S.OPEN:
        by = here(changed_at(decision) + answer_within)
        return f"*On-call acknowledges by {by}.* Otherwise the pause stays, unanswered, and no later phase starts."
    if decision.state is _S.ACKNOWLEDGED:
        by = here(changed_at(decision) + undecided)
        return f"*{_actor(decision)} confirms or overrides by {by}.* Otherwise the pause stays, undecided."
    return "*On-call fixes or rolls back*, and resumes once it has recovered. Until then the pause stays."


def _override_line(decision: Decision) -> str:
    end = here(decision.until) if decision.until else "its end"
    return (
        f"*{_actor(decision)} answers for it until {end}*{_reason(decision)}. "
        f"Then it resumes if every ground has recovered, otherwise it is paused again."
    )


def _final_line(decision: Decision) -> str:
    if decision.state is _S.RESUMED and _moved(decision) is not None and _actor(decision) == "stopwatch":
        return "*Nobody needs to act*: the override ended with every ground recovered. Its rules watch again from now."
    return f"*Nobody needs to act*{_reason(decision)}. The rules that paused it watch again from now."


def _pages(decision: Decision) -> bool:
    return any(Cause(ground).pages for ground in decision.grounds)


def _actor(decision: Decision) -> str:
    moved = _moved(decision)
    return person(moved.actor) if moved else "On-call"


def _reason(decision: Decision) -> str:
    moved = _moved(decision)
    return f": “{safe(moved.reason, REASON)}”" if moved and moved.reason else ""


def _clock(decision: Decision) -> str:
    """Return how the verification stands and when its time is over: ``: inside the band for 12 of 30 min, until …``."""
    return f": {decision.clock.words}, until {here(decision.clock.until)}" if decision.clock is not None else ""


def _rolled(decision: Decision) -> str:
    moved = next((acted for acted in reversed(decision.acts) if acted.act == Act.ROLL_BACK), None)
    if moved is None:
        return "the rollback"
    what, old, new = (safe(moved.details.get(name) or "?", NAME) for name in ("what", "from", "to"))
    return f"the rollback of the {what} from {old} to {new}"
