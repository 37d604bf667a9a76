"""A site that the database refuses stays behind and catches up; an act in between makes its slots fold again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from stopwatch.core.decision import Act, Decision
from stopwatch.core.errors import StoreError
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import SiteId
from stopwatch.store.records import SqlReader, SqlWriter
from stopwatch.store.sql import SqlStore
from tests.watch.letters import GRAIN, HAM, LODZ, T0, plain, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
FIRST = Grid(HALF).at_or_after(T0)


class _Refusing(SqlWriter):
    """A transaction that takes no decision of some sites."""

    refused: set[SiteId]

    def save_decision(self, decision: Decision, *, rev_before: int | None) -> None:
        if decision.site in self.refused:
            raise StoreError("the database is full")
        super().save_decision(decision, rev_before=rev_before)


class RefusingStore:
    """The records, on a disk that is full for some sites, or for every write."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.refused: set[SiteId] = set()
        self.full = False

    def reading(self) -> AbstractContextManager[SqlReader]:
        return self._store.reading()

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        if self.full:
            raise StoreError("the database is full")
        with self._store.writing() as writer:
            refusing = _Refusing(writer.connection)
            refusing.refused = self.refused
            yield refusing

    def advancing(self) -> AbstractContextManager[SqlWriter]:
        return self.writing()


class InterruptedStore:
    """The records, where something else is written just before the next transactions begin."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.first: list[Callable[[], object]] = []

    def reading(self) -> AbstractContextManager[SqlReader]:
        return self._store.reading()

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        if self.first:
            self.first.pop(0)()
        with self._store.writing() as writer:
            yield writer

    def advancing(self) -> AbstractContextManager[SqlWriter]:
        return self.writing()


def two_sites(worlds: Worlds, **more: object) -> World:
    rules = rule_set(rule("load", step=HALF), sites=(HAM, LODZ))
    series = {("load", HAM): "CBBBBCCCCCCC", ("load", LODZ): "CCCBBBBBBCCC"}
    return worlds.make(rules, series, **more)  # type: ignore[arg-type] # fields by name


def lasts(world: World) -> list[int | None]:
    return [None if cell.last is None else cell.last - FIRST for cell in world.cells()]


def test_a_refused_site_stays_behind_and_catches_up_with_the_next_slot(worlds: Worlds) -> None:
    world = two_sites(worlds, port=RefusingStore)
    assert isinstance(world.port, RefusingStore)
    world.run(T0, T0 + 2 * GRAIN, every=HALF)
    world.port.refused = {HAM}
    report = world.tick(T0 + 3 * GRAIN)
    assert report.failures == ["ham-01: the database is full"]
    assert (report.committed.grounds, lasts(world)) == (0, [2, 3])
    with world.store.reading() as view:
        assert set(view.behind("wms-4-12").values()) == {T0 + 2 * GRAIN}
    report = world.tick(T0 + 5 * GRAIN)
    assert [entry.site for entry in world.log()] == [LODZ], "one site's refusal is no other's"
    assert lasts(world) == [2, 5]
    world.port.refused = set()
    assert world.tick(T0 + 6 * GRAIN).failures == []
    with world.store.reading() as view:
        assert view.behind("wms-4-12") == {}
    assert lasts(world) == [6, 6]
    assert world.log() == plain(world.rules, world.source, T0 + 6 * GRAIN)[0]


def test_a_restart_while_a_site_is_behind_loses_nothing(worlds: Worlds) -> None:
    world = two_sites(worlds, port=RefusingStore)
    assert isinstance(world.port, RefusingStore)
    world.port.refused = {HAM}
    world.run(T0, T0 + 6 * GRAIN, every=HALF)
    world.restart()
    assert lasts(world) == [2, 6]
    world.port.refused = set()
    world.run(T0 + 7 * GRAIN, T0 + 9 * GRAIN, every=HALF)
    entries, states = plain(world.rules, world.source, T0 + 9 * GRAIN)
    assert (world.log(), world.states()) == (entries, states)


def test_calm_rules_of_a_refused_site_go_on_and_a_restart_makes_up_for_the_refused_one_alone(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF), rule("delay", step=HALF), sites=(HAM,))
    series = {("load", HAM): "C" * 12 + "BBBBBBBBCCCCCCCC", ("delay", HAM): "C" * 28}
    world = worlds.make(rules, series, port=RefusingStore)
    assert isinstance(world.port, RefusingStore)
    world.run(T0, T0 + 10 * GRAIN, every=HALF)
    assert [cell.calm is not None for cell in world.cells()] == [True, True]
    world.port.refused = {HAM}
    world.run(T0 + 11 * GRAIN, T0 + 18 * GRAIN, every=HALF)
    load, delay = lasts(world)
    assert (load, delay) == (13, 18), "the refused rule waits before its opening, the calm one does not wait for it"
    world.restart()
    assert lasts(world)[0] == load
    world.port.refused = set()
    world.run(T0 + 19 * GRAIN, T0 + 27 * GRAIN, every=HALF)
    assert (world.log(), world.states()) == plain(world.rules, world.source, T0 + 27 * GRAIN)


def test_a_full_disk_stops_everything_and_it_resumes_by_itself(worlds: Worlds) -> None:
    world = two_sites(worlds, port=RefusingStore)
    assert isinstance(world.port, RefusingStore)
    world.tick(T0)
    world.port.full = True
    report = world.tick(T0 + 4 * GRAIN)
    assert report.failures == ["ham-01: the database is full", "progress: the database is full"]
    assert report.committed.refused == ["the database is full"] * 2
    assert (lasts(world), report.committed.slots) == ([0, 0], 0)
    world.port.full = False
    world.tick(T0 + 11 * GRAIN)
    entries, states = plain(world.rules, world.source, T0 + 11 * GRAIN)
    assert (world.log(), world.states()) == (entries, states)


def test_an_end_that_comes_while_slots_are_folded_makes_them_fold_again(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF), rule("delay", step=HALF))
    series = {("load", HAM): "B" * 20, ("delay", HAM): "CCCBBBBBBBBBBB"}
    world = worlds.make(rules, series, port=InterruptedStore)
    assert isinstance(world.port, InterruptedStore)
    world.run(T0, T0 + 4 * GRAIN, every=HALF)
    end = T0 + 5 * GRAIN + timedelta(seconds=1)
    world.port.first = [lambda: world.act(world.decisions()[0].id, Act.DISMISS, end, category="false_alarm")]
    report = world.tick(T0 + 9 * GRAIN)
    assert report.failures == []
    ended, live = world.decisions()
    assert [ground.opened_at for ground in ended.grounds] == [T0 + 2 * GRAIN, T0 + 5 * GRAIN]
    assert [(ground.name, ground.opened_at) for ground in live.grounds] == [
        ("load", T0 + 8 * GRAIN),
        ("delay", T0 + 8 * GRAIN),
    ]


def test_a_site_whose_decisions_keep_ending_waits_for_the_next_slot(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "B" * 20}, port=InterruptedStore)
    assert isinstance(world.port, InterruptedStore)
    world.run(T0, T0 + GRAIN, every=HALF)

    def come_and_go() -> None:
        stopped, _ = world.stop(T0, site=HAM)
        world.act(stopped.id, Act.DISMISS, T0 + GRAIN, category="false_alarm")

    world.port.first = [come_and_go] * 3
    report = world.tick(T0 + 2 * GRAIN)
    assert report.failures == [
        "ham-01: decisions kept ending while its slots were folded; it is folded again next tick"
    ]
    world.tick(T0 + 3 * GRAIN)
    assert [entry.opened_at for entry in world.log()] == [T0 + 2 * GRAIN]
