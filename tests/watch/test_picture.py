"""The picture shows how every site stands, from memory and from the records alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from stopwatch.core.decision import Act, GroundKind
from stopwatch.core.gauges import Gauges
from stopwatch.core.state import Reported
from stopwatch.core.status import SiteStatus, StatusView
from stopwatch.watch.evaluation.picture import draw, overlay, plain_sites
from stopwatch.watch.evaluation.recording import ended_by_site
from stopwatch.watch.recorded import recorded_status
from tests.watch.letters import GRAIN, HAM, LODZ, LYON, ROLLOUT, T0, WAVE, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
SITES = (HAM, LODZ, LYON)


def three_sites(worlds: Worlds) -> World:
    rules = rule_set(rule("load", step=HALF), rule("delay", step=HALF), sites=SITES)
    series = {("load", HAM): "B" * 30, ("load", LODZ): "CCCB" + "C" * 26, ("load", LYON): "C" * 30}
    return worlds.make(rules, series | {("delay", site): "C" * 30 for site in SITES})


def gauges(world: World) -> Gauges:
    with world.store.reading() as reader:
        ended = ended_by_site(reader, ROLLOUT, T0)
        live = reader.decisions(ROLLOUT, live=True)
        standing = overlay(plain_sites(world.rules), world.rules.plan, live, reader.opened_counts(ROLLOUT))
        return draw(standing, [world.watch.sketch], ended, T0)


def view(world: World) -> StatusView:
    return gauges(world).view()


def recorded(world: World, now: datetime = T0) -> StatusView:
    with world.store.reading() as reader:
        return recorded_status(reader, world.rules, now)


def words(site: SiteStatus) -> list[tuple[str, str]]:
    return [(rule_status.rule, rule_status.state.value) for rule_status in site.rules]


def test_what_was_never_judged_is_not_shown_as_ok(worlds: Worlds) -> None:
    world = three_sites(worlds)
    assert [site.rules for site in view(world).sites] == [(), (), ()]
    assert [site.rules for site in recorded(world).sites] == [(), (), ()]


def test_memory_and_records_show_the_same(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    live, kept = view(world), recorded(world, T0 + 3 * GRAIN)
    assert [words(site) for site in live.sites] == [words(site) for site in kept.sites]
    assert words(live.sites[0]) == [("load", "breached"), ("delay", "ok")]
    assert words(live.sites[1]) == [("load", "pending"), ("delay", "ok")]
    assert [site.state for site in live.sites] == [Reported.BREACHED, Reported.PENDING, Reported.OK]
    for site, other in zip(live.sites, kept.sites, strict=True):
        assert (site.paused, site.decision) == (other.paused, other.decision)
        assert [(each.pending_since, each.newest_slot) for each in site.rules if each.state is not Reported.OK] == [
            (each.pending_since, each.newest_slot) for each in other.rules if each.state is not Reported.OK
        ]


def test_what_nobody_evaluates_any_more_is_not_recorded_as_ok(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    kept = recorded(world, T0 + 20 * GRAIN)
    assert words(kept.sites[0]) == [("load", "breached"), ("delay", "no_data")]
    assert kept.sites[2].state is Reported.NO_DATA


def test_volumes_are_shown_whether_a_rule_is_calm_or_not(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF, volume=True), rule("delay", step=HALF), sites=(HAM, LODZ))
    series = {
        ("load", HAM): "C" * 30,
        ("load_volume", HAM): "C" * 30,
        ("load", LODZ): "C" * 9 + "B",
        ("delay", HAM): "C",
    }
    world = worlds.make(rules, series | {("load_volume", LODZ): "C" * 30})
    world.run(T0, T0 + 9 * GRAIN, every=HALF)
    assert [cell.calm is not None for cell in world.cells() if cell.rule.id == "load"] == [True, False]
    assert gauges(world).volumes == {"load": {HAM: 50.0, LODZ: 50.0}}
    assert [kpi.id for kpi in view(world).kpis] == ["load", "delay"]
    assert all(each.written is not None for site in view(world).sites for each in site.rules)


def test_wide_stops_are_counted_by_their_scope(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.stop(T0)
    world.stop(T0, site=HAM)
    shown = view(world)
    assert [(stops.scope, stops.phase, dict(stops.opened)) for stops in shown.wide] == [
        ("_all", None, {GroundKind.MANUAL: 1}),
        *((f"_{phase.id}", phase.id, {}) for phase in world.rules.plan.phases),
    ]
    assert [dict(site.opened) for site in shown.sites] == [{GroundKind.MANUAL: 1}, {}, {}]


def test_numbers_of_a_window_are_shown(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    pending = view(world).sites[1].rules[0]
    assert (pending.value, pending.threshold, pending.breaching_slots, pending.required_slots) == (9.0, 5.0, 1, 3)
    assert (pending.pending_since, pending.pending_seconds, pending.coverage) == (T0 + 3 * GRAIN, 0.0, 1.0)
    assert {kpi: known[LYON] for kpi, known in gauges(world).values.items()} == {"load": 1.0, "delay": 1.0}


def test_a_paused_site_names_its_decision_and_who_waits_for_whom(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    (decision,) = world.decisions()
    ham, lodz, _lyon = view(world).sites
    assert (ham.paused, ham.decision, ham.unacknowledged_since) == (True, decision.id, T0 + 2 * GRAIN)
    assert (lodz.paused, lodz.decision) == (False, None)
    assert ham.opened == {"rule": 1}
    world.act(decision.id, Act.ACKNOWLEDGE, T0 + 3 * GRAIN)
    assert view(world).sites[0].unacknowledged_since is None
    world.act(decision.id, Act.OVERRIDE, T0 + 3 * GRAIN, category="risk", until=T0 + 9 * GRAIN)
    assert (view(world).sites[0].paused, view(world).sites[0].decision) == (False, decision.id)


def test_a_wide_stop_pauses_the_sites_it_covers_and_leaves_a_sites_own_decision_first(worlds: Worlds) -> None:
    world = three_sites(worlds)
    own, _ = world.stop(T0, site=LODZ)
    wide, _ = world.stop(T0, phase=WAVE)
    assert [(site.paused, site.decision) for site in view(world).sites] == [
        (False, None),
        (True, own.id),
        (True, wide.id),
    ]
    everything, _ = world.stop(T0)
    assert view(world).sites[0].decision == everything.id


def test_a_rule_whose_decision_ended_is_no_longer_shown_as_breached(worlds: Worlds) -> None:
    world = three_sites(worlds)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    world.act(world.decisions()[0].id, Act.DISMISS, T0 + 4 * GRAIN, category="false_alarm")
    assert words(view(world).sites[0]) == [("load", "ok"), ("delay", "ok")]
    world.tick(T0 + 5 * GRAIN)
    assert words(view(world).sites[0]) == [("load", "pending"), ("delay", "ok")]
