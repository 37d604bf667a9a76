"""Items of a card's thread: a further ground, an act, a recovery, a summary of what waited, and plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, Acted, Decision, DecisionState, Ground, Happening
from stopwatch.core.drill import DRILL_ENDED
from stopwatch.core.outbox import Detail, Message, MessageKind
from stopwatch.slack.cause import NAME, REASON, Cause, person
from stopwatch.slack.figures import here, moment
from stopwatch.slack.last_resort import last_resort
from stopwatch.slack.payload import Payload, context, metadata, reference, section
from stopwatch.slack.report import report_message
from stopwatch.slack.story import place
from stopwatch.slack.summons import blind_words, call_words, reminder_words
from stopwatch.slack.text import escape, fitted, safe, web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

_ITEMS = 20
_TEXT = 2000
_PUSH = 150
DID: dict[str, str] = {
    Act.ACKNOWLEDGE: "acknowledged",
    Act.CONFIRM: "confirmed the pause",
    Act.RESUME: "resumed",
    Act.OVERRIDE: "overrode the pause",
    Act.DISMISS: "dismissed the pause",
    Act.ROLL_BACK: "rolled back",
    Act.PAUSE_AGAIN: "paused again",
    Act.CLOSE: "closed the decision",
    Act.RESOLVE: "resolved a ground",
    Act.ATTACH: "attached",
    Happening.UNNAMED_GROUND: "paused it again: a ground that the override did not name",
    Happening.OVERRIDE_ENDED_BREACHING: "paused it again: the override ended while a ground still holds",
    Happening.OVERRIDE_ENDED_CLEAR: "resumed it: the override ended with every ground recovered",
    Happening.ROLLBACK_VERIFIED: "verified the rollback: the KPIs are back in their band",
    Happening.ROLLBACK_FLAGGED: "flagged the rollback: it could not be verified that the KPIs came back",
    DRILL_ENDED: "ended the drill",
}
"""What an act was, after the name of who did it."""
NOW: dict[str, str] = {
    DecisionState.OPEN: "paused, unanswered",
    DecisionState.ACKNOWLEDGED: "paused, acknowledged",
    DecisionState.CONFIRMED: "paused, confirmed",
    DecisionState.OVERRIDDEN: "overridden, not paused; later phases stay closed",
    DecisionState.ROLLED_BACK: "paused, rolled back, being verified",
    DecisionState.FLAGGED: "paused, the rollback is not verified",
    DecisionState.RESUMED: "resumed",
    DecisionState.DISMISSED: "dismissed",
    DecisionState.VERIFIED: "over, the rollback worked",
    DecisionState.CLOSED: "closed",
}
"""How a decision stands, by its state."""
_DETAILS = ("category", "ground")


def thread_item(message: Message, decision: Decision | None, detail: Detail) -> Payload:
    """Render one message that is no card; *decision* is as it stands now."""
    if detail is Detail.MINIMAL:
        return last_resort(message, decision)
    if message.kind is MessageKind.REPORT and "lead" in message.body:
        return report_message(message, detail)
    words = item_words(message.kind, message.body, decision)
    small = small_print(message, decision)
    found_by = metadata(message, message.rev)
    flat = "\n".join(part for part in (words, small) if part)
    match detail:
        case Detail.FULL:
            blocks = (section(words), context(small)) if small else (section(words),)
            return Payload(_push(words), blocks, found_by)
        case Detail.COMPACT:
            return Payload(_push(words), (section(words),), found_by)
        case Detail.TEXT:
            return Payload(flat, metadata=found_by)
        case _:
            return Payload(f"{flat}\n{reference(message.key)}")


def small_print(message: Message, decision: Decision | None) -> str:
    """Return what stands below a message: which decision at which revision, and where; empty without a decision."""
    if not message.decision:
        return ""
    return f"{escape(message.decision)} · rev {message.rev}{f' · {place(decision)}' if decision else ''}"


def item_words(kind: MessageKind, body: Mapping[str, object], decision: Decision | None) -> str:
    """Return what a message says, in a few safe lines that are never empty."""
    match kind:
        case MessageKind.GROUND:
            return _ground(body, decision)
        case MessageKind.RECOVERED:
            return _recovered(body, decision)
        case MessageKind.ACT:
            return _act(body, decision)
        case MessageKind.SUMMARY:
            return _summary(body, decision)
        case MessageKind.ESCALATION:
            return call_words(body, decision)
        case MessageKind.REMINDER:
            return reminder_words(body)
        case MessageKind.BLIND if "site" in body:
            return blind_words(body)
        case _:
            return safe(body.get("text") or "", _TEXT) or kind.value


def _push(words: str) -> str:
    """Return the first line for notifications; it is cut at a space, so that no mark-up is cut in two."""
    first = words.partition("\n")[0].replace("*", "")
    if len(first) <= _PUSH or "<" in first[:_PUSH]:
        return first
    return first[: _PUSH - 1].rpartition(" ")[0] + "…"


def _known(body: Mapping[str, object], decision: Decision | None) -> Ground | None:
    grounds = decision.grounds if decision else ()
    return next((ground for ground in grounds if ground.id == body.get("ground")), None)


def _ground(body: Mapping[str, object], decision: Decision | None) -> str:
    ground = _known(body, decision)
    if ground is None:
        return f"A further ground: *{safe(body.get('kpi_title') or body.get('ground') or 'unknown', NAME)}*"
    cause = Cause(ground)
    over = cause.over_since
    late = f" · found late, over since {here(over)}" if over else " · found late" if ground.detected_late else ""
    return f"A further ground: {cause.words()} · since {here(ground.opened_at)}{late}"


def _recovered(body: Mapping[str, object], decision: Decision | None) -> str:
    ground = _known(body, decision)
    name = Cause(ground).title if ground else safe(body.get("ground") or "a ground", NAME)
    at = moment(body.get("recovered_at")) or (ground.recovered_at if ground else None)
    open_grounds = [known for known in decision.grounds if not known.over] if decision else []
    if not open_grounds:
        rest = "Every ground has recovered."
    else:
        still = ", ".join(safe(known.name, NAME) for known in open_grounds[:5])
        rest = f"Still holding: {still}."
    return f"Recovered: *{name}*{f' at {here(at)}' if at else ''}. {rest if decision else ''}".rstrip()


def _act(body: Mapping[str, object], decision: Decision | None) -> str:
    acted = _remembered(body, decision)
    act = str(body.get("act") or (acted.act if acted else "acted"))
    actor = body.get("actor") or (acted.actor if acted else "somebody")
    told_by_daemon = act in {DRILL_ENDED, Happening.ROLLBACK_FLAGGED}
    reason = body.get("reason") or (acted.reason if acted and (acted.actor != "daemon" or told_by_daemon) else None)
    at = moment(body.get("at")) or (acted.at if acted else None)
    details = {**(acted.details if acted else {}), **body}
    did = DID.get(act) or safe(act, NAME)
    said = f": “{safe(reason, REASON)}”" if reason and actor != "daemon" else ""
    if told_by_daemon and reason:
        said = f": {safe(reason, REASON)}"
    first = f"*{person(actor)}* {did}{_what(act, details)}{said}{f' · {here(at)}' if at else ''}"
    now = NOW.get(str(body.get("state")))
    return f"{first}\nNow: {now}" if now else first


def _remembered(body: Mapping[str, object], decision: Decision | None) -> Acted | None:
    """Return the act of a message that carries its revision only; acts that change no revision share it with others."""
    acts = decision.acts if decision and "act" not in body else ()
    return next((acted for acted in reversed(acts) if acted.rev_after == body.get("rev_after")), None)


def _what(act: str, details: Mapping[str, object]) -> str:
    """Return what an act was about: category and end of an override, versions of a rollback, links."""
    if details.get("what"):
        what, old, new = (safe(details.get(name) or "?", NAME) for name in ("what", "from", "to"))
        return f" the {what} from {old} to {new}"
    parts = [f"{name} {safe(details[name], NAME)}" for name in _DETAILS if details.get(name)]
    until = moment(details.get("until"))
    if until:
        parts.append(f"until {here(until)}")
    links = details.get("links")
    for entry in links if isinstance(links, list | tuple) else ():
        address = web_address(str(entry.get("url") or "")) if isinstance(entry, dict) else None
        if isinstance(entry, dict) and address:
            parts.append(f"<{address}|{fitted(entry.get('kind') or 'link', NAME)}>")
    if not parts:
        return ""
    return f" {parts[0]}" if act == Act.ATTACH else f" ({', '.join(parts)})"


def _summary(body: Mapping[str, object], decision: Decision | None) -> str:
    """Return one message for all items that waited while Slack could not be reached."""
    items = body.get("items")
    known = [item for item in items if isinstance(item, dict)] if isinstance(items, list | tuple) else []
    since, until = moment(body.get("since")), moment(body.get("until"))
    span = f" between {here(since)} and {here(until)}" if since and until else ""
    lines = [f"*What happened{span}*, while Slack could not be reached:"]
    for item in known[-_ITEMS:]:
        kind, facts = str(item.get("kind")), item.get("body")
        if kind in set(MessageKind) and isinstance(facts, dict):
            told = item_words(MessageKind(kind), facts, decision).partition("\n")[0]
            lines.append(f"• {told}")
    if len(known) > _ITEMS:
        lines.insert(1, f"• {len(known) - _ITEMS} earlier items")
    return _within(lines)


def _within(lines: list[str]) -> str:
    """Join lines up to what one section holds; whole lines are left out, never parts of one."""
    kept: list[str] = []
    room = 2900
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("• … and more; the card shows how it stands")
            break
        kept.append(line)
    return "\n".join(kept)
