"""``stopwatch test`` with raw series: the queries of KPIs are run by a real Prometheus, and its refusals are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main

HEAD = """\
rules:
  - {id: r, kpi: v, op: ">", threshold: 5, sustain: {m: 1, n: 1}, step: 60s}
  - {id: s, kpi: v, op: ">", threshold: 5, sustain: {m: 1, n: 1}, step: 30s}
  - {id: w, kpi: w, op: ">", threshold: 5, sustain: {m: 1, n: 1}, step: 60s, volume: {min: 3}}
kpis:
  - {id: v, query: sum by (site) (a)}
  - {id: w, query: 'sum by (site) (a{site=~"$sites"})', volume: count by (site) (a)}
"""
ONE = """\
tests:
  - name: one
    input_series: [{series: 'a{site="x"}', values: "1x3 9x2"}]
"""


def run(folder: Path, text: str, env: dict[str, str] | None = None) -> Result:
    (folder / "queries.yaml").write_text(text)
    return CliRunner().invoke(main, ["test", str(folder / "queries.yaml")], env=env)


def test_without_prometheus_it_is_said_what_to_install(tmp_path: Path) -> None:
    result = run(tmp_path, HEAD + ONE, env={"PATH": str(tmp_path)})
    assert result.exit_code == 2
    assert "queries.yaml:10:19: error: input_series need Prometheus" in result.stderr
    assert "apt-get install prometheus" in result.stderr


@pytest.mark.slow
def test_every_rule_is_read_at_its_own_step(tmp_path: Path) -> None:
    text = f"""{HEAD}{ONE}
    interval: 1m
    opens: [{{site: x, rule: r, at: 4m}}, {{site: x, rule: s, at: 4m}}]
    expect:
      - {{site: x, rule: s, at: 330s, state: breached}}
      - {{site: x, rule: w, at: 5m, state: no_data, reason: low_volume}}
"""
    result = run(tmp_path, text)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_a_lost_sample_is_bridged_for_five_minutes_and_a_failure_shows_its_slots(tmp_path: Path) -> None:
    text = f"""{HEAD}
tests:
  - name: one
    interval: 1m
    input_series: [{{series: 'a{{site="x"}}', values: "9 _x9"}}, {{series: 'a{{site="x",b="c"}}', values: "_x10"}}]
    expect: [{{site: x, rule: r, at: 9m, state: ok}}]
    opens: []
"""
    result = run(tmp_path, text)
    assert (result.exit_code, "BBBBB" in result.stdout, "MMMM" in result.stdout) == (1, True, True), result.output


@pytest.mark.slow
def test_a_kpi_with_a_series_at_a_site_is_not_queried_there(tmp_path: Path) -> None:
    text = f"""{HEAD}
tests:
  - name: one
    interval: 1m
    input_series: [{{series: 'a{{site="x"}}', values: "9x3"}}, {{series: 'a{{site="y"}}', values: "1 9x2"}}]
    series: [{{site: x, kpi: v, values: "1x2 7x2"}}]
    opens:
      - {{site: x, rule: r, at: 3m}}
      - {{site: x, rule: s, at: 90s}}
      - {{site: y, rule: r, at: 1m}}
      - {{site: y, rule: s, at: 1m}}
"""
    result = run(tmp_path, text)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_series_without_a_single_sample_are_missing(tmp_path: Path) -> None:
    text = f"""{HEAD}{ONE.replace("1x3 9x2", "_x6")}
    expect: [{{site: x, rule: r, at: 2m, state: no_data, reason: missing}}]
"""
    result = run(tmp_path, text)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("sum by (site) (a", "the query of v: ", id="refused"),
        pytest.param("a", "[two-series]", id="two series of one site"),
    ],
)
def test_an_answer_that_cannot_be_used_makes_the_file_unusable(tmp_path: Path, query: str, words: str) -> None:
    two = ONE.replace("}]", """}, {series: 'a{site="x",b="c"}', values: "1x3"}]""")
    result = run(tmp_path, HEAD.replace("query: sum by (site) (a)", f"query: '{query}'") + two)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "queries.yaml:10:19: error: the query of v: " in result.stderr
