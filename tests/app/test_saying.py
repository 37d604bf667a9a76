"""What the log says of an evaluation is as long for a thousand sites as for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.app.saying import say
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.records import Unjudged
from stopwatch.telemetry.logs import set_up_logs
from stopwatch.watch.evaluation.tick import TickReport
from stopwatch.watch.evaluation.unjudged import LeftOut

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def left_out(site: int, rule: int) -> LeftOut:
    first = T0 + site * MINUTE
    span = Unjudged("story", SiteId(f"site-{site:04}"), RuleId(f"rule-{rule}"), first, T0 + 60 * MINUTE, T0)
    return LeftOut(span, 61 - site)


def said(capsys: pytest.CaptureFixture[str], *spans: LeftOut) -> list[dict[str, object]]:
    set_up_logs(json=True)
    say(TickReport("default", T0 + timedelta(hours=30), left_out=list(spans)), 0.1)
    written = capsys.readouterr()
    lines = [json.loads(line) for line in (written.out + written.err).splitlines()]
    told = [line for line in lines if line["event"] == "evaluation.unjudged"]
    return [
        {name: line[name] for name in sorted(line.keys() - {"event", "level", "logger", "timestamp"})} for line in told
    ]


def test_what_nobody_will_judge_is_one_line_with_counts_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, *(left_out(site, rule) for site in range(40) for rule in range(5))) == [
        {
            "examples": [f"site-0000 rule-{rule}: 2026-11-21T10:00:00Z to 2026-11-21T11:00:00Z" for rule in range(5)],
            "first": "2026-11-21T10:00:00Z",
            "last": "2026-11-21T11:00:00Z",
            "rules": 5,
            "sites": 40,
            "slots": 5 * sum(range(22, 62)),
            "source": "default",
        }
    ]


def test_nothing_is_said_where_everything_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys) == []
