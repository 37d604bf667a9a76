"""Raw series of a test file are put to sites and instants, or are complained about at their places."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.config.trial_values import Inputs, Trial
from tests.config.trial_texts import SHIPPED, complaints, read

RULES = """\
rules: [{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 1m}},
  {id: s, kpi: v, op: ">", threshold: 5, sustain: {for: 1m}, step: 30s}]
kpis: [{id: v, query: sum by (site) (a), volume: b}]
"""


def only_test(folder: Path, body: str) -> Trial:
    (trial,) = read(folder, f"{RULES}tests:\n  - {body}\n").trials
    return trial


def inputs_of(trial: Trial) -> Inputs:
    assert trial.inputs is not None
    return trial.inputs


def test_each_rule_has_slots_up_to_the_last_value(tmp_path: Path) -> None:
    text = """{input_series: [{series: 'a{site="x"}', values: "1x9 _"}, {series: 'a{site="y"}', values: "1"}],
     interval: 1m, expect: [{site: x, rule: r, at: 10m, state: ok}, {site: x, rule: s, at: 10m, state: ok}]}"""
    trial = only_test(tmp_path, text)
    inputs = inputs_of(trial)
    assert [trial.slots(timedelta(seconds=step)) for step in (60, 30)] == [11, 21]
    assert [one.slot for one in trial.expect] == [10, 20]
    assert (inputs.labels, [one.site for one in trial.sites]) == ({"x": "x", "y": "y"}, ["x", "y"])
    assert (inputs.series[0].labels, math.isnan(inputs.series[0].values[10])) == ({"__name__": "a", "site": "x"}, True)


def test_without_an_interval_values_follow_at_the_smallest_step(tmp_path: Path) -> None:
    trial = only_test(tmp_path, """{input_series: [{series: 'a{site="x"}', values: "1x9"}]}""")
    assert inputs_of(trial).interval == timedelta(seconds=30)


def test_a_test_is_as_long_as_its_longest_series_of_either_kind(tmp_path: Path) -> None:
    text = """{input_series: [{series: 'a{site="x"}', values: "1x3"}], series: [{site: y, kpi: v, values: 1x9}]}"""
    assert only_test(tmp_path, text).slots(timedelta(seconds=60)) == 10


def test_with_a_folder_the_plan_says_which_site_a_label_means(tmp_path: Path) -> None:
    (trial,) = read(
        tmp_path,
        f"""
rules: {SHIPPED}
tests:
  - input_series: [{{series: 'wms_orders_total{{site="RTM"}}', values: "1x3"}}, {{series: deploys_total, values: "1"}}]
    opens: []
    expect:
      - {{site: ham-01, rule: label-success, at: 0, state: ok}}
      - {{site: new, rule: label-success, at: 0, state: ok}}
""",
    ).trials
    assert inputs_of(trial).labels == {"HAM": "ham-01", "new": "new", "RTM": "rotterdam"}


AUTO = '{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 1m}, volume: {min: 5}}'


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param("{input_series: []}", "5:20 empty-list", id="none"),
        pytest.param("{interval: 1m}", "5:16 interval-alone", id="an interval of nothing"),
        pytest.param(
            "{input_series: [{series: 'a{site=\"x\"}', values: 1}], interval: 0s}",
            "5:68 out-of-range",
            id="no interval",
        ),
        pytest.param(
            "{input_series: [{series: 'a{site=x}', values: 1}], opens: []}", "5:33 bad-series-name", id="no quotes"
        ),
        pytest.param(
            "{input_series: [{series: 'a{site=\"x\"}', values: 1 E}]}", "5:53 bad-series", id="a failed evaluation"
        ),
        pytest.param("{input_series: [{series: 'a{site=\"x\"}', values: 1y}]}", "5:53 bad-series", id="odd values"),
        pytest.param(
            '{input_series: [{series: \'a{p="1",site="x"}\', values: 1}, {series: \'a{site="x",p="1"}\', values: 1}]}',
            "5:72 duplicate-series",
            id="the same series twice",
        ),
        pytest.param("{input_series: [{series: a, values: 1}]}", "5:20 no-site", id="no site"),
        pytest.param(
            "{input_series: [{series: 'a{site=\"x\"}', values: 1x99}], interval: 1d}",
            "5:20 test-too-large",
            id="too long",
        ),
    ],
)
def test_a_mistake_in_raw_series_is_said_at_its_place(tmp_path: Path, body: str, complaint: str) -> None:
    assert complaints(tmp_path, f"{RULES}tests:\n  - {body}\n") == [complaint]


def test_too_many_samples_are_refused(tmp_path: Path) -> None:
    series = ", ".join(f'{{series: \'a{{site="x",n="{n}"}}\', values: 1x99998}}' for n in range(11))
    text = f"{RULES}tests:\n  - {{input_series: [{series}], interval: 1s}}\n"
    assert complaints(tmp_path, text) == ["5:20 test-too-large"]


@pytest.mark.parametrize(
    ("kpis", "wanted"),
    [
        pytest.param("", ["no-query"], id="an unknown KPI"),
        pytest.param("kpis: [{id: v}]", ["no-query"], id="no query"),
        pytest.param("kpis: [{id: v, query: a}]", ["no-query"], id="no volume for the guard"),
        pytest.param("kpis: [{id: v, query: a, volume: a}]", [], id="both"),
    ],
)
def test_what_no_series_gives_needs_a_query(tmp_path: Path, kpis: str, wanted: list[str]) -> None:
    series = "[{series: 'a{site=\"x\"}', values: 1}]"
    expect = "[{site: x, rule: r, at: 0, state: ok}]"
    text = f"rules: [{AUTO}]\n{kpis}\ntests: [{{input_series: {series}, expect: {expect}}}]\n"
    found = complaints(tmp_path, text) if wanted else []
    assert [one.split()[1] for one in found] == wanted
    given = text.replace("input_series", "series: [{site: x, kpi: v, values: 1}], input_series")
    assert len(read(tmp_path, given).trials) == 1


def test_a_label_that_the_plan_does_not_know_is_a_mistake(tmp_path: Path) -> None:
    text = f"rules: {SHIPPED}\ntests: [{{input_series: [{{series: 'a{{site=\"RTN\"}}', values: 1}}], opens: []}}]\n"
    assert [one.split()[1] for one in complaints(tmp_path, text)] == ["unknown-label"]
