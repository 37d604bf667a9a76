"""Link templates filled for one breach: exact times with a margin, and values that cannot break out of a URL."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from stopwatch.core.kpi import Better, Kpi, KpiId, PhaseId, RuleId, SiteId, Unit
from stopwatch.core.rollout import Site
from stopwatch.core.rule import Combine, Criterion, Links, Op, StopRule
from stopwatch.core.state import Change, RuleEvent
from stopwatch.core.window import Window
from stopwatch.watch.links import fill

README = Path(__file__).parents[2] / "rules" / "README.md"
OPENED = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
EVENT = RuleEvent(Change.OPENED, OPENED, OPENED, OPENED - timedelta(minutes=15))


KPIS = {KpiId("errors"): Kpi(KpiId("errors"), "Errors", Unit.COUNT, Better.LOWER, "sum by (site) (e[5m])&x:1")}


def rule(links: Links) -> StopRule:
    criterion = Criterion(KpiId("errors"), Op.ABOVE, Decimal("0.05"))
    return StopRule(RuleId("integration-5xx"), Combine.ONE, (criterion,), Window(16, 16), 16, links=links)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("http://g/d?site={site}&rule={rule}", "http://g/d?site=ham-01&rule=integration-5xx", id="ids"),
        pytest.param("http://g/{phase}/{kpi}", "http://g/pilot/errors", id="phase and KPI"),
        pytest.param("http://g/d?l={label}", "http://g/d?l=HAM%20%26%20co", id="a label with odd letters"),
        pytest.param("http://g/d?from={from_ms}&to={to_ms}", "http://g/d?from=1795253400000&to=1795257900000", id="ms"),
        pytest.param("http://g/d?from={from_iso}", "http://g/d?from=2026-11-21T09:30:00Z", id="RFC 3339"),
        pytest.param(
            "http://g/d?q={query}", "http://g/d?q=sum%20by%20%28site%29%20%28e%5B5m%5D%29%26x%3A1", id="query"
        ),
        pytest.param("http://g/d?r={range}", "http://g/d?r=4500s", id="how long"),
        pytest.param("http://g/d/{decision}", "http://g/d/ham-01-20261121T1015Z", id="the decision"),
    ],
)
def test_every_placeholder_is_replaced(template: str, filled: str) -> None:
    site = Site(SiteId("ham-01"), "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM & co")
    (link,) = fill(rule(Links(dashboard=template)), site, EVENT, "ham-01-20261121T1015Z", KPIS)
    assert (link.kind, link.url) == ("dashboard", filled)


EXAMPLES = re.findall(r'^  (dashboard|logs|runbook|graph): "(.*)"', README.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("kind", "template"), EXAMPLES)
def test_every_example_of_the_documents_becomes_an_address(kind: str, template: str) -> None:
    site = Site(SiteId("ham-01"), "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM & co")
    (link,) = fill(rule(Links(**{kind: template})), site, EVENT, "ham-01-20261121T1015Z", KPIS)
    address = urlsplit(link.url)
    assert (address.scheme, bool(address.netloc)) == ("https", True)
    assert "{site}" not in link.url
    assert not re.search(r"\s", link.url)


def test_grafana_can_read_the_panes_of_the_example_for_loki() -> None:
    (loki,) = [template for kind, template in EXAMPLES if "/explore?" in template]
    site = Site(SiteId("ham-01"), "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM & co")
    (link,) = fill(rule(Links(logs=loki)), site, EVENT, "d", KPIS)
    asked = parse_qs(urlsplit(link.url).query)
    (pane,) = json.loads(asked["panes"][0]).values()
    assert asked["schemaVersion"] == ["1"]
    assert pane["queries"][0]["expr"] == '{site="HAM & co"}'
    assert pane["queries"][0]["datasource"] == {"type": "loki", "uid": pane["datasource"]}
    assert pane["range"] == {"from": "1795253400000", "to": "1795257900000"}


def test_the_documents_show_loki_kibana_and_the_graph_of_prometheus() -> None:
    shown = " ".join(template for _, template in EXAMPLES)
    assert [word for word in ("/explore?", "/discover#", "/graph?g0.expr=") if word not in shown] == []
    (graph,) = [template for kind, template in EXAMPLES if kind == "graph"]
    site = Site(SiteId("ham-01"), "Hamburg", PhaseId("pilot"), "Europe/Berlin", "HAM")
    (link,) = fill(rule(Links(graph=graph)), site, EVENT, "d", KPIS)
    asked = parse_qs(urlsplit(link.url).query)
    assert (asked["g0.expr"], asked["g0.range_input"]) == (["sum by (site) (e[5m])&x:1"], ["4500s"])
