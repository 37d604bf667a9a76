"""What an opening could not wait for is read later: bound to its bundle by hash, bounded, or given up aloud."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from stopwatch.core.appendix import APPENDED, GIVEN_UP
from stopwatch.core.audit import canonical_json
from stopwatch.core.decision import Act
from stopwatch.core.kpi import SiteId
from stopwatch.core.proof import Proof, prove
from stopwatch.core.reading import Origin
from stopwatch.core.records import AuditEntry
from stopwatch.core.retention import EXPORTED
from stopwatch.core.window import Window
from stopwatch.watch.appending import AT_ONCE, PATIENCE, RAREST, SETTLES, Appending, Outcome
from stopwatch.watch.retention import prune
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.test_evidence import LARGEST_BYTES
from tests.watch.world import World, Worlds

CALM = 40
OPENED = T0 + (CALM + 2) * GRAIN
LATER = OPENED + SETTLES
DAY = timedelta(days=1)


@dataclass(slots=True)
class Restarted:
    """A world that was restarted just before its ground opened, and what makes its appendices."""

    world: World
    appending: Appending = field(default_factory=Appending)

    def pass_time(self, now: datetime) -> list[Outcome]:
        origin = Origin("http://prometheus:9090", "2.42.0")
        sources = {self.world.source.name: self.world.source}
        return self.appending.pass_time(self.world.store, ROLLOUT, sources, lambda _name: origin, now=now)

    def bundles(self) -> list[dict[str, Any]]:
        """What is stored, in the order of the audit."""
        with self.world.store.reading() as view:
            hashes = [str(row.body["evidence"]) for row in view.audit_rows() if row.body["evidence"]]
            return [json.loads(view.evidence(sha256) or "null") for sha256 in hashes]

    def proofs(self) -> list[Proof]:
        with self.world.store.reading() as view:
            rows = [row.body for row in view.audit_rows()]
            return [proof for each in view.decisions(ROLLOUT) for proof in prove(each, rows, view.evidence)]

    def audited(self, act: str) -> list[dict[str, Any]]:
        with self.world.store.reading() as view:
            return [dict(row) for row in view.audited(act)]


def restarted(worlds: Worlds, *, volume: bool = False, sites: tuple[SiteId, ...] = (HAM, LODZ)) -> Restarted:
    """Forty calm slots, a restart, three that breach: the bundle has five slots, not twelve."""
    series = {("load", site): "C" * CALM + "BBBCC" for site in sites[:1]}
    series |= {("load", site): "C" * 50 for site in sites[1:]}
    series |= {("load_volume", site): "C" * 50 for site in sites} if volume else {}
    world = worlds.make(rule_set(rule("load", step=GRAIN, volume=volume), sites=sites), series)
    world.run(T0, OPENED - GRAIN, every=GRAIN)
    world.restart()
    world.tick(OPENED)
    return Restarted(world)


def test_after_a_restart_the_rest_of_three_windows_is_read_later(worlds: Worlds) -> None:
    made = restarted(worlds, volume=True)
    (opening,) = made.bundles()
    assert opening["classes"] == "CCBBB", "an opening waits for nothing"
    assert made.pass_time(LATER - GRAIN) == [], "nor is it hurried"
    ((told,), (decision,)) = made.pass_time(LATER), made.world.decisions()
    assert (told.decision, told.ground, told.of) == (decision.id, decision.grounds[0].id, decision.grounds[0].evidence)
    first, appendix = made.bundles()
    assert first == opening, "the first bundle never changes"
    (condition,) = appendix["conditions"]
    assert (appendix["kind"], appendix["of"]) == ("appendix", told.of)
    assert (appendix["classes"], appendix["good"]) == ("C" * 9 + "BBB", "G" * 9 + "NNN")
    assert condition["values"] == [1.0] * 9 + [9.0] * 3
    assert condition["volumes"] == [50.0] * 12
    assert (condition["query"], condition["volume_query"]) == ("load", "load_volume")
    assert appendix["source"] == {
        "name": "default",
        "url": "http://prometheus:9090",
        "version": "2.42.0",
        "skew_seconds": None,
        "warnings": [],
    }
    assert (appendix["read_at"], appendix["first_slot"]) == ("2026-11-21T10:22:00Z", "2026-11-21T10:15:30Z")
    (row,) = made.audited(APPENDED)
    assert (row["evidence"], row["details"]) == (told.sha256, {"ground": told.ground, "of": told.of})
    assert [(proof.kind, proof.findings, proof.notes) for proof in made.proofs()] == [
        ("opening", (), ()),
        ("appendix", (), ()),
    ]


def test_one_appendix_is_enough_whoever_leads_next(worlds: Worlds) -> None:
    made = restarted(worlds)
    assert len(made.pass_time(LATER)) == 1
    assert made.pass_time(LATER + MINUTE) == []
    asked = len(made.world.source.asked)
    assert replace(made, appending=Appending()).pass_time(LATER + 2 * MINUTE) == []
    assert len(made.world.source.asked) == asked, "the records tell; nobody is asked again"


def test_a_bundle_that_holds_three_windows_gets_none(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "C" * CALM + "BBBCC"})
    world.run(T0, OPENED, every=GRAIN)
    assert Restarted(world).pass_time(LATER) == []


def test_a_source_that_fails_is_asked_again_ever_more_rarely_and_then_no_more(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.source.failing = {"load"}
    tries, now, outcomes = [], LATER, []
    while now <= OPENED + PATIENCE + 2 * RAREST:
        before = len(made.world.source.asked)
        outcomes += made.pass_time(now)
        tries += [now] if len(made.world.source.asked) > before else []
        now += MINUTE if now < LATER + 61 * MINUTE else RAREST
    waits = [second - first for first, second in pairwise(tries)]
    assert waits[:6] == [MINUTE * minutes for minutes in (1, 2, 4, 8, 16, 30)]
    assert (set(waits[5:]), len(tries) < 60) == ({30 * MINUTE}, True)
    (outcome,) = outcomes
    assert (outcome.sha256, outcome.reason) == (None, "nobody answers")
    (row,) = made.audited(GIVEN_UP)
    assert (row["reason"], row["evidence"], row["details"]["of"]) == ("nobody answers", None, outcome.of)
    (proof,) = made.proofs()
    assert (proof.findings, proof.notes) == ((), ("it has no appendix: nobody answers",))
    assert replace(made, appending=Appending()).pass_time(now) == [], "once is enough"


def test_a_source_that_comes_back_is_read(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.source.failing = {"load"}
    assert made.pass_time(LATER) == []
    made.world.source.failing = set()
    assert made.pass_time(LATER + MINUTE / 2) == [], "not before its time"
    assert [outcome.reason for outcome in made.pass_time(LATER + MINUTE)] == [None]


def test_a_decision_that_ended_meanwhile_gets_its_appendix_too(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.act(made.world.decisions()[0].id, Act.DISMISS, OPENED + GRAIN, category="false_alarm")
    assert len(made.pass_time(LATER)) == 1


def test_a_source_that_forgot_the_slots_is_not_asked_for_ever(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.source.series["load", HAM] = "M" * (CALM - 2) + "CCBBBCC"
    (outcome,) = made.pass_time(LATER)
    words = "the source has no point at the 7 slots that the bundle lacks, 2026-11-21T10:15:30Z to 2026-11-21T10:18:30Z"
    assert (outcome.sha256, outcome.reason) == (None, words)
    assert [row["reason"] for row in made.audited(GIVEN_UP)] == [words]
    assert made.pass_time(LATER + DAY) == []


def test_a_source_that_left_the_plan_is_waited_for_and_then_named(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.source.name = "elsewhere"
    assert made.pass_time(LATER) == []
    assert [outcome.reason for outcome in made.pass_time(OPENED + PATIENCE)] == [
        "the plan has no source default any more"
    ]


def test_a_slot_that_was_read_again_with_another_value_is_told_and_no_fault(worlds: Worlds) -> None:
    made = restarted(worlds)
    made.world.source.series["load", HAM] = "C" * (CALM - 1) + "MRBBCC"
    assert len(made.pass_time(LATER)) == 1
    opening, appendix = made.proofs()
    assert (opening.findings, appendix.findings) == ((), ())
    assert appendix.notes == (
        (
            "2 slots were read again with another value (values of load): "
            "2026-11-21T10:19:30Z 1.0, now missing; 2026-11-21T10:20:00Z 9.0, now 4.5"
        ),
    )
    first, later = made.bundles()
    assert (first["classes"], later["classes"]) == ("CCBBB", "C" * 8 + "MCBB"), "what was judged stands"


def test_a_pass_reads_only_so_many(worlds: Worlds) -> None:
    sites = tuple(SiteId(f"s-{number}") for number in range(AT_ONCE + 2))
    series = {("load", site): "C" * CALM + "BBBCC" for site in sites}
    world = worlds.make(rule_set(rule("load", step=GRAIN), sites=sites), series)
    world.run(T0, OPENED - GRAIN, every=GRAIN)
    world.restart()
    world.tick(OPENED)
    made = Restarted(world)
    assert [len(made.pass_time(LATER + number * MINUTE)) for number in range(3)] == [AT_ONCE, 2, 0]


def test_sites_that_breach_together_share_the_queries_of_their_appendices(worlds: Worlds) -> None:
    sites = tuple(SiteId(f"s-{number}") for number in range(6))
    late, apart = sites[4:]
    series = {("load", site): "C" * CALM + "BBBCC" for site in sites[:4]}
    series |= {("load", late): "C" * (CALM + 1) + "BBBC", ("load", apart): "C" * CALM + "CCCCC"}
    series |= {("load_volume", site): "C" * 50 for site in sites}
    world = worlds.make(rule_set(rule("load", step=GRAIN, volume=True), sites=sites), series)
    world.run(T0, OPENED - GRAIN, every=GRAIN)
    world.restart()
    world.run(OPENED, OPENED + GRAIN, every=GRAIN)
    made, asked = Restarted(world), len(world.source.asked)
    outcomes = made.pass_time(LATER + GRAIN)
    assert len(outcomes) == 5
    first, last = world.source.asked[asked:]
    assert {first.query, last.query} == {"load", "load_volume"}
    assert first.sites == last.sites == {*sites[:5]}
    assert len(first.slots) == 12 + 1, "the three windows of all of them, and no more"
    lengths = [len(bundle["conditions"][0]["values"]) for bundle in made.bundles()]
    assert lengths == [5, 5, 5, 5, 6, 12, 12, 12, 12, 12]
    opening, appendix = ([bundle for bundle in made.bundles() if bundle["site"] == late][place] for place in (0, 1))
    assert appendix["conditions"][0]["values"][-6:] == opening["conditions"][0]["values"], "each gets its own slots"
    assert all(proof.findings == () for proof in made.proofs())


def test_an_appendix_is_as_bounded_as_its_bundle(worlds: Worlds) -> None:
    sites = tuple(SiteId(f"s-{number:03}") for number in range(101))
    fifteen = rule("load", window=Window(16, 16, 2), volume=True)
    series = {("load", site): "C" * 400 for site in sites} | {("load_volume", site): "C" * 400 for site in sites}
    world = worlds.make(rule_set(fifteen, sites=sites), series)
    world.source.series["load", sites[0]] = "C" * 160 + "B" * 40
    world.tick(T0 + 78 * MINUTE)
    world.restart()
    world.run(T0 + 79 * MINUTE, T0 + 95 * MINUTE)
    made = Restarted(world)
    (outcome,) = made.pass_time(T0 + 97 * MINUTE)
    sizes = [len(canonical_json(bundle)) for bundle in made.bundles()]
    assert outcome.sha256 is not None
    assert len(made.bundles()[1]["classes"]) == 3 * 18
    assert sum(sizes) < LARGEST_BYTES / 4, sizes


def test_samples_of_an_appendix_go_with_those_of_its_bundle(worlds: Worlds) -> None:
    made = restarted(worlds)
    world = made.world
    decision = world.decisions()[0].id
    world.act(decision, Act.DISMISS, OPENED + GRAIN, category="false_alarm")
    export(world, OPENED + 2 * GRAIN)
    made.pass_time(LATER)
    assert prune(world.store, 30 * DAY, now=OPENED + 31 * DAY) == 0, "the appendix is in no export yet"
    export(world, OPENED + DAY)
    assert prune(world.store, 30 * DAY, now=OPENED + 31 * DAY) == 2
    assert made.bundles() == [None, None]
    assert [
        (proof.kind, proof.findings, "evidence verify --file" in (proof.pruned or "")) for proof in made.proofs()
    ] == [
        ("opening", (), True),
        ("appendix", (), True),
    ]
    with world.store.reading() as view:
        heads = [view.pruned(str(row["evidence"])) for row in made.audited(APPENDED)]
    assert [json.loads(head.head)["of"] for head in heads if head is not None] == [
        made.audited(APPENDED)[0]["details"]["of"]
    ]
    assert all("values" not in head.head for head in heads if head is not None)


def export(world: World, at: datetime) -> None:
    with world.store.writing() as tx:
        details = {"sums": "5" * 64, "files": 9}
        tx.audit(AuditEntry(at, "cli:eva", "cli", EXPORTED, world.decisions()[0].id, details=details))


def test_a_bundle_that_cannot_be_read_is_left_to_be_found(worlds: Worlds) -> None:
    made = restarted(worlds)
    with made.world.store.writing() as tx:
        tx.connection.exec_driver_sql("DROP TRIGGER evidence_refuses_update")
        tx.connection.exec_driver_sql("UPDATE evidence SET body = '[' || body")
    assert made.pass_time(LATER) == []
    assert made.audited(GIVEN_UP) == []
