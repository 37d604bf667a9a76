"""The part of the handover pack that says what people did: go-lives, pauses, roll-backs, records; who, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, DecisionState, Happening
from stopwatch.core.go_lives import go_lives
from stopwatch.core.ledger import EntryKind
from stopwatch.web.figures import minute
from stopwatch.web.reports.document import Section, Table
from stopwatch.web.reports.rows import NONE, decision_table, decisions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopwatch.core.decision import Acted, Decision
    from stopwatch.core.go_lives import GoneLive
    from stopwatch.core.ledger import Entry
    from stopwatch.core.story import Story

_RECORDED = {
    EntryKind.SIGN_OFF: "Sign-offs",
    EntryKind.DONE: "Readiness that was recorded",
    EntryKind.REHEARSAL: "Rehearsals of the roll-back",
    EntryKind.DRILL: "Drills",
    EntryKind.APPROVAL: "Approvals",
}
_VERDICTS = {Happening.ROLLBACK_VERIFIED: "verified", Happening.ROLLBACK_FLAGGED: "NOT verified"}


def go_live_sections(story: Story) -> list[Section]:
    """Return every go-live, first tries included, and what was lacking where the gate was passed by an override."""
    lives = go_lives(story.activations, story.entries)
    if not lives:
        return []
    past = tuple(_past_gate(one) for one in lives if one.overridden)
    rows = tuple(
        (one.site, one.version or NONE, minute(one.at), one.actor, one.reason or NONE, one.link or NONE)
        for one in lives
    )
    columns = ("site", "version", "went live (UTC)", "by", "why", "evidence")
    return [Section("Go-lives", items=past, table=Table(columns, rows))]


def _past_gate(one: GoneLive) -> str:
    lacking = "; ".join(text.partition("; ")[0] for text in one.unmet)
    told = f"{one.site} went live with {one.version} past a closed gate, by {one.actor} on {minute(one.at)} UTC"
    return f"{told}: {one.reason}{f'. Not met: {lacking}' if lacking else ''}"


def record_sections(story: Story) -> list[Section]:
    """Return the pauses, the roll-backs and what else people recorded."""
    return [*_decisions(story), *_roll_backs(story), *_evidence(story), *_recorded(story)]


def _decisions(story: Story) -> list[Section]:
    real = decisions_of(story)
    if not real:
        return [Section("Decisions", text=("The rollout was never paused.",))]
    return [Section("Decisions", table=decision_table(real, story.now))]


def _roll_backs(story: Story) -> list[Section]:
    rows = tuple(
        (
            one.id,
            _what(act),
            act.actor,
            minute(act.at),
            act.reason or NONE,
            _outcome(one, one.acts[place + 1 :]),
        )
        for one in decisions_of(story)
        for place, act in enumerate(one.acts)
        if act.act == Act.ROLL_BACK
    )
    columns = ("decision", "what went back", "by", "on (UTC)", "why", "did the KPIs come back")
    return [Section("Roll-backs", table=Table(columns, rows))] if rows else []


def _what(act: Acted) -> str:
    what, before, after = (act.details.get(name) or "?" for name in ("what", "from", "to"))
    return f"{what} from {before} to {after}"


def _outcome(decision: Decision, later: Sequence[Acted]) -> str:
    for act in later:
        verdict = next((words for happening, words in _VERDICTS.items() if act.act == happening.value), None)
        if verdict is not None:
            return f"{verdict} on {minute(act.at)}: {act.reason}" if act.reason else f"{verdict} on {minute(act.at)}"
    return "being verified" if decision.state is DecisionState.ROLLED_BACK else "nobody waited for it"


def _evidence(story: Story) -> list[Section]:
    rows = tuple((one.id, kind, url) for one in decisions_of(story) for kind, url in _links(one))
    title = "Evidence and follow-ups"
    return [Section(title, table=Table(("decision", "kind", "link"), rows))] if rows else []


def _links(decision: Decision) -> list[tuple[str, str]]:
    links = [(link.kind, link.url) for ground in decision.grounds for link in ground.links]
    links += [link for act in decision.acts for link in _attached(act)]
    order = {"follow-up": 0, "ticket": 1}
    return sorted(dict.fromkeys(links), key=lambda link: order.get(link[0], 2))


def _attached(act: Acted) -> Iterator[tuple[str, str]]:
    """Yield the links that somebody gave with an act."""
    links = act.details.get("links")
    for link in links if isinstance(links, list | tuple) else ():
        if isinstance(link, dict) and link.get("url"):
            yield str(link.get("kind") or "link"), str(link["url"])


def _recorded(story: Story) -> list[Section]:
    found = []
    for kind, title in _RECORDED.items():
        rows = tuple(_entry(one) for one in story.entries if one.kind is kind)
        if rows:
            found.append(Section(title, table=Table(("for", "what", "said", "by", "on (UTC)", "evidence"), rows)))
    return found


def _entry(one: Entry) -> tuple[str, ...]:
    body = one.body
    no = body.get("ok") is False or body.get("done") is False
    note = body.get("note") or body.get("reason") or body.get("detail")
    said = f"{'NO' if no else 'yes'}{f': {note}' if note else ''}"
    return (one.scope, one.item or NONE, said, one.actor, minute(one.at), str(body.get("link") or NONE))
