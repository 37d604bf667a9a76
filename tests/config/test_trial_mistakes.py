"""Whatever is wrong with a test file is said at its line and column, and nothing else ever happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import read_trial_file
from tests.config.trial_texts import RULES, complaints, one_test

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
