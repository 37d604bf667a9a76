"""The page of all sites is written anew only where something changed, and comes to what a fresh one would say."""

import random
from dataclasses import replace
from datetime import timedelta

from stopwatch.core.decision import GroundKind
from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.rule import Severity, Statistic
from stopwatch.core.state import Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView
from stopwatch.telemetry import families
from stopwatch.telemetry.board import BoardPage, board_text
from tests.telemetry.pictures import WRITTEN, large


def text(page: BoardPage, view: StatusView) -> str:
    return b"".join(each.plain for each in page.parts(view)).decode()


def changed_rule(rule: RuleStatus, chance: random.Random) -> RuleStatus:
    number = chance.choice([None, 0.5, float("nan"), 7.0])
    return chance.choice(
        [
            rule._replace(state=chance.choice([*Reported])),
            rule._replace(threshold=number),
            rule._replace(pending_seconds=number),
            rule._replace(breaching_slots=chance.choice([None, 3])),
            rule._replace(required_slots=chance.choice([None, 3])),
            rule._replace(coverage=number),
            rule._replace(newest_slot=rule.newest_slot and rule.newest_slot + timedelta(minutes=1)),
            rule._replace(newest_slot=None),
            rule._replace(rule=RuleId(f"renamed-{chance.randrange(3)}")),
            rule._replace(written=chance.choice([None, replace(WRITTEN, severity=Severity.NOTIFY)])),
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
            replace(site, values={KpiId("error_ratio"): chance.random()}),
            replace(site, volumes={KpiId("other"): 1.0}),
            replace(site, baselines={(KpiId("error_ratio"), Statistic.P90): 0.5}),
            replace(site, opened={GroundKind.MANUAL: 2}),
            replace(site, rules=site.rules[:place]),
            replace(site, rules=tuple(changed_rule(rule, chance) for rule in site.rules)),
        ]
    )


def test_a_page_after_any_change_is_what_a_fresh_page_would_be() -> None:
    chance, page, view = random.Random(7), BoardPage(), large(4, 3)
    for _ in range(400):
        sites = list(view.sites) or list(large(4, 3).sites)
        place = chance.randrange(len(sites))
        sites[place : place + 1] = chance.choice([[], [changed_site(sites[place], chance)], [*large(2, 2).sites[1:]]])
        view = replace(
            view, sites=tuple(sites), wide=chance.choice([view.wide, ()]), kpis=chance.choice([view.kpis, ()])
        )
        assert text(page, view) == board_text(view)


def test_families_in_which_nothing_changed_are_not_written_again() -> None:
    page, view = BoardPage(), large(3, 2)
    before = page.parts(view)
    sites = tuple(
        replace(
            site, values={KpiId("error_ratio"): 0.5}, rules=tuple(rule._replace(coverage=0.5) for rule in site.rules)
        )
        for site in view.sites
    )
    after = page.parts(replace(view, sites=sites))
    rewritten = [family.name for family, old, new in zip(families.BOARD, before, after, strict=True) if old is not new]
    assert sorted(rewritten) == ["kpi_value", "window_coverage_ratio"]
