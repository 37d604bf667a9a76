"""Test files become values, whatever their rules lie in."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import TrialFile
from stopwatch.core.state import Reported
from tests.config.trial_texts import RULES, SHIPPED, V, complaints, one_test, read


def test_a_whole_file_becomes_values(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        RULES
        + """
tests:
  - name: held for ten minutes
    series: [{site: ham-01, kpi: v, values: "1x2 9x10"}, {site: ham-01, kpi: v, volume: true, values: "100x13"}]
    expect:
      - {site: ham-01, rule: r, at: 12m, state: pending, since: 3m}
      - {site: ham-01, rule: r, at: 13m, state: [ok, breached]}
    opens: [{site: ham-01, rule: r, at: 13m}]
    activated: 5m
    baseline: {ham-01: {v: 7}}
""",
    )
    (trial,) = file.trials
    (site,) = trial.sites
    assert (trial.name, trial.length, trial.activated) == ("held for ten minutes", 14, timedelta(minutes=5))
    assert site.values == {"v": (1.0,) * 3 + (9.0,) * 11}
    assert site.volumes == {"v": (100.0,) * 14}
    assert set(site.baselines.values()) == {7.0}
    assert [(one.slot, one.states, one.since) for one in trial.expect] == [
        (12, (Reported.PENDING,), timedelta(minutes=3)),
        (13, (Reported.OK, Reported.BREACHED), None),
    ]
    assert trial.expect[1].checks == {"state"}
    assert [one.slot for one in trial.opens or ()] == [13]
    assert trial.closes is None


def test_failed_evaluations_are_taken_out_of_all_series_of_their_site(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        one_test(
            """series:
      - {site: a, kpi: v, values: "E 1 Ex2 2 3"}
      - {site: a, kpi: v, volume: true, values: "10 20 30 40 E"}
      - {site: b, kpi: v, values: "1 2 3 4 5"}
    expect: [{site: c, rule: r, at: 4m, state: no_data}]"""
        ),
    )
    trial = file.trials[0]
    a, b, c = trial.sites
    assert (a.values[V], a.volumes[V], a.failures) == ((1.0, 3.0), (20.0,), (1, 3, 0))
    assert (b.failures, c.values, c.failures) == ((0,) * 6, {}, (0,))
    assert trial.length == 5


def test_a_list_holds_numbers_nothing_words_and_failures(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        one_test(
            "series: [{site: a, kpi: v, values: "
            '[1, 2.5, -3e2, null, ~, "NaN", NaN, .nan, "+Inf", "-Inf", .inf, "E", 7]}]'
        ),
    )
    values = file.trials[0].sites[0].values[V]
    numbers = [None if math.isnan(value) else value for value in values]
    assert numbers == [1, 2.5, -300, None, None, None, None, None, math.inf, -math.inf, math.inf, 7]
    assert file.trials[0].sites[0].failures[11] == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param("5", (5.0,), id="a number"),
        pytest.param("010", (8.0,), id="as written"),
        pytest.param("_x2", (None, None), id="plain text"),
        pytest.param('">-"', None, id="no item"),
    ],
)
def test_text_without_quotes_is_promtools_notation(
    tmp_path: Path, values: str, expected: tuple[float | None, ...] | None
) -> None:
    text = one_test(f"series: [{{site: a, kpi: v, values: {values}}}]")
    if expected is None:
        assert complaints(tmp_path, text) == ["3:41 bad-series"]
        return
    found = read(tmp_path, text).trials[0].sites[0].values[V]
    assert tuple(None if math.isnan(value) else value for value in found) == expected


def test_json_is_read_as_yaml_is(tmp_path: Path) -> None:
    rule = {"id": "r", "kpi": "v", "op": ">", "threshold": 5, "sustain": {"m": 1, "n": 1}}
    trial = {"series": [{"site": "a", "kpi": "v", "values": [1, None, "E"]}], "expect": None, "opens": []}
    for indent in (None, 2, "\t"):
        file = read(tmp_path, json.dumps({"rules": [rule], "tests": [trial]}, indent=indent), "trial.json")
        assert (file.trials[0].name, file.trials[0].length, file.trials[0].opens) == ("test 1", 2, ())


def test_zero_needs_no_unit(tmp_path: Path) -> None:
    file = read(
        tmp_path, one_test('{series: [{site: a, kpi: v, values: "1"}], expect: [{site: a, rule: r, at: 0, state: ok}]}')
    )
    assert file.trials[0].expect[0].slot == 0


PHASED = """rules:
  - {id: r, kpi: v, op: ">", threshold: 5, sustain: {m: 1, n: 1},
     overrides: {phases: {pilot: {threshold: 2}}, sites: {b: {threshold: 9}}}}
  - {id: only-pilot, kpi: v, op: ">", threshold: 5, sustain: {m: 1, n: 1}, phases: [pilot]}
"""


def thresholds(file: TrialFile) -> dict[str, list[str]]:
    return {
        site.site: [f"{rule.id} {rule.criteria[0].threshold}" for rule in site.rules] for site in file.trials[0].sites
    }


def test_inline_rules_take_the_phases_that_the_test_gives(tmp_path: Path) -> None:
    series = ", ".join(f"{{site: {site}, kpi: v, values: 1}}" for site in "abc")
    file = read(tmp_path, f"{PHASED}tests: [{{phases: {{a: pilot, b: pilot}}, series: [{series}]}}]")
    assert thresholds(file) == {"a": ["r 2", "only-pilot 5"], "b": ["r 9", "only-pilot 5"], "c": ["r 5"]}


def test_a_rule_of_another_phase_cannot_be_expected(tmp_path: Path) -> None:
    text = f"{PHASED}tests:\n- opens: [{{site: c, rule: only-pilot, at: 0s}}]\n"
    assert complaints(tmp_path, text) == ["6:27 rule-elsewhere"]


def test_a_path_to_a_rule_file_is_relative_to_the_test_file(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "own.yaml").write_text(PHASED)
    file = read(tmp_path, "rules: ../own.yaml\ntests: [{series: [{site: b, kpi: v, values: 1}]}]", "tests/trial.yaml")
    assert thresholds(file) == {"b": ["r 9"]}


def test_a_rule_file_with_automatic_volumes_asks_the_kpis_beside_it(tmp_path: Path) -> None:
    rule = '{id: r, kpi: v, op: ">", threshold: 0.1, sustain: {for: 1m}, volume: {auto: true}}'
    (tmp_path / "own.yaml").write_text(f"rules: [{rule}]")
    text = "rules: own.yaml\ntests: [{series: [{site: b, kpi: v, values: 1}]}]"
    with pytest.raises(ComplaintsError, match="volume auto"):
        read(tmp_path, text)
    kpi = (
        "{id: v, title: V, unit: ratio, better: lower, query: 'sum by (site) (rate(a[1m]))', volume: sum by (site) (b)}"
    )
    (tmp_path / "kpis.yaml").write_text(f"kpis: [{kpi}]")
    assert "v" in read(tmp_path, text).kpis


def test_a_folder_brings_its_plan(tmp_path: Path) -> None:
    text = f"""
rules: {SHIPPED}
tests:
  - phases: {{elsewhere: pilot}}
    series:
      - {{site: ham-01, kpi: integration_5xx_ratio, values: 0}}
      - {{site: rotterdam, kpi: integration_5xx_ratio, values: 0}}
      - {{site: elsewhere, kpi: integration_5xx_ratio, values: 0}}
      - {{site: unknown, kpi: integration_5xx_ratio, values: 0}}
"""
    found = {
        site: [one.split()[1] for one in rules if "5xx" in one]
        for site, rules in thresholds(read(tmp_path, text)).items()
    }
    assert found == {"ham-01": ["0.02"], "rotterdam": ["0.05"], "elsewhere": ["0.02"], "unknown": ["0.05"]}
    assert complaints(tmp_path, text.replace("elsewhere: pilot", "elsewhere: polit")) == ["4:25 unknown-phase"]


def test_a_broken_folder_is_told_file_by_file(tmp_path: Path) -> None:
    with pytest.raises(ComplaintsError) as caught:
        read(tmp_path, "rules: .\ntests: [{name: x}]")
    assert {Path(one.file).name for one in caught.value.complaints} == {"kpis.yaml", "stop-rules.yaml", "rollout.yaml"}
