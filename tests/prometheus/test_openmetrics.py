"""Samples as OpenMetrics text: what promtool is given to load."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from stopwatch.prometheus.openmetrics import exposition

START = datetime(2020, 1, 1, tzinfo=UTC)


def test_each_sample_has_a_line_and_a_missing_one_has_none() -> None:
    labels = {"__name__": "a", "site": "HAM", "odd": '"\\\n'}
    lines = list(
        exposition([(labels, [1.0, math.nan, math.inf, -math.inf])], start=START, interval=timedelta(seconds=0.5))
    )
    begin = 'a{site="HAM",odd="\\"\\\\\\n"}'
    assert lines == [
        f"{begin} 1.0 1577836800.000\n",
        f"{begin} +Inf 1577836801.000\n",
        f"{begin} -Inf 1577836801.500\n",
        "# EOF\n",
    ]
