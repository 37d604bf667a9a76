"""A change from the command line is checked and merged as if the file said it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from stopwatch.config.changes import parse_change, parse_sweep
from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.load import load_rule_set
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import StopRule

RULES = Path(__file__).parents[2] / "rules"
FIVES = "integration-5xx"


def changed(*texts: str) -> RuleSet:
    return load_rule_set(RULES, None, [parse_change(text) for text in texts])


def rule(loaded: RuleSet, site: str, name: str = FIVES) -> StopRule:
    found = loaded.rule(SiteId(site), RuleId(name))
    assert found is not None
    return found


def test_a_changed_key_is_judged_by_and_gives_the_set_another_revision() -> None:
    loaded = changed(f"{FIVES}.threshold=0.06")
    assert rule(loaded, "lodz").criteria[0].threshold == Decimal("0.06")
    assert loaded.revision != load_rule_set(RULES).revision


def test_an_override_of_the_same_key_gives_way() -> None:
    assert rule(changed(f"{FIVES}.threshold=0.06"), "ham-01").criteria[0].threshold == Decimal("0.06")


def test_overrides_of_other_keys_stay() -> None:
    loaded = changed(f"{FIVES}.threshold=0.06")
    assert rule(loaded, "ham-01").criteria[0].recover_threshold == Decimal("0.015")


def test_a_deeper_key_changes_a_part_everywhere() -> None:
    loaded = changed(f"{FIVES}.recover.threshold=0.01")
    assert {rule(loaded, site).criteria[0].recover_threshold for site in ("ham-01", "lodz")} == {Decimal("0.01")}
    assert rule(loaded, "lodz").recover_slots == 16


def test_a_value_is_yaml() -> None:
    assert rule(changed(f"{FIVES}.sustain={{m: 3, n: 5}}"), "lodz").window.m == 3


def test_several_changes_count_together() -> None:
    loaded = changed(f"{FIVES}.threshold=0.06", "label-success.missing=ignore")
    assert rule(loaded, "lodz").criteria[0].threshold == Decimal("0.06")
    assert rule(loaded, "lodz", "label-success").window.missing.value == "ignore"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("integration-5xx", "this is no change of a rule", id="no value"),
        pytest.param("integration-5xx.threshold=[", "integration-5xx.threshold:1:", id="no YAML"),
        pytest.param("integration-5x.threshold=0.03", "did you mean 'integration-5xx'", id="unknown rule"),
        pytest.param("integration-5xx.treshold=0.03", "did you mean 'threshold'", id="unknown key"),
        pytest.param("integration-5xx.threshold=high", "integration-5xx.threshold:1:1: error", id="wrong type"),
        pytest.param("integration-5xx.threshold=0.01", "breaching side", id="below its recovery"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_its_place(text: str, words: str) -> None:
    with pytest.raises(ComplaintsError) as refused:
        changed(text)
    assert words in str(refused.value)


def test_a_sweep_holds_both_ends_exactly() -> None:
    assert [change.text for change in parse_sweep(f"{FIVES}.threshold=0.02:0.04:0.01")] == [
        f"{FIVES}.threshold={value}" for value in ("0.02", "0.03", "0.04")
    ]


@pytest.mark.parametrize("span", ["0.02:0.08", "0.02:0.08:0", "1:0:1", "0:1:0.001", "a:b:c", "0:1:NaN", ""])
def test_a_sweep_of_nothing_or_too_much_is_refused(span: str) -> None:
    with pytest.raises(ComplaintsError):
        parse_sweep(f"{FIVES}.threshold={span}")
