"""No label holds what has no bound: sources come and go with the plan, strangers' words are few and short."""

import pytest

from stopwatch.telemetry.metrics import MOST_WORDS
from tests.telemetry.test_metrics import EVERY, filled, fresh, series


def test_no_label_can_hold_what_has_no_bound() -> None:
    known = {"site", "phase", "kpi", "rule", "state", "kind", "source", "outcome", "version"}
    known |= {"notifier", "reason", "method", "code", "action", "transport", "result"}
    known |= {"unit", "better", "op", "severity", "mode", "statistic"}
    assert {label for family in EVERY for label in family.labels} == known


def test_series_of_a_source_that_left_the_plan_go_with_it() -> None:
    metrics = filled()
    metrics.expect_sources(["eu"], outcomes=["timeout"])
    page = series(metrics.render())
    assert [name for name in page if 'source="default"' in name] == []
    assert page['stopwatch_prometheus_queries_total{outcome="timeout",source="eu"}'] == 0


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("xoxb-123", id="a token"),
        pytest.param("channel not found: C024BE91L", id="free text"),
        pytest.param("a" * 51, id="too long"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_code_that_is_no_short_word_is_not_repeated(said: str) -> None:
    metrics = fresh()
    metrics.count_slack_error("chat.update", said)
    metrics.count_notifier_error("webhook", said)
    metrics.count_dead(said)
    page = series(metrics.render())
    assert page['stopwatch_slack_api_errors_total{code="other",method="chat.update"}'] == 1
    assert page['stopwatch_notifier_errors_total{code="other",notifier="webhook"}'] == 1
    assert page['stopwatch_outbox_dead_total{reason="other"}'] == 1


def test_words_of_strangers_are_bounded_in_number() -> None:
    metrics = fresh()
    for number in range(2 * MOST_WORDS):
        metrics.count_slack_error("chat.update", f"code_{number}")
    metrics.count_slack_error("chat.update", "code_0")
    page = series(metrics.render())
    assert len([name for name in page if "slack_api_errors" in name]) == MOST_WORDS + 1
    assert page['stopwatch_slack_api_errors_total{code="other",method="chat.update"}'] == MOST_WORDS
    assert page['stopwatch_slack_api_errors_total{code="code_0",method="chat.update"}'] == 2
