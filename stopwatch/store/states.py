"""Folded states, how far each query was folded, go-lives, and slots nobody will judge."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, TextClause, and_, bindparam, delete, func, insert, or_, select, text

from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.records import Activation, ProgressKey, StateRow, Unjudged
from stopwatch.core.sample import Absence
from stopwatch.core.state import Condition, RuleState
from stopwatch.store.schema import activations, progress, progress_behind, rule_states, unjudged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row


@cache
def _upsert(table: Table) -> TextClause:
    """Return "insert or replace" for *table*; both dialects spell it alike, and text is not compiled for every row."""
    keys = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f":{name}" for name in names)
    conflict = ", ".join(f'"{name}"' for name in keys)
    others = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    statement = f"INSERT INTO {table.name} ({quoted}) VALUES ({values}) ON CONFLICT ({conflict}) DO UPDATE SET {others}"  # noqa: S608 - names of our own schema
    return text(statement).bindparams(*(bindparam(column.name, type_=column.type) for column in table.columns))


def put(connection: Connection, table: Table, values: Mapping[str, object]) -> None:
    """Insert a whole row, or replace the one with its primary key."""
    connection.execute(_upsert(table), values)


def put_once(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row unless its primary key is there already; True if it was inserted."""
    same = [table.c[name] == values[name] for name in table.primary_key.columns.keys()]  # noqa: SIM118 - columns, not a dict
    if connection.execute(select(1).select_from(table).where(*same)).first() is not None:
        return False
    connection.execute(insert(table).values(dict(values)))
    return True


def load_states(connection: Connection, rollout: str, site: SiteId | None) -> list[StateRow]:
    """Return the stored states of a rollout, or of one of its sites, in one query."""
    query = select(rule_states).where(rule_states.c.rollout == rollout)
    if site is not None:
        query = query.where(rule_states.c.site == site)
    return [
        StateRow(
            rollout=row.rollout,
            site=SiteId(row.site),
            rule=RuleId(row.rule),
            state=RuleState(
                armed_at=row.armed_at,
                condition=Condition(row.condition),
                pending_since=row.pending_since,
                opened_at=row.opened_at,
                no_data=None if row.no_data is None else Absence(row.no_data),
                failures=row.failures,
            ),
            as_of=row.as_of,
            rule_hash=row.rule_hash,
            reported=row.reported,
            queries=tuple(ProgressKey(*key) for key in row.queries),
        )
        for row in connection.execute(query.order_by(rule_states.c.site, rule_states.c.rule))
    ]


def save_state(connection: Connection, row: StateRow) -> None:
    """Insert or replace the state of one rule at one site."""
    state = row.state
    values = {
        "rollout": row.rollout,
        "site": row.site,
        "rule": row.rule,
        "armed_at": state.armed_at,
        "condition": state.condition.value,
        "pending_since": state.pending_since,
        "opened_at": state.opened_at,
        "no_data": None if state.no_data is None else state.no_data.value,
        "failures": state.failures,
        "as_of": row.as_of,
        "rule_hash": row.rule_hash,
        "reported": row.reported,
        "queries": [list(key) for key in row.queries],
    }
    put(connection, rule_states, values)


def load_progress(connection: Connection, rollout: str) -> dict[ProgressKey, datetime]:
    """Return how far every query was folded, in one query."""
    found = connection.execute(select(progress).where(progress.c.rollout == rollout))
    return {ProgressKey(row.source, row.query, row.step_seconds, row.eval_delay_seconds): row.last for row in found}


def save_progress(connection: Connection, rollout: str, lasts: Mapping[ProgressKey, datetime]) -> None:
    """Note how far queries were folded; one goes back when the sites that were ahead leave the plan."""
    if lasts:
        rows = [{"rollout": rollout, **key._asdict(), "last": last} for key, last in lasts.items()]
        connection.execute(_upsert(progress), rows)


def load_behind(connection: Connection, rollout: str) -> dict[tuple[ProgressKey, SiteId], datetime]:
    """Return how far the sites that are behind their query were folded, in one query."""
    found = connection.execute(select(progress_behind).where(progress_behind.c.rollout == rollout))
    return {
        (ProgressKey(row.source, row.query, row.step_seconds, row.eval_delay_seconds), SiteId(row.site)): row.last
        for row in found
    }


def save_behind(connection: Connection, rollout: str, key: ProgressKey, site: SiteId, last: datetime | None) -> None:
    """Note how far a site that is behind was folded, or (None) that it has caught up."""
    identity = {"rollout": rollout, **key._asdict(), "site": site}
    if last is not None:
        put(connection, progress_behind, identity | {"last": last})
        return
    same = [progress_behind.c[name] == value for name, value in identity.items()]
    connection.execute(delete(progress_behind).where(*same))


def load_activations(connection: Connection, rollout: str) -> dict[SiteId, Activation]:
    """Return the newest activation of every site: the one that was recorded last."""
    query = select(activations).where(activations.c.rollout == rollout).order_by(activations.c.number)
    return {SiteId(row.site): _activation(row) for row in connection.execute(query)}


def count_activations(connection: Connection, rollout: str) -> int:
    """Return how many activations were ever recorded."""
    return connection.execute(select(func.count()).where(activations.c.rollout == rollout)).scalar_one()


def load_reactivations(connection: Connection, rollout: str, after: datetime) -> list[Activation]:
    """Return the go-lives of sites that were live before, for or recorded after *after*, oldest first."""
    recent = or_(activations.c.at > after, activations.c.recorded_at > after)
    query = select(activations).where(activations.c.rollout == rollout, activations.c.number > 1, recent)
    return [_activation(row) for row in connection.execute(query.order_by(activations.c.at, activations.c.number))]


def _activation(row: Row[tuple[object, ...]]) -> Activation:
    return Activation(row.rollout, SiteId(row.site), row.at, row.actor, row.recorded_at, row.version)


def save_activation(connection: Connection, activation: Activation) -> None:
    """Append an activation."""
    its_site = and_(activations.c.rollout == activation.rollout, activations.c.site == activation.site)
    newest = connection.execute(select(func.max(activations.c.number)).where(its_site)).scalar_one()
    names = ("rollout", "site", "at", "actor", "recorded_at", "version")
    values = {name: getattr(activation, name) for name in names}
    connection.execute(insert(activations).values(number=(newest or 0) + 1, **values))


def save_unjudged(connection: Connection, span: Unjudged) -> bool:
    """Record slots that will never be judged; False if this span was recorded already."""
    names = ("rollout", "site", "rule", "first", "last", "recorded_at")
    return put_once(connection, unjudged, {name: getattr(span, name) for name in names})


def load_unjudged(connection: Connection, rollout: str) -> list[Unjudged]:
    """Return the spans that were never judged, oldest first."""
    query = select(unjudged).where(unjudged.c.rollout == rollout).order_by(unjudged.c.first, unjudged.c.site)
    return [
        Unjudged(row.rollout, SiteId(row.site), RuleId(row.rule), row.first, row.last, row.recorded_at)
        for row in connection.execute(query)
    ]
