"""A phase is looked at over each site's own window, by queries that its sites share, as the daemon would fold it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from stopwatch.core.decision import Acted, Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind
from stopwatch.core.exit.check import RuleOver
from stopwatch.core.exit.judgement import Seen
from stopwatch.core.kpi import SiteId
from stopwatch.core.records import Activation
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import BaselineThreshold, Statistic
from stopwatch.watch.rollout.exit import Told, look
from tests.watch.past import HAM, LODZ, RULE, Past, minute, rule_set, stop_rule, values

LENGTH = 40
OBSERVED = timedelta(minutes=30)


def series(**sites: str) -> dict[tuple[str, SiteId], list[float]]:
    names = {"ham": HAM, "lodz": LODZ}
    return {("v", names[name]): values(text) for name, text in sites.items()}


def told(decisions: tuple[Decision, ...] = (), live: Mapping[SiteId, int] | None = None) -> Told:
    activated = {HAM: 0, LODZ: 0} if live is None else live
    activations = {site: Activation("t", site, minute(at), "cli:ida", minute(at)) for site, at in activated.items()}
    return Told(activations, decisions)


def ended(at: int, opened: int, state: DecisionState = DecisionState.RESUMED, category: str | None = None) -> Decision:
    ground = Ground(GroundId("g"), GroundKind.RULE, HAM, RULE, None, minute(opened), minute(opened))
    acts = (Acted("dismiss", "cli:ida", minute(at), "r", 0, 1, {"category": category}),) if category else ()
    return Decision(
        DecisionId("d"),
        "t",
        HAM,
        HAM,
        None,
        state,
        rev=1,
        episode=0,
        opened_at=minute(opened),
        ended_at=minute(at),
        grounds=(ground,),
        acts=acts,
    )


def looked(source: Past, records: Told | None = None, rules: RuleSet | None = None) -> Seen:
    found = rules or rule_set(stop_rule(), sites=(HAM, LODZ))
    phase = replace(found.plan.phases[0], observation=OBSERVED)
    now: datetime = minute(LENGTH - 1) + timedelta(minutes=1)
    return look(found, phase, {"default": source}, records or told(), now=now, ranges=lambda _expression: [])


def over(seen: Seen, site: SiteId = HAM) -> RuleOver:
    return next(one for one in seen.rules if one.site == site)


def test_the_window_is_the_last_observation_and_one_query_serves_all_sites() -> None:
    source = Past(series(ham="C" * LENGTH, lodz="C" * LENGTH))
    seen = looked(source)
    tally = over(seen).tally
    assert tally is not None
    assert (tally.first, tally.last, tally.slots) == (minute(LENGTH - 31), minute(LENGTH - 1), 31)
    assert len(source.asked) == 2, "once for the rules, once for what reports compare"
    assert [window.start for window in seen.windows] == [minute(LENGTH - 31)] * 2


def test_a_breach_at_the_windows_edge_is_folded_with_what_lay_before_it() -> None:
    seen = looked(Past(series(ham="C" * 7 + "BBBB" + "C" * 29, lodz="C" * LENGTH)))
    tally = over(seen).tally
    assert tally is not None
    assert [one.opened_at for one in tally.entered] == [minute(10)]
    assert over(seen, LODZ).tally is not None


def test_a_final_act_begins_the_window_of_its_site_afresh() -> None:
    source = Past(series(ham="C" * 10 + "BBBB" + "C" * 26, lodz="C" * LENGTH))
    seen = looked(source, told((ended(20, 12),)))
    tally = over(seen).tally
    assert tally is not None
    assert (tally.first, tally.entered) == (minute(20), ())
    assert [window.long_enough for window in seen.windows] == [False, True]


def test_a_false_alarm_is_kept_apart_and_begins_nothing_afresh() -> None:
    alarm = ended(16, 12, DecisionState.DISMISSED, "false_alarm")
    seen = looked(Past(series(ham="C" * 10 + "BBBB" + "C" * 26, lodz="C" * LENGTH)), told((alarm,)))
    tally = over(seen).tally
    assert tally is not None
    assert ([one.acquitted for one in tally.entered], tally.breaches) == (["d"], ())
    assert seen.windows[0].long_enough


def test_a_site_that_is_not_live_is_not_asked_about() -> None:
    source = Past(series(ham="C" * LENGTH))
    seen = looked(source, told(live={HAM: 0}))
    assert [one.site for one in seen.rules] == [HAM]
    assert [window.start is None for window in seen.windows] == [False, True]


def test_a_query_that_fails_leaves_its_reason_and_no_numbers() -> None:
    seen = looked(Past(series(ham="C" * LENGTH), broken={"v"}))
    assert (over(seen).tally, over(seen).failure) == (None, "no answer within 5 s")


def test_a_limit_without_a_frozen_baseline_cannot_be_judged() -> None:
    rule = stop_rule()
    relative = replace(
        rule, criteria=(replace(rule.criteria[0], threshold=BaselineThreshold(Statistic.MEDIAN, Decimal(2))),)
    )
    seen = looked(Past(series(ham="C" * LENGTH, lodz="C" * LENGTH)), rules=rule_set(relative, sites=(HAM, LODZ)))
    assert over(seen).tally is None
    assert "no baseline median of v is frozen" in str(over(seen).failure)


@pytest.mark.parametrize("live", [LENGTH - 10, LENGTH - 1])
def test_slots_before_go_live_do_not_exist(live: int) -> None:
    seen = looked(Past(series(ham="B" * LENGTH, lodz="C" * LENGTH)), told(live={HAM: live, LODZ: 0}))
    tally = over(seen).tally
    assert tally is not None
    assert (tally.first, tally.slots) == (minute(live), LENGTH - live)
