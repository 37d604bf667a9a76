"""Generated tests of stop rules end as a second, plain reading of the rules says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core.kpi import KpiId
from stopwatch.core.rule import Criterion, FixedVolume, Op
from stopwatch.core.window import Missing, Window
from stopwatch.watch.trial.run import run_site
from tests.core import oracle
from tests.core.cases import Case, cases
from tests.watch.told import R, Told

pytestmark = pytest.mark.slow


def told_of(case: Case, failures: list[int]) -> Told:
    """Tell a drawn case as a test file would: one KPI per condition."""
    criteria = tuple(
        Criterion(
            KpiId(f"k{number}"),
            Op(one.op),
            Decimal(one.threshold),
            Decimal(one.recover),
            None if one.volume_min is None else FixedVolume(Decimal(one.volume_min)),
        )
        for number, one in enumerate(case.rule.conditions)
    )
    rule, drawn = case.rule, case.resolved().written
    window = Window(rule.n, rule.m, rule.extra, Missing(rule.policy), float(rule.coverage))
    written = replace(drawn, criteria=criteria, window=window, id=R)
    values = {KpiId(f"k{number}"): series for number, series in enumerate(case.values)}
    volumes = {KpiId(f"k{number}"): series for number, series in enumerate(case.volumes)}
    return Told([written], values, volumes, failures)


@settings(max_examples=300)
@given(cases(), st.lists(st.sampled_from([0, 0, 0, 1, 2, 5]), max_size=31))
def test_generated_tests_end_as_the_oracle_says(case: Case, drawn: list[int]) -> None:
    length, step = len(case), timedelta(seconds=case.step_seconds)
    failures = (drawn + [0] * (length + 1))[: length + 1]
    settle = timedelta(seconds=case.settle_seconds)
    activated = max(timedelta(0), case.armed * step - settle)
    armed, live = -(-(activated + settle) // step), -(-activated // step)
    told = told_of(case, failures)
    found = run_site(told, length=length, activated=activated, kpis={}, wanted={R: range(length)})[R]
    classes = oracle.breach_classes(case.rule, case.values, case.volumes)
    goods = oracle.good_classes(case.rule, case.values, case.volumes)
    assert found.classes == "".join(classes)
    after, events = oracle.State(), []
    for slot in range(length):
        after, _, event = oracle.step(case.rule, after, classes, goods, slot, armed)
        if event is not None:
            events.append((slot, event))
        after = replace(after, failures=failures[slot + 1])
        moment = found.moments[slot]
        assert moment.state.value == (oracle.reported(case.rule, after) if slot >= live else "ok")
        assert moment.since == (None if after.since is None else after.since * step)
    assert [slot for slot, event in events if event == "opened"] == found.opened
    assert [slot for slot, event in events if event == "recovered"] == found.recovered
