"""Rules of a test file: every key, no plan, and KPIs only where they are needed."""

import pytest

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.inline import inline_kpis, rules_for_site
from stopwatch.config.node import Fields, Node
from stopwatch.config.yaml import load_text
from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, SiteId, Unit
from stopwatch.core.rule import AutoVolume

HAM, PILOT = SiteId("ham-01"), PhaseId("pilot")
RULE = 'id: r, kpi: v, op: ">", threshold: 0.5, sustain: {for: 10m}'


def part(text: str, key: str) -> Node:
    """The value of *key* in the document *text*."""
    root, complaints = load_text("t.yaml", text.encode())
    assert complaints == []
    assert isinstance(root, Fields)
    found = root.get(key)
    assert found is not None
    return found


def test_a_rule_needs_no_kpis() -> None:
    (rule,) = rules_for_site(part(f"rules: [{{{RULE}, volume: {{min: 5}}}}]", "rules"), HAM, None, None)
    assert (rule.id, rule.window.n) == ("r", 11)


def test_overrides_apply_to_sites_that_no_plan_knows() -> None:
    rules = part(
        f"rules: [{{{RULE}, overrides: {{sites: {{x: {{step: 30s}}}}, phases: {{pilot: {{step: 10s}}}}}}}}]", "rules"
    )
    steps = [
        rules_for_site(rules, site, phase, None)[0].step.total_seconds()
        for site, phase in ((SiteId("x"), None), (SiteId("x"), PILOT), (HAM, PILOT), (HAM, None))
    ]
    assert steps == [30, 30, 10, 60]


def test_a_rule_of_named_phases_applies_there_only() -> None:
    rules = part(f"rules: [{{{RULE}, phases: [pilot]}}]", "rules")
    assert [len(rules_for_site(rules, HAM, phase, None)) for phase in (PILOT, PhaseId("wave-1"), None)] == [1, 0, 0]


def test_automatic_volume_needs_its_kpi() -> None:
    text = f"{{rules: [{{{RULE}, volume: {{auto: true}}}}], kpis: [{{id: v, unit: ratio, better: lower}}]}}"
    rules, kpis = part(text, "rules"), inline_kpis(part(text, "kpis"))
    assert kpis is not None
    assert (kpis[KpiId("v")].unit, kpis[KpiId("v")].better) == (Unit.RATIO, Better.LOWER)
    assert rules_for_site(rules, HAM, None, kpis)[0].criteria[0].volume == AutoVolume()
    nothing: dict[KpiId, Kpi] = {}
    for too_little in (None, nothing):
        with pytest.raises(ComplaintsError, match="volume auto needs to know the KPI 'v'"):
            rules_for_site(rules, HAM, None, too_little)


def test_no_kpis_is_nothing_known() -> None:
    assert inline_kpis(None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("rules: {id: r}", "t.yaml:1:8: error: rules must be a list", id="no list"),
        pytest.param("rules: [r]", "t.yaml:1:9: error: an entry of rules must be a mapping", id="no mapping"),
        pytest.param(f"rules: [{{{RULE}, stp: 1s}}]", "unknown key 'stp'", id="unknown key"),
        pytest.param(f"rules: [{{{RULE}}}, {{{RULE}}}]", "a rule 'r' was given before", id="given twice"),
    ],
)
def test_what_is_said_about_unusable_rules(text: str, said: str) -> None:
    if "given before" in said:
        text = text.replace("}, {", "},\n {")
    with pytest.raises(ComplaintsError) as caught:
        rules_for_site(part(text, "rules"), HAM, None, None)
    assert said in str(caught.value)


def test_unusable_kpis_are_refused() -> None:
    with pytest.raises(ComplaintsError, match="unit must be"):
        inline_kpis(part("kpis: [{id: v, unit: percent}]", "kpis"))
