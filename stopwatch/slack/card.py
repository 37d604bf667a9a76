"""The root card of a decision: push line, three lines, facts, links and small print, at four levels of detail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, Decision
from stopwatch.core.outbox import Detail, MessageKind
from stopwatch.slack.buttons import act_buttons
from stopwatch.slack.cause import NAME, Cause, lead
from stopwatch.slack.figures import between, clock, figure, here, moment, span
from stopwatch.slack.last_resort import last_resort
from stopwatch.slack.payload import Payload, context, fields, header, link_buttons, metadata, reference, section
from stopwatch.slack.story import place, push_line, three_lines, title
from stopwatch.slack.summons import on_call_words
from stopwatch.slack.text import fitted, safe, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.core.decision import Link
    from stopwatch.core.outbox import Message
    from stopwatch.slack.payload import Block

_HEADER = 150
_GROUNDS = 8
_LINKS = 10
_SHORT_LINK = 300
_WORDS = {"ack": Act.ACKNOWLEDGE, "confirm": Act.CONFIRM}


@dataclass(frozen=True, slots=True)
class CardTerms:
    """
    What a card needs beside the decision.

    *answer_within* and *undecided* are the plan's delays until an open or an acknowledged decision should have been
    answered; *audit_head* is the newest hash of the audit chain. *answerable*: somebody hears what its buttons say.
    """

    answer_within: timedelta = timedelta(minutes=10)
    undecided: timedelta = timedelta(minutes=30)
    audit_head: str | None = None
    answerable: bool = True


def card(decision: Decision, message: Message, terms: CardTerms, detail: Detail) -> Payload:
    """Render the card of *decision*; each level down needs less of Slack, and all but the last say all three lines."""
    if detail is Detail.MINIMAL:
        return last_resort(message, decision)
    lines = three_lines(decision, answer_within=terms.answer_within, undecided=terms.undecided)
    push = push_line(decision)
    found_by = metadata(message, decision.rev, kind=MessageKind.DRILL if decision.drill else None)
    match detail:
        case Detail.FULL:
            return Payload(push, tuple(_blocks(decision, lines, terms)), found_by)
        case Detail.COMPACT:
            return Payload(push, tuple(_compact(decision, lines, terms)), found_by)
        case Detail.TEXT:
            return Payload(_text(push, lines, decision), metadata=found_by)
        case _:
            return Payload(f"{_text(push, lines, decision)}\n{reference(message.key)}")


def _blocks(decision: Decision, lines: tuple[str, str, str], terms: CardTerms) -> Iterator[Block]:
    yield header(fitted(title(decision), _HEADER))
    yield section("\n".join(lines))
    if called := on_call_words(decision):
        yield section(called)
    if len(decision.grounds) > 1:
        yield section(_all_grounds(decision))
    if facts := _facts(decision):
        yield fields(facts)
    if buttons := _buttons(decision, terms):
        yield buttons
    if links := _links(decision):
        yield link_buttons(links)
    if hint := _hint(decision):
        yield context(hint)
    yield context(_identity(decision, terms))


def _compact(decision: Decision, lines: tuple[str, str, str], terms: CardTerms) -> Iterator[Block]:
    yield section("\n".join(lines))
    if called := on_call_words(decision):
        yield section(called)
    if buttons := _buttons(decision, terms):
        yield buttons
    yield context(_identity(decision, terms))


def _buttons(decision: Decision, terms: CardTerms) -> Block | None:
    return act_buttons(decision) if terms.answerable else None


def _all_grounds(decision: Decision) -> str:
    shown = [f"• {_ground_line(Cause(ground))}" for ground in decision.grounds[-_GROUNDS:]]
    hidden = len(decision.grounds) - len(shown)
    head = f"*{len(decision.grounds)} grounds*" + (f", the newest {len(shown)}:" if hidden else ":")
    return "\n".join([head, *shown])


def _ground_line(cause: Cause) -> str:
    ground = cause.ground
    ended = ground.recovered_at or ground.resolved_at
    word = "recovered" if ground.recovered_at else "resolved"
    state = (
        f"{word} {here(ended)}" if ended else "its rule was withdrawn, wants resolve" if ground.unwatched else "holds"
    )
    return f"{cause.short(_HEADER)} · since {here(ground.opened_at)} · {state}"


def _facts(decision: Decision) -> list[tuple[str, str]]:
    """Return the titled facts of the leading ground; a fact that is not known has no field."""
    cause = lead(decision)
    if cause is None:
        return []
    facts, ground = cause.facts, cause.ground
    used, expected = figure(facts.get("samples_used"), "count"), figure(facts.get("samples_expected"), "count")
    window = facts.get("window_text")
    live = moment(facts.get("go_live"))
    good = cause.good_again
    baseline = figure(facts.get("baseline"), cause.unit)
    named: list[tuple[str, str | None]] = [
        ("Value at opening", cause.value),
        ("Limit", f"{cause.limit}{f', good again {good}' if good else ''}" if cause.limit else None),
        ("Baseline", baseline),
        ("Samples", f"{used} of {expected} expected" if used and expected else None),
        ("Window", safe(window, NAME) if window else None),
        ("Time since go-live", between(live, ground.opened_at) if live and live <= ground.opened_at else None),
        ("Other sites", cause.others()),
        ("Recovered", here(ground.recovered_at) if ground.recovered_at and len(decision.grounds) == 1 else None),
    ]
    return [(name, fact) for name, fact in named if fact]


def _links(decision: Decision) -> list[tuple[str, str, str]]:
    """Return (action id, label, address) of the usable links of grounds and acts, each address once."""
    found: dict[str, str] = {}
    for kind, url in _all_links(decision):
        address = web_address(url)
        if address is not None:
            found.setdefault(address, kind)
    buttons: list[tuple[str, str, str]] = []
    for number, (address, kind) in enumerate(list(found.items())[:_LINKS], start=1):
        word = fitted(kind, 40) or "link"
        plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in kind)[:40]
        taken = any(name == f"link_{plain}" for name, _, _ in buttons)
        buttons.append((f"link_{plain}_{number}" if taken else f"link_{plain}", word[:1].upper() + word[1:], address))
    return buttons


def _all_links(decision: Decision) -> Iterator[tuple[str, str]]:
    links: list[Link] = [link for ground in decision.grounds for link in ground.links]
    yield from ((link.kind, link.url) for link in links)
    for acted in decision.acts:
        attached = acted.details.get("links")
        for entry in attached if isinstance(attached, list | tuple) else ():
            if isinstance(entry, dict):
                yield str(entry.get("kind") or "link"), str(entry.get("url") or "")


def _hint(decision: Decision) -> str | None:
    """Return how to answer without buttons, None where nothing is left to answer."""
    if not decision.state.live:
        return None
    words = [f"`{word}`" for word, act in _WORDS.items() if decision.after(act) is not None]
    thread = f"{' or '.join(words)} in the thread, or " if words else ""
    return f"Without buttons: {thread}`stopwatch decisions ACT {decision.id}`"


def _identity(decision: Decision, terms: CardTerms) -> str:
    cause = lead(decision)
    facts = cause.facts if cause else {}
    age, rule = span(facts.get("data_age_seconds")), facts.get("rule_hash")
    evidence = cause.ground.evidence if cause else None
    parts = [
        f"`{decision.id}`",
        f"rev {decision.rev}",
        f"rule {safe(str(rule)[:12], 12)}" if rule else None,
        f"evidence {safe(evidence[:12], 12)}" if evidence else None,
        f"data {age} old when recorded" if age else None,
        f"opened {here(decision.opened_at)}",
        f"audit {safe(terms.audit_head[:12], 12)}" if terms.audit_head else None,
    ]
    return " · ".join(part for part in parts if part)


def _text(push: str, lines: tuple[str, str, str], decision: Decision) -> str:
    links = " · ".join(
        f"<{address}|{label}>" for _, label, address in _links(decision)[:4] if len(address) <= _SHORT_LINK
    )
    called = on_call_words(decision)
    opened = f"opened {clock(decision.opened_at)} · rev {decision.rev} · {place(decision)}"
    return "\n".join(part for part in (push, *lines, called, links, _hint(decision), opened) if part)
