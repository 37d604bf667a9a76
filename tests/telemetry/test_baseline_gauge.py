"""A frozen baseline as a gauge."""

from tests.telemetry.test_metrics import filled, series


def test_both_frozen_numbers_of_a_kpi_are_shown() -> None:
    page = series(filled().render())
    place = 'site="ham-01",phase="pilot",kpi="error_ratio"'
    assert page[f'stopwatch_kpi_baseline{{{place},statistic="median"}}'] == 0.01
    assert page[f'stopwatch_kpi_baseline{{{place},statistic="p90"}}'] == 0.02
