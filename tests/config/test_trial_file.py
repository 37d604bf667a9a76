"""Test files become values; whatever is wrong with one is said at its line and column."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import TrialFile, read_trial_file
from stopwatch.core.kpi import KpiId
from stopwatch.core.state import Reported

RULES = 'rules: [{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 10m}, step: 60s}]\n'
V = KpiId("v")
SHIPPED = Path(__file__).parents[2] / "rules"


def read(folder: Path, text: str, name: str = "trial.yaml") -> TrialFile:
    path = folder / name
    path.write_text(text)
    return read_trial_file(path)


def complaints(folder: Path, text: str) -> list[str]:
    """Return line:column code of every complaint about *text*."""
    with pytest.raises(ComplaintsError) as caught:
        read(folder, text)
    return [f"{one.line}:{one.column} {one.code}" for one in caught.value.complaints]


def one_test(body: str) -> str:
    """A file whose only test says *body*, which begins in line 3, column 5."""
    return f"{RULES}tests:\n  - {body}\n"


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


SERIES = 'series: [{site: a, kpi: v, values: "1x9"}]'
BAD = [
    pytest.param("", "1:1 file-empty", id="nothing"),
    pytest.param("- 1\n", "1:1 wrong-type", id="a list"),
    pytest.param(RULES, "1:1 missing-key", id="no tests"),
    pytest.param(RULES + "tests: []\n", "2:8 empty-list", id="an empty list of tests"),
    pytest.param(RULES + "tests: 5\n", "2:8 wrong-type", id="tests that are no list"),
    pytest.param("tests: [{name: x}]\n", "1:1 missing-key", id="no rules"),
    pytest.param("rules: 5\ntests: [{name: x}]\n", "1:8 wrong-type", id="rules that are no list"),
    pytest.param("rules: nowhere\ntests: [{name: x}]\n", "1:8 rules-missing", id="a path that leads nowhere"),
    pytest.param("rules: [5]\ntests: [{name: x}]\n", "1:9 wrong-type", id="a rule that is a number"),
    pytest.param(RULES + "kpi: []\ntests: [{name: x}]\n", "2:1 unknown-key", id="an unknown key of the file"),
    pytest.param(RULES + "rules: []\ntests: [{name: x}]\n", "2:1 duplicate-key", id="a key twice"),
    pytest.param(one_test("{nam: x}"), "3:6 unknown-key", id="an unknown key of a test"),
    pytest.param(
        one_test("{series: [{site: a, kpi: v, values: 1, valus: 1}]}"),
        "3:44 unknown-key",
        id="an unknown key of a series",
    ),
    pytest.param(one_test("{series: [{site: a, kpi: v}]}"), "3:15 missing-key", id="a series without values"),
    pytest.param(one_test("{series: [{site: a, kpi: w, values: 1}]}"), "3:30 unread-kpi", id="a KPI no rule reads"),
    pytest.param(
        one_test("{series: [{site: a, kpi: v, values: 1}, {site: a, kpi: v, values: 2}]}"),
        "3:60 duplicate-series",
        id="a series twice",
    ),
    pytest.param(one_test('{series: [{site: a, kpi: v, values: "1 2 3y 4"}]}'), "3:46 bad-series", id="an odd item"),
    pytest.param(
        one_test("{series: [{site: a, kpi: v, values: [1, x]}]}"), "3:45 bad-series", id="an odd word in a list"
    ),
    pytest.param(one_test("{series: [{site: a, kpi: v, values: [true]}]}"), "3:42 bad-series", id="a truth in a list"),
    pytest.param(one_test("{series: [{site: a, kpi: v, values: null}]}"), "3:41 bad-series", id="no values"),
    pytest.param(one_test("{series: [{site: a, kpi: v, values: {a: 1}}]}"), "3:41 bad-series", id="values by name"),
    pytest.param(one_test("{series: [{site: a, kpi: v, values: 1x200000}]}"), "3:41 bad-series", id="too many values"),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: q, at: 0s, state: ok}}]}}"),
        "3:75 unknown-rule",
        id="unknown rule",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, opens: [{{site: a, rule: q, at: 0s}}]}}"),
        "3:74 unknown-rule",
        id="unknown rule in opens",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, closes: [{{site: a, rule: r, at: 10m}}]}}"),
        "3:82 beyond-end",
        id="beyond the end in closes",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 10m, state: ok}}]}}"),
        "3:82 beyond-end",
        id="beyond the end",
    ),
    pytest.param(
        one_test("{expect: [{site: a, rule: r, at: 0s, state: ok}]}"), "3:38 beyond-end", id="no series at all"
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 90s, state: ok}}]}}"),
        "3:82 off-grid",
        id="between slots",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5, state: ok}}]}}"), "3:82 bad-duration", id="no unit"
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5m, state: bad}}]}}"),
        "3:93 unknown-state",
        id="odd state",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5m, state: []}}]}}"),
        "3:93 unknown-state",
        id="no states",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5m}}]}}"),
        "3:66 nothing-expected",
        id="nothing expected",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5m, reason: late}}]}}"),
        "3:94 unknown-value",
        id="odd reason",
    ),
    pytest.param(
        one_test(f"{{{SERIES}, expect: [{{site: a, rule: r, at: 5m, stat: ok}}]}}"),
        "3:86 unknown-key",
        id="odd key of expect",
    ),
    pytest.param(one_test("{activated: 5}"), "3:17 bad-duration", id="activated without a unit"),
    pytest.param(one_test("{baseline: {a: {w: 5}}}"), "3:21 unread-kpi", id="a baseline no rule reads"),
    pytest.param(one_test("{baseline: {a: {v: x}}}"), "3:24 wrong-type", id="a baseline that is no number"),
    pytest.param(
        'rules: [{id: r, kpi: v, op: ">", threshold: 0.1, sustain: {for: 1m}, volume: {auto: true}}]\n'
        "tests: [{name: x}]\n",
        "1:78 auto-volume",
        id="automatic volume without KPIs",
    ),
    pytest.param(
        'rules: [{id: r, kpi: v, op: ">", threshold: 1, sustain: {for: 1m}, recover: {threshold: 2}}]\n'
        "tests: [{name: x}]\n",
        "1:89 recover-breaches",
        id="a rule that cannot load",
    ),
    pytest.param(
        'rules: [{id: r, kpi: v, op: ">", threshold: 1, sustain: {for: 1m}, overrides: {sites: {z: {op: "="}}}}]\n'
        "tests: [{name: x}]\n",
        "1:96 unknown-value",
        id="an override that no test reaches",
    ),
]


@pytest.mark.parametrize(("text", "complaint"), BAD)
def test_a_mistake_is_said_at_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaints(tmp_path, text) == [complaint]


def test_all_mistakes_of_a_file_are_said_at_once(tmp_path: Path) -> None:
    text = one_test('{series: [{site: a, kpi: w, values: "1y"}], expect: [{site: a, rule: q, at: 9m, state: ok}]}')
    assert complaints(tmp_path, text) == ["3:30 unread-kpi", "3:42 bad-series", "3:74 unknown-rule"]


def test_a_file_that_is_not_there_is_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(ComplaintsError, match="no such file"):
        read_trial_file(tmp_path / "absent.yaml")


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


KEYS = st.sampled_from(
    [
        "rules",
        "tests",
        "series",
        "expect",
        "opens",
        "site",
        "kpi",
        "rule",
        "at",
        "state",
        "values",
        "id",
        "sustain",
        "x",
    ]
)
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.sampled_from(["a", "r", "v", "1x3", "5m"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(TREES, st.sampled_from(["whole", "test", "rules", "series"]))
def test_any_tree_is_a_test_file_or_has_complaints(
    tmp_path_factory: pytest.TempPathFactory, tree: object, where: str
) -> None:
    rule = {"id": "r", "kpi": "v", "op": ">", "threshold": 5, "sustain": {"m": 1, "n": 1}}
    whole = {
        "whole": tree,
        "test": {"rules": [rule], "tests": [tree]},
        "rules": {"rules": tree, "tests": [{"name": "x"}]},
        "series": {"rules": [rule], "tests": [{"series": tree, "expect": tree}]},
    }[where]
    path = tmp_path_factory.getbasetemp() / "drawn.json"
    path.write_text(json.dumps(whole))
    try:
        file = read_trial_file(path)
    except ComplaintsError as error:
        assert error.complaints != ()  # noqa: PT017 -- both outcomes are good, and each has its own promise
    else:
        assert file.trials != ()


@given(st.binary(max_size=60) | st.text("rules: [{}]\n-tesx\t\"'&*!|>", max_size=60).map(str.encode))
def test_any_bytes_are_a_test_file_or_have_complaints(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.yaml"
    path.write_bytes(data)
    with pytest.raises(ComplaintsError):
        read_trial_file(path)
