"""A rollout on a real SQLite store: what a daemon would hold in memory, its records, and what people do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Decision, DecisionId
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.records import Activation, Unjudged
from stopwatch.core.rollout import RuleSet
from stopwatch.core.state import Reported, RuleState
from stopwatch.core.stop import Stop
from stopwatch.store.connect import open_store
from stopwatch.store.schema import audit, unjudged
from stopwatch.store.sql import SqlStore
from stopwatch.watch.acts import commands
from stopwatch.watch.acts.commands import Desk
from stopwatch.watch.evaluation.cells import Cell
from stopwatch.watch.evaluation.tick import SourceWatch, TickReport
from stopwatch.watch.ports import Store
from stopwatch.watch.starting import take_up
from tests.watch.letters import CHANNEL, DAY, MINUTE, ROLLOUT, Entry, LetterSource


@dataclass(slots=True)
class World:
    """A rollout with its records; *watch* is what a daemon would hold in memory."""

    rules: RuleSet
    source: LetterSource
    store: SqlStore
    watch: SourceWatch
    port: Store
    catch_up: timedelta = DAY
    channel: str | None = CHANNEL

    @property
    def desk(self) -> Desk:
        return Desk(self.store, self.rules, lambda _site: self.channel)

    def tick(self, now: datetime) -> TickReport:
        """Tick once at *now*."""
        self.source.now = now
        return self.watch.tick(now)

    def run(self, first: datetime, last: datetime, *, every: timedelta = MINUTE) -> None:
        """Tick regularly from *first* to *last*, both included."""
        while first <= last:
            self.tick(first)
            first += every

    def restart(self, rules: RuleSet | None = None) -> None:
        """Forget everything in memory and take the watch up from the records."""
        self.watch.close()
        self.rules = rules or self.rules
        self.watch = _watch(self.rules, self.source, self.port, self.catch_up, self.channel)

    def drop(self, pick: int) -> None:
        """Drop the cache of one column."""
        columns = [column for group in self.watch.groups for column in group.columns.values()]
        columns[pick % len(columns)].cache.drop()

    def cells(self) -> list[Cell]:
        """Every rule at every site as it stands in memory."""
        return [cell for group in self.watch.groups for cell in group.cells]

    def cell(self, site: SiteId, rule_id: str) -> Cell:
        return next(cell for cell in self.cells() if (cell.site, cell.rule.id) == (site, rule_id))

    def decisions(self) -> list[Decision]:
        """Every decision, oldest first."""
        with self.store.reading() as view:
            return view.decisions(ROLLOUT)

    def act(self, decision: DecisionId, act: Act, now: datetime, **more: object) -> Decision:
        """Let Eva act."""
        request = replace(ActRequest(act, "cli:eva", reason="seen to"), **more)  # type: ignore[arg-type] # fields by name
        return commands.act(self.desk, decision, request, transport="cli", now=now)

    def stop(self, now: datetime, criterion: str = "sev1", **where: object) -> tuple[Decision, bool]:
        """Let Eva declare a manual stop."""
        declared = replace(Stop(criterion, "seen on the floor", "cli:eva"), **where)  # type: ignore[arg-type] # as above
        return commands.pause(self.desk, declared, transport="cli", now=now)

    def pass_time(self, now: datetime, *, caught_up: bool = True) -> list[Decision]:
        """Let time act."""
        return commands.pass_time(self.desk, caught_up=lambda _site: caught_up, now=now)

    def audited(self) -> list[tuple[str, str]]:
        """Actor and act of every audit row, oldest first; the chain holds."""
        assert self.store.verify_audit() is None
        with self.store.reading() as view:
            rows = view.connection.execute(select(audit.c.actor, audit.c.act).order_by(audit.c.seq))
            return [(row.actor, row.act) for row in rows]

    def never_judged(self) -> list[Unjudged]:
        """Every span of slots that was recorded as never judged."""
        with self.store.reading() as view:
            rows = view.connection.execute(select(unjudged).order_by(unjudged.c.first, unjudged.c.last))
            return [Unjudged(**row) for row in rows.mappings()]

    def reported(self, site: SiteId, rule_id: str) -> Reported:
        """Return the word people are shown, from memory."""
        cell = self.cell(site, rule_id)
        assert cell.resolved is not None
        return cell.state.reported(cell.resolved)

    def log(self) -> list[Entry]:
        """The event log as it was recorded."""
        with self.store.reading() as view:
            grounds = [ground for decision in view.decisions(ROLLOUT) for ground in decision.grounds]
        return sorted(
            Entry(ground.site, ground.rule, ground.opened_at, ground.pending_since, ground.recovered_at)
            for ground in grounds
            if ground.site is not None and ground.rule is not None
        )

    def states(self) -> dict[tuple[SiteId, RuleId], RuleState]:
        """Where every rule stands, by what was recorded alone."""
        with self.store.reading() as view:
            return {(row.site, row.rule): row.state for row in view.states(ROLLOUT)}


def _watch(rules: RuleSet, source: LetterSource, store: Store, catch_up: timedelta, channel: str | None) -> SourceWatch:
    activations = {
        site.id: Activation(ROLLOUT, site.id, site.go_live, "plan:0", site.go_live)
        for site in rules.plan.sites.values()
        if site.go_live is not None
    }
    (watch,) = take_up(
        store, rules, {source.name: source}, activations, channel=lambda _site: channel, catch_up=catch_up
    )
    return watch


@dataclass(slots=True)
class Worlds:
    """Makes worlds, each with a fresh database; the tables are made once and copied."""

    folder: Path
    made: list[World] = field(default_factory=list)

    def make(
        self,
        rules: RuleSet,
        series: Mapping[tuple[str, SiteId], str],
        *,
        catch_up: timedelta = DAY,
        channel: str | None = CHANNEL,
        port: Callable[[SqlStore], Store] = lambda store: store,
    ) -> World:
        """Make a world of *rules* and *series* (letters by query and site)."""
        empty = self.folder / "empty.db"
        if not empty.exists():
            open_store(f"sqlite:///{empty}").close()
        file = self.folder / f"{len(self.made)}.db"
        shutil.copy(empty, file)
        store = open_store(f"sqlite:///{file}")
        source, seen = LetterSource(dict(series)), port(store)
        watch = _watch(rules, source, seen, catch_up, channel)
        world = World(rules, source, store, watch, seen, catch_up, channel)
        self.made.append(world)
        return world

    def end(self, world: World) -> None:
        """Let go of a world's threads, connections and file."""
        world.watch.close()
        world.store.close()

    def close(self) -> None:
        for world in self.made:
            self.end(world)
