"""What a bundle says of an opening or a recovery can be computed anew from the bundle alone, however it came about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Act
from stopwatch.core.errors import ActRefusedError
from stopwatch.core.evidence import verify_body
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Origin
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold, Statistic
from stopwatch.core.window import Window
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, T0, rule, rule_set
from tests.watch.test_folding import MOVES, QUERIES, SERIES, VOLUMES, Move, a_world, estate
from tests.watch.world import World, Worlds

LARGEST_BYTES = 256_000


def bundles(world: World) -> list[tuple[str, str]]:
    """Every bundle of the audit chain with its hash, openings and recoveries, in order."""
    with world.store.reading() as view:
        hashes = [str(row.body["evidence"]) for row in view.audit_rows() if row.body["evidence"]]
        return [(sha256, view.evidence(sha256) or "") for sha256 in hashes]


def hashed(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def read(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in bundles(world)]


def act_at_random(world: World, now: datetime, data: st.DataObject) -> None:
    """Dismiss or resume what is live, as people would at any moment: it re-arms rules in the middle of a catch-up."""
    for decision in world.decisions():
        if decision.state.live and data.draw(st.booleans()):
            act = data.draw(st.sampled_from([Act.DISMISS, Act.RESUME]))
            try:
                world.act(decision.id, act, now, category="false_alarm")
            except ActRefusedError:
                continue


@pytest.mark.slow
@settings(max_examples=8)
@given(data=st.data(), moves=MOVES)
def test_every_bundle_proves_itself_through_restarts_failures_and_acts(
    worlds: Worlds, data: st.DataObject, moves: list[Move]
) -> None:
    series: dict[tuple[str, SiteId], str] = {
        (query, site): data.draw(SERIES) for query in QUERIES for site in (HAM, LODZ)
    }
    series |= {("errors_volume", site): data.draw(VOLUMES) for site in (HAM, LODZ)}
    with a_world(worlds, estate(), series) as world:
        now = T0
        for move in [*moves, Move(60, restart=False, drop=None, failing=frozenset())]:
            now += move.grains * GRAIN
            if move.restart:
                world.restart()
            world.source.failing = set(move.failing)
            act_at_random(world, now - GRAIN / 3, data)
            world.tick(now)
        wrong = {sha256: found for sha256, body in bundles(world) if (found := verify_body(sha256, body))}
        assert not wrong


def test_a_recovery_names_the_opening_it_ends(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "CCBBBCCCC"})
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    opening, recovery = bundles(world)
    assert json.loads(recovery[1])["recovers"] == opening[0]
    assert [bundle["change"] for bundle in read(world)] == ["opened", "recovered"]


def test_a_bundle_holds_what_a_reader_needs_years_later(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", volume=True), sites=(HAM, LODZ)), {("load", HAM): "CCCCBBBBBBBB"})
    world.source.series |= {("load_volume", HAM): "C" * 12, ("load", LODZ): "C" * 12}
    world.run(T0, T0 + 6 * MINUTE)
    (bundle,) = read(world)
    (condition,) = bundle["conditions"]
    assert (condition["values"], condition["volumes"]) == ([1.0, 1.0, 9.0, 9.0, 9.0], [50.0] * 5)
    assert (condition["query"], condition["volume_query"]) == ("load", "load_volume")
    assert (condition["threshold_written"], bundle["rule"]["conditions"][0]["volume_min"]) == ("5", 10.0)
    assert (bundle["classes"], bundle["verdict"]["outcome"]) == ("CCBBB", "breach")
    assert bundle["controls"] == {"lodz": [1.0, 1.0, 1.0, 1.0]}
    assert bundle["activation"]["at"] == bundle["armed_at"] == "2026-11-21T10:00:00Z"
    assert bundle["source"] == {"name": "default", "url": None, "version": None, "skew_seconds": None, "warnings": []}
    assert (bundle["revision"], len(bundle["rule_hash"])) == ("0" * 64, 64)


def test_who_was_on_call_and_where_the_numbers_came_from_is_frozen(worlds: Worlds) -> None:
    rules = rule_set(rule("load"))
    told = replace(rules.plan, sites={HAM: replace(rules.plan.sites[HAM], on_call="U0ANNA")})
    world = worlds.make(replace(rules, plan=told), {("load", HAM): "CCCCBBBBBBBB"})
    origin = Origin("http://prometheus:9090", "2.42.0", timedelta(seconds=-1.5))
    world.watch.book = replace(world.watch.book, origin=lambda _source: origin)
    world.run(T0, T0 + 6 * MINUTE)
    (bundle,) = read(world)
    assert bundle["on_call"] == "U0ANNA"
    where = {"url": "http://prometheus:9090", "version": "2.42.0", "skew_seconds": -1.5}
    assert bundle["source"] == {"name": "default", **where, "warnings": []}


def test_what_was_before_the_end_of_the_last_decision_is_not_judged_again(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=GRAIN, window=Window(5, 3, 2))), {("load", HAM): "B" * 20})
    world.run(T0, T0 + 4 * GRAIN, every=GRAIN)
    ended = T0 + 4 * GRAIN + GRAIN / 2
    world.act(world.decisions()[0].id, Act.DISMISS, ended, category="false_alarm")
    world.run(T0 + 5 * GRAIN, T0 + 9 * GRAIN, every=GRAIN)
    first, second = read(world)
    assert [bundle["armed_at"] for bundle in (first, second)] == ["2026-11-21T10:00:00Z", rfc3339(ended)]
    assert [bundle["verdict"]["expected"] for bundle in (first, second)] == [3, 3]
    assert [verify_body(*stored) for stored in bundles(world)] == [[], []]


def test_three_windows_are_kept_once_they_were_read(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "C" * 40 + "BBB"})
    world.run(T0, T0 + 43 * GRAIN, every=GRAIN)
    (bundle,) = read(world)
    assert bundle["classes"] == "C" * 9 + "BBB"


def test_a_bundle_with_a_hundred_other_sites_stays_small(worlds: Worlds) -> None:
    sites = [SiteId(f"s-{number:03}") for number in range(101)]
    fifteen = rule("load", window=Window(16, 16, 2), volume=True)
    world = worlds.make(rule_set(fifteen, sites=sites), {("load", site): "W" * 160 for site in sites})
    world.source.series |= {("load", sites[0]): "W" * 120 + "B" * 40, ("load_volume", sites[0]): "C" * 160}
    world.run(T0, T0 + 78 * MINUTE)
    ((_, body),) = bundles(world)
    bundle = json.loads(body)
    assert (len(bundle["classes"]), [len(row) for row in bundle["controls"].values()]) == (54, [18] * 100)
    assert LARGEST_BYTES / 8 < len(body.encode()) < LARGEST_BYTES / 4


def test_a_limit_relative_to_the_baseline_is_proven_with_the_frozen_number(worlds: Worlds) -> None:
    relative = BaselineThreshold(Statistic.MEDIAN, Decimal("2.5"))
    again = BaselineThreshold(Statistic.P90, Decimal("1.5"), Decimal(4))
    written = rule("load", step=GRAIN)
    criterion = replace(written.criteria[0], threshold=relative, recover_threshold=again)
    rules = rule_set(replace(written, criteria=(criterion,)))
    world = worlds.make(rules, {("load", HAM): "CCCBBBBCC"})
    frozen = {(criterion.kpi, Statistic.MEDIAN): 2.0, (criterion.kpi, Statistic.P90): 2.25}
    for cell in world.cells():
        cell.resolved, cell.unresolved = resolve(cell.rule, rules.kpis, frozen), None
    world.run(T0, T0 + 8 * GRAIN, every=GRAIN)
    opening, recovery = read(world)
    for bundle in (opening, recovery):
        (condition,) = bundle["conditions"]
        assert condition["threshold_written"] == {"baseline": "median", "factor": "2.5", "bound": None}
        assert condition["recover_written"] == {"baseline": "p90", "factor": "1.5", "bound": "4"}
        assert condition["baselines"] == {"median": 2.0, "p90": 2.25}
        (limit,) = bundle["rule"]["conditions"]
        assert (limit["threshold"], limit["recover_threshold"]) == (5.0, 4.0)
    assert [verify_body(*stored) for stored in bundles(world)] == [[], []]
    (decision,) = world.decisions()
    assert (decision.grounds[0].summary or {})["baseline"] == 2.0
    opening["conditions"][0]["baselines"]["median"] = 1.9
    (told,) = verify_body(content_hash(opening), canonical_json(opening))
    assert told == "the limit of load is 4.75 by what was written and the baseline, the bundle says 5.0"


def test_any_flipped_byte_of_a_real_bundle_is_found(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", volume=True), sites=(HAM, LODZ)), {("load", HAM): "CCCCBBBBBBBB"})
    world.source.series |= {("load_volume", HAM): "C" * 12, ("load", LODZ): "C" * 12}
    world.run(T0, T0 + 6 * MINUTE)
    ((sha256, body),) = bundles(world)
    whole = body.encode()
    for at in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1 << (at % 8)
        assert hashed(bytes(spoilt)) != sha256, "the hash covers every byte"
    for at in range(0, len(whole), 97):
        spoilt = bytearray(whole)
        spoilt[at] ^= 1
        assert verify_body(sha256, spoilt.decode("utf-8", "surrogateescape"))
