"""Every metric, every documented query and every query of a dashboard, on a real Prometheus that scrapes the daemon."""

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from stopwatch.telemetry import families
from stopwatch.telemetry.family import Kind
from tests.deploy.living import SITES, UNITS, Shown, plan, shown
from tests.deploy.promql import Asked, filled, labels_of, queries
from tests.deploy.test_grafana import PAGES
from tests.stories.world import eventually
from tests.telemetry.test_documents import METRICS, table

pytestmark = pytest.mark.slow

EVERY = (*families.BOARD, *families.PROCESS)
VARIABLES = {"job": "stopwatch", "instance": ".+", "phase": ".+", "__rate_interval": "10s"}


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with shown(tmp_path_factory.mktemp("living")) as found:
        yield found


def test_every_metric_has_a_series_with_its_labels(living: Shown) -> None:
    silent, other = [], {}
    for family in EVERY:
        name = f"{family.full_name}_bucket" if family.kind is Kind.HISTOGRAM else family.full_name
        found = living.ask(name)
        if not found:
            silent.append(name)
        labels = {frozenset(one["metric"]) - {"__name__", "job", "instance", "le"} for one in found}
        # Prometheus keeps no label that is empty: a wide stop of all sites has no phase.
        if found and frozenset(family.labels) not in labels:
            other[name] = labels
    assert (silent, other) == ([], {})


def test_every_documented_query_is_answered(living: Shown) -> None:
    documented = [row[5].strip("`") for row in METRICS]
    documented += [query for row in table("Runbook") for query in re.findall(r"`([^`]*stopwatch_[^`]*)`", row[0])]
    assert len(documented) > len(EVERY)
    for query in documented:
        living.ask(query)


def answers(living: Shown, asked: Asked) -> Iterator[dict[str, str]]:
    """Yield the labels of every series, over every choice of a site and of a KPI that the query depends on."""
    sites = SITES if "$site" in asked.expr else [""]
    kpis = UNITS if "$kpi" in asked.expr else [""]
    for site, kpi in itertools.product(sites, kpis):
        for one in living.ask(filled(asked.expr, {**VARIABLES, "site": site, "kpi": kpi})):
            yield dict(one["metric"])


def test_every_query_of_every_dashboard_finds_series_with_the_labels_of_its_legend(living: Shown) -> None:
    empty, unnamed = [], []
    for asked in dict.fromkeys(asked for page in PAGES for asked in queries(page)):
        found = list(answers(living, asked))
        if not found:
            empty.append(asked)
        unnamed += [asked for labels in found if not labels_of(asked.legend) <= labels.keys()]
    assert (empty, unnamed) == ([], [])


def test_a_panel_of_a_kpi_shows_its_value_and_its_limit_in_its_own_unit_alone(living: Shown) -> None:
    (site,) = [page for page in PAGES if page["uid"] == "stopwatch-site"]
    (panel,) = [panel for panel in site["panels"] if panel.get("repeat") == "kpi"]
    for unit, ref in (("ratio", "A"), ("seconds", "B"), ("count", "C"), ("per_second", "D")):
        (kpi,) = [name for name, of in UNITS.items() if of == unit]
        values = {**VARIABLES, "site": "ham-01", "kpi": kpi}
        answered = {
            target["refId"]: {one["values"][-1][1] for one in living.ask(filled(target["expr"], values))}
            for target in panel["targets"]
        }
        known = {name: found for name, found in answered.items() if found}
        assert known == {ref: {"0.9"}, f"{ref}limit": {"0.5"}, f"{ref}baseline": {"0.4"}}


def test_promtool_finds_nothing_wrong_with_the_page_of_a_real_daemon(living: Shown) -> None:
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=living.page(), capture_output=True, text=True, check=False, timeout=30
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_series_of_a_site_that_leaves_the_plan_leave_the_page(living: Shown) -> None:
    """The last test of this file: Vienna is not there afterwards."""
    assert 'site="wien"' in living.page()
    left = plan(["ham-01", "lodz"], datetime(2026, 1, 1, tzinfo=UTC))
    (living.rules / "rollout.yaml").write_text(json.dumps(left))
    assert httpx.post(f"{living.api.url}/-/reload", timeout=20).status_code == 200
    eventually("Vienna has left", lambda: 'site="wien"' not in living.page())
    assert 'site="ham-01"' in living.page()
