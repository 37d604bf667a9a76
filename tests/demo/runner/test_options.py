"""The command line of ./demo: what it takes, and that each fault has a rule that notices it."""

import pytest
from ruamel.yaml import YAML

from stopwatch.demo.runner.options import RULE_OF_FAULT, options_from
from stopwatch.demo.sites.faults import FaultKind
from stopwatch.demo.sites.rules import RULES


def test_without_arguments_somebody_looks_on_while_the_pilot_breaks() -> None:
    options = options_from([])
    assert (options.headless, options.asserting, options.keep, options.picture) == (False, False, False, None)
    assert (options.site, options.kind, options.rule) == ("ham-01", FaultKind.INTEGRATION_5XX, "integration-5xx")


def test_every_rule_of_the_demo_is_the_one_that_notices_some_fault() -> None:
    rules = YAML(typ="safe").load(RULES / "stop-rules.yaml")["rules"]
    assert sorted(RULE_OF_FAULT.values()) == sorted(rule["id"] for rule in rules)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--kind", "silent"], id="a fault that breaches no rule"),
        pytest.param(["--site", "oslo"], id="no such site"),
        pytest.param(["--fast"], id="no such option"),
    ],
)
def test_what_makes_no_story_is_bad_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_from(arguments)
    assert ended.value.code == 2
    assert "usage: ./demo" in capsys.readouterr().err
