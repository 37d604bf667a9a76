"""Link templates filled for one breach: exact times with a margin, and values that cannot break out of a URL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stopwatch.core.kpi import KpiId, PhaseId, RuleId, SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rollout import Site
from stopwatch.core.rule import Combine, Criterion, Links, Op, ResolvedRule, StopRule
from stopwatch.core.state import Change, RuleEvent
from stopwatch.core.window import Window
from stopwatch.watch.links import fill

OPENED = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
EVENT = RuleEvent(Change.OPENED, OPENED, OPENED, OPENED - timedelta(minutes=15))


def rule() -> ResolvedRule:
    criterion = Criterion(KpiId("errors"), Op.ABOVE, Decimal("0.05"))
    written = StopRule(RuleId("integration-5xx"), Combine.ONE, (criterion,), Window(16, 16), 16)
    return resolve(written, {}, {})


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("http://g/d?site={site}&rule={rule}", "http://g/d?site=ham-01&rule=integration-5xx", id="ids"),
        pytest.param("http://g/{phase}/{kpi}", "http://g/pilot/errors", id="phase and KPI"),
        pytest.param("http://g/d?l={label}", "http://g/d?l=HAM%20%26%20co", id="a label with odd letters"),
        pytest.param("http://g/d?from={from_ms}&to={to_ms}", "http://g/d?from=1795253400000&to=1795257900000", id="ms"),
        pytest.param("http://g/d?from={from_iso}", "http://g/d?from=2026-11-21T09:30:00Z", id="RFC 3339"),
        pytest.param("http://g/d/{decision}", "http://g/d/ham-01-20261121T1015Z", id="the decision"),
    ],
)
def test_every_placeholder_is_replaced(template: str, filled: str) -> None:
    site = Site(SiteId("ham-01"), "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM & co")
    (link,) = fill(Links(dashboard=template), site, rule(), EVENT, "ham-01-20261121T1015Z")
    assert (link.kind, link.url) == ("dashboard", filled)
