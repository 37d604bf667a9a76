"""The board as it is shown: phases, their sites worst first, and for every rule its value, limit and progress."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import DecisionState
from stopwatch.core.status import unwatched_words
from stopwatch.web.figures import span, zone_of
from stopwatch.web.pages.board_cells import SPARKLINES, STATE_WORDS, RuleCell, rule_cell, rule_title
from stopwatch.web.pages.rough import since, whole_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.course import Course
    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.rollout import RuleSet, Site
    from stopwatch.core.status import OutboxStatus, SiteStatus, StatusView

UNKNOWN = "not watched"
PAUSED, OVERRIDDEN = "paused", "overridden"
ORDER = (PAUSED, "breached", "recovering", OVERRIDDEN, "error", "no data", "pending", "ok", UNKNOWN)
"""Words of a site, the one that needs people most first."""
_UNSEEN, _ELSEWHERE = "not evaluated yet", "no such rule here"
LATE_STEPS = 3
"""A rule whose newest slot is older than so many steps, and its delay, is behind."""
WAITING_LONG = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """The live decision that covers a site: its state, since when it is open, and who is to act or has acted."""

    id: str
    state: str
    since: str
    lasted: str
    who: str


@dataclass(frozen=True, slots=True)
class SiteRow:
    """
    One site; *cells* has one entry a column of its phase, words where there is nothing of the rule to show.

    *drill* is what people are tried with there now; it changes no word of the site.
    """

    site: str
    name: str
    word: str
    note: str
    told: Told | None
    cells: Sequence[RuleCell | str]
    drill: Told | None = None


@dataclass(frozen=True, slots=True)
class PhaseBlock:
    """One phase: its rules as (id, title), its sites, those first that need people most, and (word, how many)."""

    phase: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[SiteRow]
    counts: Sequence[tuple[str, int]]
    whole: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One fact of the daemon's own health."""

    name: str
    words: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything the board shows, as of *at*; *chosen* is the word whose sites alone are shown, if any."""

    rollout: str
    at: str
    whole: int
    counts: Sequence[tuple[str, int]]
    signs: Sequence[Sign]
    phases: Sequence[PhaseBlock]
    chosen: str


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What a board is drawn from; *leader* is who leads, None for this replica, *waiting* what people forgot."""

    status: StatusView
    rule_set: RuleSet
    live: Sequence[Decision]
    courses: Mapping[tuple[SiteId, RuleId], Sequence[Course]]
    outbox: OutboxStatus | None
    leader: str | None
    waiting: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """The facts, with every live decision by its id and every site's word, at one moment."""

    facts: BoardFacts
    decisions: Mapping[DecisionId, Decision]
    words: Mapping[SiteId, str]
    now: datetime


def board_view(facts: BoardFacts, now: datetime, *, chosen: str = "") -> BoardView:
    """Put together what the board shows at *now*; *chosen* is a word of `ORDER`, or nothing for all sites."""
    SPARKLINES.make_room(sum(map(len, facts.courses.values())))
    decisions = {decision.id: decision for decision in facts.live}
    words = {site.site: _word(site, decisions) for site in facts.status.sites}
    scene = _Scene(facts, decisions, words, now)
    sites: dict[str, list[SiteStatus]] = {phase.id: [] for phase in facts.rule_set.plan.phases}
    for site in facts.status.sites:
        sites.setdefault(site.phase, []).append(site)
    blocks = [_block(phase, members, scene, chosen) for phase, members in sites.items()]
    return BoardView(
        facts.rule_set.plan.rollout,
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        len(words),
        _counts(words.values()),
        _signs(facts, now),
        [block for block in blocks if block.rows or not chosen],
        chosen,
    )


def _block(phase: str, members: Sequence[SiteStatus], scene: _Scene, chosen: str) -> PhaseBlock:
    rule_set, words = scene.facts.rule_set, scene.words
    columns: dict[str, str] = {}
    for site in members:
        for rule in rule_set.rules.get(site.site, ()):
            columns.setdefault(rule.id, rule_title(rule, rule_set.kpis))
        for status in site.rules:
            columns.setdefault(status.rule, status.rule)
    rows = [_row(site, list(columns), scene) for site in members if not chosen or words[site.site] == chosen]
    return PhaseBlock(
        phase,
        list(columns.items()),
        sorted(rows, key=lambda row: ORDER.index(row.word)),
        _counts(words[site.site] for site in members),
        len(members),
    )


def _counts(words: Iterable[str]) -> list[tuple[str, int]]:
    found = Counter(words)
    return [(word, found[word]) for word in ORDER if found[word]]


def _word(site: SiteStatus, decisions: Mapping[DecisionId, Decision]) -> str:
    if site.paused:
        return PAUSED
    if site.decision is not None and site.decision in decisions:
        return OVERRIDDEN
    return STATE_WORDS[site.state] if site.state is not None else UNKNOWN


def _row(site: SiteStatus, columns: Sequence[str], scene: _Scene) -> SiteRow:
    facts, word = scene.facts, scene.words[site.site]
    planned = facts.rule_set.plan.sites.get(site.site)
    cells: dict[str, RuleCell] = {
        status.rule: rule_cell(
            status,
            facts.rule_set.rule(site.site, status.rule),
            facts.rule_set.kpis,
            facts.courses.get((site.site, status.rule), ()),
        )
        for status in site.rules
    }
    own = {rule.id for rule in facts.rule_set.rules.get(site.site, ())}
    return SiteRow(
        site.site,
        planned.name if planned else site.site,
        word,
        unwatched_words(planned.go_live if planned else None, scene.now) if word == UNKNOWN else "",
        _told(site, planned, scene),
        [cells.get(rule, _UNSEEN if rule in own else _ELSEWHERE) for rule in columns] if cells else [],
        next((_of(one, planned, scene) for one in facts.live if one.drill and one.site == site.site), None),
    )


def _told(site: SiteStatus, planned: Site | None, scene: _Scene) -> Told | None:
    if site.decision is None:
        return None
    decision = scene.decisions.get(site.decision)
    if decision is None:
        return Told(site.decision, "live", "", "", "")
    return _of(decision, planned, scene)


def _of(decision: Decision, planned: Site | None, scene: _Scene) -> Told:
    zone = zone_of(planned.timezone if planned else None)
    return Told(
        decision.id,
        decision.state.value.replace("_", " "),
        since(decision.opened_at, scene.now, zone),
        span(whole_minutes(scene.now - decision.opened_at)),
        who_acts(decision, planned.on_call if planned else None),
    )


def who_acts(decision: Decision, on_call: str | None) -> str:
    """Say who is to act, or who has it in hand."""
    last = decision.last_act
    if decision.state is DecisionState.OPEN or last is None:
        return f"nobody has answered; on call: {on_call}" if on_call else "nobody has answered"
    return f"{last.act} by {last.actor}"


def _signs(facts: BoardFacts, now: datetime) -> list[Sign]:
    return [
        *_evaluation_signs(facts, now),
        *(_outbox_signs(facts.outbox, now, follows=facts.leader is not None) if facts.outbox is not None else ()),
        *(Sign(name, words, good=False) for name, words in facts.waiting),
        Sign("leader", facts.leader or "this one", good=facts.leader != "unknown"),
        Sign("rules", f"revision {facts.rule_set.revision[:12]}"),
    ]


def _evaluation_signs(facts: BoardFacts, now: datetime) -> list[Sign]:
    last = facts.status.last_evaluation
    if last is None and facts.leader is None:
        return [Sign("last evaluation", "none yet", good=False)]
    rules = {(site, rule.id): rule for site, each in facts.rule_set.rules.items() for rule in each}
    signs = []
    if last is not None:
        steps = [rule.step for rule in rules.values()]
        late = bool(steps) and now - last > LATE_STEPS * min(steps)
        signs.append(Sign("last evaluation", f"{span(now - last)} ago", good=not late))
    behind = 0
    for site in facts.status.sites:
        for status in site.rules:
            rule = rules.get((site.site, status.rule))
            if rule is not None and status.newest_slot is not None:
                behind += now - status.newest_slot > LATE_STEPS * rule.step + rule.eval_delay
    return [*signs, Sign("backlog", f"{behind} rules behind" if behind else "none", good=not behind)]


def _outbox_signs(outbox: OutboxStatus, now: datetime, *, follows: bool) -> list[Sign]:
    slack = "left to the leader" if follows else {None: "switched off", True: "up", False: "down"}[outbox.slack_up]
    waiting = sum(outbox.pending.values()) + outbox.unknown
    age = now - outbox.oldest if waiting and outbox.oldest is not None else None
    oldest = f", oldest {span(age)}" if age is not None else ""
    return [
        Sign("Slack", slack, good=outbox.slack_up is not False),
        Sign(
            "messages",
            f"{waiting} waiting{oldest}" if waiting else "none waiting",
            good=age is None or age <= WAITING_LONG,
        ),
    ]
