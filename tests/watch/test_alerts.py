"""Alerts as intake: mapped by the plan, counted once by fingerprint, ended when they are resolved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.rollout import AlertsPlan
from stopwatch.core.stop import Alert, AlertOutcome
from stopwatch.watch.acts.alerts import take_alerts
from tests.watch.letters import HAM, LODZ, MINUTE, T0, rule, rule_set
from tests.watch.world import World, Worlds

FIRING = Alert("f1", False, {"site": "ham-01", "criterion": "sev1"}, {"summary": "db down"}, "https://p.example/graph")  # noqa: FBT003 – a field of the value
RESOLVED = replace(FIRING, resolved=True)


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.make(rule_set(rule("load"), sites=(HAM, LODZ)), {})


def take(world: World, *alerts: Alert, now: datetime = T0) -> list[AlertOutcome]:
    with world.store.writing() as tx:
        return take_alerts(tx, world.desk, alerts, actor="api:am", now=now)


def test_a_firing_alert_opens_a_decision_once_and_its_end_resolves_the_ground(world: World) -> None:
    (opened,) = take(world, FIRING)
    (decision,) = world.decisions()
    (ground,) = decision.grounds
    assert opened == AlertOutcome("f1", "opened", "db down", decision.id)
    assert (ground.criterion, ground.links[0].url) == ("sev1", "https://p.example/graph")
    (known,) = take(world, FIRING, now=T0 + MINUTE)
    assert (known.outcome, known.decision) == ("known", decision.id)
    (resolved,) = take(world, RESOLVED, now=T0 + MINUTE)
    assert (resolved.outcome, resolved.decision) == ("resolved", decision.id)
    (after,) = world.decisions()
    assert (after.grounds[0].resolved_at, after.state.live) == (T0 + MINUTE, True)
    assert take(world, RESOLVED)[0].outcome == "nothing_to_resolve"
    assert world.audited()[-2:] == [("api:am", "pause"), ("api:am", "resolve")]


def test_one_notification_may_carry_an_alert_twice_and_its_end(world: World) -> None:
    outcomes = take(world, FIRING, FIRING, replace(FIRING, fingerprint="f2"), RESOLVED, FIRING)
    assert [outcome.outcome for outcome in outcomes] == ["opened", "known", "joined", "resolved", "joined"]
    (decision,) = world.decisions()
    assert [ground.resolved_at is None for ground in decision.grounds] == [False, True, True]


def test_an_alert_fires_anew_after_its_decision_ended(world: World) -> None:
    first = take(world, FIRING)[0].decision
    world.act(world.decisions()[0].id, Act.DISMISS, T0 + MINUTE, category="false_alarm")
    (again,) = take(world, FIRING, now=T0 + MINUTE)
    assert (again.outcome, again.decision == first) == ("opened", False)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        pytest.param({"site": "ham-01"}, "it has no label criterion", id="no criterion"),
        pytest.param({"site": "ham-01", "criterion": " "}, "it has no label criterion", id="an empty criterion"),
        pytest.param({"criterion": "sev1"}, "it has no label site", id="no site"),
        pytest.param(
            {"criterion": "sev1", "site": "MUC"}, "its label site ('MUC') names no site of the plan", id="MUC"
        ),
    ],
)
def test_an_alert_that_names_nothing_of_ours_is_ignored_and_the_others_count(
    world: World, labels: dict[str, str], said: str
) -> None:
    ignored, opened = take(world, Alert("f0", resolved=False, labels=labels, annotations={}), FIRING)
    assert (ignored.outcome, ignored.detail, ignored.decision) == ("ignored", said, None)
    assert opened.outcome == "opened"


def test_the_plan_says_which_labels_count_and_a_site_is_known_by_its_label_too(world: World) -> None:
    plan = world.rules.plan
    ham = replace(plan.sites[HAM], label="HAM")
    mapped = replace(plan, alerts=AlertsPlan("warehouse", "severity"), sites={**plan.sites, HAM: ham})
    world.rules = replace(world.rules, plan=mapped)
    (outcome,) = take(world, Alert("f1", resolved=False, labels={"warehouse": "HAM", "severity": "P1"}, annotations={}))
    assert (outcome.outcome, outcome.detail) == ("opened", "alert P1 fires")
    assert world.decisions()[0].site == HAM


def test_an_alert_whose_criterion_cannot_be_one_is_ignored_and_the_others_count(world: World) -> None:
    odd = replace(FIRING, fingerprint="f2", labels={**FIRING.labels, "criterion": "sev1\nall is well"})
    ignored, opened = take(world, odd, FIRING)
    assert (ignored.outcome, opened.outcome) == ("ignored", "opened")
    assert "a criterion is one line of at most 100 characters" in ignored.detail
