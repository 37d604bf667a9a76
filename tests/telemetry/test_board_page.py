"""The page of all sites is written anew only where something changed, and comes to what a fresh one would say."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from stopwatch.core.decision import GroundKind
from stopwatch.core.gauges import CalmRule, Gauges, SingleRule
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.rule import Severity, Statistic
from stopwatch.core.state import Reported
from stopwatch.core.status import RuleStatus, SiteStatus
from stopwatch.telemetry import families
from stopwatch.telemetry.board import BoardPage, board_text
from tests.telemetry.pictures import KPI, WIDE, WRITTEN, calm, large, picture, rule, site


def text(page: BoardPage, gauges: Gauges) -> str:
    return b"".join(each.plain for each in page.parts(gauges)).decode()


def changed_rule(rule: RuleStatus, chance: random.Random) -> RuleStatus:
    number = chance.choice([None, 0.5, float("nan"), 7.0])
    return chance.choice(
        [
            replace(rule, state=chance.choice([*Reported])),
            replace(rule, threshold=number),
            replace(rule, pending_seconds=number),
            replace(rule, breaching_slots=chance.choice([None, 3])),
            replace(rule, required_slots=chance.choice([None, 3])),
            replace(rule, coverage=number),
            replace(rule, newest_slot=rule.newest_slot and rule.newest_slot + timedelta(minutes=1)),
            replace(rule, newest_slot=None),
            replace(rule, rule=RuleId(f"renamed-{chance.randrange(3)}")),
            replace(rule, written=chance.choice([None, replace(WRITTEN, severity=Severity.NOTIFY)])),
        ]
    )


def changed_site(site: SiteStatus, chance: random.Random) -> SiteStatus:
    place = chance.randrange(len(site.rules) + 1)
    return chance.choice(
        [
            replace(site, site=SiteId(f"moved-{chance.randrange(9)}")),
            replace(site, phase=PhaseId("wave-2")),
            replace(site, paused=not site.paused, decision=None),
            replace(site, blind=not site.blind),
            replace(site, baselines={(KpiId("error_ratio"), Statistic.P90): 0.5}),
            replace(site, opened={GroundKind.MANUAL: 2}),
            replace(site, rules=site.rules[:place]),
            replace(site, rules=tuple(changed_rule(rule, chance) for rule in site.rules)),
        ]
    )


def changed_calm(known: Sequence[CalmRule], chance: random.Random) -> tuple[CalmRule, ...]:
    kept = [each for each in known if chance.random() < 0.9]
    kept = [replace(each, newest_slot=each.newest_slot + timedelta(seconds=chance.randrange(2))) for each in kept]
    if chance.random() < 0.3:
        kept.append(calm(*(f"calm-{number}" for number in range(chance.randrange(3))), rule=f"r{chance.randrange(9)}"))
    return tuple(kept)


def numbers(sites: Sequence[SiteStatus], chance: random.Random) -> dict[KpiId, dict[SiteId, float]]:
    some = [0.5, float("inf"), float("-inf"), 1e-7, 3.0]
    return {
        kpi: {each.site: chance.choice(some) for each in sites if chance.random() < 0.8}
        for kpi in (KPI.id, KpiId("other"))
        if chance.random() < 0.8
    }


def test_a_page_after_any_change_is_what_a_fresh_page_would_be() -> None:
    chance, page = random.Random(7), BoardPage()
    begun = [site(f"site-{number}", *map(rule, "abc")) for number in range(4)]
    sites, gauges = list(begun), picture(*begun)
    for _ in range(400):
        sites = sites or list(begun)
        place = chance.randrange(len(sites))
        sites[place : place + 1] = chance.choice([[], [changed_site(sites[place], chance)], begun[1:2]])
        drawn = picture(*sites, wide=chance.choice([WIDE, ()]), kpis=chance.choice([(KPI,), ()]))
        values, volumes = (chance.choice([known, numbers(sites, chance)]) for known in (gauges.values, gauges.volumes))
        gauges = replace(drawn, calm=changed_calm(gauges.calm, chance), values=values, volumes=volumes)
        assert text(page, gauges) == board_text(gauges)


def test_calm_rules_are_written_as_each_of_them_would_be_by_itself() -> None:
    known = calm("ham-01", 'lo"dz', "lyon")
    others = picture(site("ham-01", rule("5xx")), site('lo"dz'), site("lyon"))
    single = [SingleRule(place, PhaseId("pilot"), order, status) for place, order, status in known.statuses()]
    together, apart = replace(others, calm=(known,)), replace(others, singles=(*others.singles, *single))
    assert sorted(board_text(together).splitlines()) == sorted(board_text(apart).splitlines())
    assert [(each.site, each.rules) for each in together.view().sites] == [
        (each.site, each.rules) for each in apart.view().sites
    ]


def test_a_step_in_which_nothing_happens_writes_values_and_slots_only() -> None:
    page, gauges = BoardPage(), large(30, 2)
    before = page.parts(gauges)
    later = tuple(replace(each, newest_slot=each.newest_slot + timedelta(minutes=1)) for each in gauges.calm)
    ratio, other = gauges.values
    values = {ratio: dict.fromkeys(gauges.values[ratio], 0.5), other: gauges.values[other]}
    after = page.parts(replace(gauges, calm=later, values=values))
    rewritten = [new.plain.decode().partition("{")[0] for old, new in zip(before, after, strict=True) if old is not new]
    assert rewritten == ["stopwatch_kpi_value", *["stopwatch_last_slot_timestamp_seconds"] * 2]


def test_a_site_that_is_paused_changes_no_family_but_that() -> None:
    page, gauges = BoardPage(), large(30, 2)
    before = page.parts(gauges)
    sites = gauges.standing.sites
    standing = replace(gauges.standing, sites=(replace(sites[0], paused=False), *sites[1:]))
    after = page.parts(replace(gauges, standing=standing))
    rewritten = [new.plain.decode() for old, new in zip(before, after, strict=True) if old is not new]
    assert [each.startswith(families.SITE_PAUSED.header) for each in rewritten] == [True]


def test_an_empty_picture_still_names_its_families() -> None:
    assert board_text(Gauges()) == "".join(family.header for family in families.BOARD)
