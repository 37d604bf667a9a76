"""Decisions with their grounds and acts, as rows and back."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, not_, or_, select, tuple_, update

from stopwatch.core.decision import (
    DRILL_SCOPE,
    Act,
    Acted,
    Decision,
    DecisionId,
    DecisionState,
    Ground,
    GroundKind,
    Link,
)
from stopwatch.core.errors import ActStaleError, DecisionNotFoundError, Standing
from stopwatch.core.rollback_wire import clock_json, clock_of
from stopwatch.store.columns import instant_text
from stopwatch.store.schema import acts, decisions, grounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping, Select

    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.selection import Selection


def load(connection: Connection, where: ColumnElement[bool], *, by_end: bool = False) -> list[Decision]:
    """Return the decisions that *where* selects, oldest first (by their end if asked), in three queries."""
    order = decisions.c.ended_at if by_end else decisions.c.opened_at
    heads = connection.execute(select(decisions).where(where).order_by(order, decisions.c.id)).mappings().all()
    if not heads:
        return []
    chosen = select(decisions.c.id).where(where)
    their_grounds: dict[str, list[Ground]] = defaultdict(list)
    asked = _grounds().where(grounds.c.decision.in_(chosen)).order_by(grounds.c.decision, grounds.c.position)
    for row in connection.execute(asked):
        their_grounds[row[0]].append(_ground_of(row))
    their_acts: dict[str, list[Acted]] = defaultdict(list)
    told = _acts().where(acts.c.decision.in_(chosen)).order_by(acts.c.decision, acts.c.number)
    for row in connection.execute(told):
        their_acts[row[0]].append(_acted_of(row))
    return [_decision_of(row, their_grounds[row["id"]], their_acts[row["id"]]) for row in heads]


def load_newest(
    connection: Connection, where: ColumnElement[bool], *, limit: int, before: DecisionId | None
) -> list[Decision]:
    """Return the newest *limit* decisions that *where* selects, of those before *before*, oldest first."""
    order = (decisions.c.opened_at, decisions.c.id)
    if before is not None:
        edge = select(*order).where(decisions.c.id == before).scalar_subquery()
        where = and_(where, tuple_(*order) < edge)
    newest = select(decisions.c.id).where(where).order_by(*(column.desc() for column in order)).limit(limit)
    return load(connection, decisions.c.id.in_(connection.execute(newest).scalars().all()))


def of_rollout(rollout: str, *, state: str | None, site: SiteId | None, live: bool | None) -> ColumnElement[bool]:
    """Return the condition for a list of decisions; *site* matches the scope or any ground's site."""
    wanted = [decisions.c.rollout == rollout]
    if state is not None:
        wanted.append(decisions.c.state == state)
    if live is not None:
        wanted.append(decisions.c.live_scope.is_not(None) if live else decisions.c.live_scope.is_(None))
    if site is not None:
        told_of = exists().where(grounds.c.decision == decisions.c.id, grounds.c.site == site)
        wanted.append(or_(decisions.c.scope == site, told_of))
    return and_(*wanted)


def load_selected(
    connection: Connection, rollout: str, wanted: Selection, *, limit: int | None
) -> tuple[list[Decision], int]:
    """Return the newest *limit* (None: all) decisions of a selection, newest first, and how many it has in all."""
    where = and_(of_rollout(rollout, state=wanted.state, site=wanted.site, live=wanted.live), *_of_selection(wanted))
    if limit is None:
        found = load(connection, where)
        return found[::-1], len(found)
    whole = connection.execute(select(func.count()).select_from(decisions).where(where)).scalar_one()
    return load_newest(connection, where, limit=limit, before=None)[::-1], whole


def _of_selection(wanted: Selection) -> Iterator[ColumnElement[bool]]:
    if wanted.drill is not None:
        drill = decisions.c.scope.startswith(DRILL_SCOPE, autoescape=True)
        yield drill if wanted.drill else not_(drill)
    if wanted.phase is not None:
        yield decisions.c.phase == wanted.phase
    if wanted.kind is not None:
        yield exists().where(grounds.c.decision == decisions.c.id, grounds.c.kind == wanted.kind.value)
    if wanted.since is not None:
        yield decisions.c.opened_at >= wanted.since
    if wanted.until is not None:
        yield decisions.c.opened_at < wanted.until


def every_act(connection: Connection) -> list[tuple[str, str, str]]:
    """Return (decision, act, time) of every act of a person; what data and time did is audited in other words."""
    query = select(acts.c.decision, acts.c.act, acts.c.at).where(acts.c.act.in_([act.value for act in Act]))
    return [(decision, act, instant_text(at)) for decision, act, at in connection.execute(query)]


def newest_act(
    connection: Connection, rollout: str, scopes: Sequence[str], act: str, *, until: datetime
) -> tuple[DecisionId, Acted] | None:
    """Return the newest act of that name, not after *until*, upon decisions of *scopes*, with its decision."""
    query = (
        _acts()
        .join(decisions, decisions.c.id == acts.c.decision)
        .where(decisions.c.rollout == rollout, decisions.c.scope.in_(scopes), acts.c.act == act, acts.c.at <= until)
        .order_by(acts.c.at.desc(), acts.c.decision.desc(), acts.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (DecisionId(row[0]), _acted_of(row))


def opened_counts(connection: Connection, rollout: str) -> dict[str, dict[GroundKind, int]]:
    """Return how many decisions were ever opened per scope, by the kind of their first ground."""
    query = (
        select(decisions.c.scope, grounds.c.kind, func.count())
        .join(grounds, grounds.c.decision == decisions.c.id)
        .where(decisions.c.rollout == rollout, grounds.c.position == 0)
        .group_by(decisions.c.scope, grounds.c.kind)
    )
    found: dict[str, dict[GroundKind, int]] = defaultdict(dict)
    for scope, kind, number in connection.execute(query):
        found[scope][GroundKind(kind)] = number
    return dict(found)


def find_ground(
    connection: Connection, rollout: str, site: SiteId, rule: RuleId, opened_at: datetime
) -> tuple[DecisionId, Ground] | None:
    """Return the ground with that identity and its decision's id."""
    query = _grounds().where(
        grounds.c.rollout == rollout,
        grounds.c.site == site,
        grounds.c.rule == rule,
        grounds.c.opened_at == opened_at,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (DecisionId(row[0]), _ground_of(row))


def save(connection: Connection, decision: Decision, *, rev_before: int | None) -> None:
    """
    Insert a decision, or bring the stored one to the given value if its revision is still *rev_before*.

    Stored grounds and acts are never lost: a value that lacks some of them was made from an older one and is stale.

    Raises:
        ActStaleError: The stored revision is not *rev_before*, or grounds or acts were added since.
        DecisionNotFoundError: There is none with this id to be changed.

    """
    values = _decision_row(decision)
    if rev_before is None:
        connection.execute(insert(decisions).values(values))
    else:
        query = update(decisions).where(decisions.c.id == decision.id, decisions.c.rev == rev_before)
        if connection.execute(query.values(values)).rowcount != 1:
            raise _stale(connection, decision.id, f"revision {rev_before} is not the stored one")
    _save_grounds(connection, decision)
    _save_acts(connection, decision)


def _save_grounds(connection: Connection, decision: Decision) -> None:
    query = _grounds().where(grounds.c.decision == decision.id).order_by(grounds.c.position)
    stored = [_ground_of(row) for row in connection.execute(query)]
    if [ground.id for ground in stored] != [ground.id for ground in decision.grounds[: len(stored)]]:
        raise _stale(connection, decision.id, "grounds were added")
    for before, after in zip(stored, decision.grounds, strict=False):
        if before != after:
            same = and_(grounds.c.decision == decision.id, grounds.c.id == after.id)
            connection.execute(update(grounds).where(same).values(_ground_row(after)))
    added = [
        {"decision": decision.id, "rollout": decision.rollout, "position": position, **_ground_row(ground)}
        for position, ground in enumerate(decision.grounds)
        if position >= len(stored)
    ]
    if added:
        connection.execute(insert(grounds), added)


def _save_acts(connection: Connection, decision: Decision) -> None:
    query = select(func.count()).select_from(acts).where(acts.c.decision == decision.id)
    stored = connection.execute(query).scalar_one()
    if stored > len(decision.acts):
        raise _stale(connection, decision.id, "acts were added")
    added = [
        {"decision": decision.id, "number": number, **_act_row(acted)}
        for number, acted in enumerate(decision.acts, start=1)
        if number > stored
    ]
    if added:
        connection.execute(insert(acts), added)


def _stale(connection: Connection, decision: DecisionId, why: str) -> ActStaleError | DecisionNotFoundError:
    found = load(connection, decisions.c.id == decision)
    if not found:
        return DecisionNotFoundError(f"there is no decision {decision}")
    stored, last = found[0], found[0].last_act
    standing = Standing(stored.rev, stored.state.value, last.actor if last else None, last.at if last else None)
    return ActStaleError(f"{decision} changed in the meantime: {why}", standing)


# ------------------------------------------------------------------------------------------------------ values and rows


def _decision_row(decision: Decision) -> dict[str, object]:
    return {
        "id": decision.id,
        "rollout": decision.rollout,
        "scope": decision.scope,
        "live_scope": decision.scope if decision.state.live else None,
        "site": decision.site,
        "phase": decision.phase,
        "state": decision.state.value,
        "rev": decision.rev,
        "episode": decision.episode,
        "opened_at": decision.opened_at,
        "detected_late": decision.detected_late,
        "until": decision.until,
        "ended_at": decision.ended_at,
        "accepted": sorted(decision.accepted),
        "clock": None if decision.clock is None else clock_json(decision.clock),
    }


def _decision_of(row: RowMapping, its_grounds: list[Ground], its_acts: list[Acted]) -> Decision:
    plain = {name: row[name] for name in ("rollout", "scope", "site", "phase", "rev", "episode", "opened_at")}
    return Decision(
        id=DecisionId(row["id"]),
        state=DecisionState(row["state"]),
        detected_late=row["detected_late"],
        until=row["until"],
        ended_at=row["ended_at"],
        accepted=frozenset(row["accepted"]),
        grounds=tuple(its_grounds),
        acts=tuple(its_acts),
        clock=None if row["clock"] is None else clock_of(row["clock"]),
        **plain,
    )


# Whole lists are read of ten thousand decisions and more: rows come in the order of their value's fields, by place.
_PLAIN_OF_GROUND = (
    *("site", "rule", "criterion", "opened_at", "recorded_at", "pending_since", "recovered_at", "resolved_at"),
    *("unwatched", "detected_late", "evidence"),
)


def _ground_row(ground: Ground) -> dict[str, object]:
    return {
        "id": ground.id,
        "kind": ground.kind.value,
        "links": [{"kind": link.kind, "url": link.url} for link in ground.links],
        "summary": None if ground.summary is None else dict(ground.summary),
        **{name: getattr(ground, name) for name in _PLAIN_OF_GROUND},
    }


def _grounds() -> Select[Any]:
    """Select what `_ground_of` reads: the decision's id, then the fields of a ground."""
    return select(*(grounds.c[name] for name in ("decision", "id", "kind", *_PLAIN_OF_GROUND, "links", "summary")))


def _ground_of(row: Sequence[Any]) -> Ground:
    links = tuple(Link(link["kind"], link["url"]) for link in row[-2])
    return Ground(*(row[1], GroundKind(row[2]), *row[3:-2], links, row[-1]))


_FIELDS_OF_ACT = ("act", "actor", "at", "reason", "rev_before", "rev_after", "details")


def _act_row(acted: Acted) -> dict[str, object]:
    return {name: getattr(acted, name) for name in _FIELDS_OF_ACT} | {"details": dict(acted.details)}


def _acts() -> Select[Any]:
    """Select what `_acted_of` reads: the decision's id, then the fields of an act."""
    return select(*(acts.c[name] for name in ("decision", *_FIELDS_OF_ACT)))


def _acted_of(row: Sequence[Any]) -> Acted:
    return Acted(*row[1:])
