"""The dashboards are what the code writes, keep the rules of dashboard-linter, and lead only where something is."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.grafana.__main__ import FOLDER, dashboards, written
from stopwatch.telemetry import families
from tests.deploy.promql import Asked, labels_of, queries, ranges, selectors, variable_of
from tests.deploy.promtool import ROOT, promtool, yaml

GRAFANA = ROOT / "deploy" / "grafana"
PAGES: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
PANELS = [(page, panel) for page in PAGES for panel in page["panels"] if panel["type"] != "row"]
ASKED = [asked for page in PAGES for asked in queries(page)]
each_page = pytest.mark.parametrize("page", PAGES, ids=[page["uid"] for page in PAGES])
each_panel = pytest.mark.parametrize(
    ("page", "panel"), PANELS, ids=[f"{page['title']}: {panel['title']}" for page, panel in PANELS]
)
# Of Grafana's list of value formats, what these dashboards use.
UNITS = {"short", "s", "percentunit", "ops", "Bps", "bytes"}


def test_the_files_are_what_the_code_writes() -> None:
    stored = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert stored == {name: written(page) for name, page in dashboards().items()}


def test_the_uids_never_change() -> None:
    assert {page["uid"]: page["title"] for page in PAGES} == {
        "stopwatch-wall": "Hypercare wall",
        "stopwatch-site": "Site",
        "stopwatch-itself": "Stopwatch itself",
    }


# --------------------------------------------------------------------------------- the rules of dashboard-linter


@each_page
def test_the_data_source_is_a_variable(page: dict[str, Any]) -> None:
    """template-datasource-rule."""
    (source,) = [each for each in page["templating"]["list"] if each["type"] == "datasource"]
    assert (source["name"], source["label"], source["query"]) == ("datasource", "Data Source", "prometheus")


@each_page
@pytest.mark.parametrize("name", ["job", "instance"])
def test_job_and_instance_are_variables(page: dict[str, Any], name: str) -> None:
    """template-job-rule, template-instance-rule."""
    (variable,) = [each for each in page["templating"]["list"] if each["name"] == name]
    assert (variable["type"], variable["label"]) == ("query", name)
    assert variable["datasource"]["uid"] == "${datasource}"
    assert (variable["multi"], variable["allValue"]) == (True, ".+")
    assert variable_of(variable)[1] == name


@each_panel
def test_every_panel_uses_the_chosen_data_source(page: dict[str, Any], panel: dict[str, Any]) -> None:
    """panel-datasource-rule, also for each query."""
    assert panel["datasource"]["uid"] == "${datasource}"
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


@each_panel
def test_every_panel_has_title_description_and_unit(page: dict[str, Any], panel: dict[str, Any]) -> None:
    """panel-title-description-rule, panel-units-rule, panel-no-targets-rule."""
    assert panel["title"].strip()
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["targets"]


@pytest.mark.parametrize(
    "asked", ASKED, ids=[f"{asked.page}: {asked.panel} {number}" for number, asked in enumerate(ASKED)]
)
def test_every_query_asks_for_the_chosen_job_and_instance(asked: Asked) -> None:
    """target-job-rule, target-instance-rule, target-rate-interval-rule, target-counter-agg-rule."""
    found = selectors(asked.expr)
    assert len(found) == len(re.findall(r"\b(?:stopwatch|process)_\w+", asked.expr))
    for name, matchers in found:
        if name != "stopwatch_build_info":
            assert 'job=~"$job"' in matchers
            assert 'instance=~"$instance"' in matchers
    assert set(ranges(asked.expr)) <= {"$__rate_interval"}


def test_counters_are_asked_for_their_increase() -> None:
    """target-counter-agg-rule; how many decisions there ever were is asked of the counter as it stands."""
    bare = [
        asked.panel
        for asked in ASKED
        for name, _matchers in selectors(asked.expr)
        if name.endswith("_total") and not ranges(asked.expr)
    ]
    assert bare == ["Decisions so far"]


def test_promtool_reads_every_query(tmp_path: Path) -> None:
    """target-promql-rule."""
    spoken = {re.sub(r"\$__rate_interval", "1m", asked.expr) for asked in ASKED}
    rules = [{"record": f"asked:{number}", "expr": expr} for number, expr in enumerate(sorted(spoken))]
    (tmp_path / "asked.yml").write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    checked = promtool("check", "rules", tmp_path / "asked.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@each_page
def test_nobody_edits_what_is_provisioned(page: dict[str, Any]) -> None:
    """uneditable-dashboard-rule."""
    assert page["editable"] is False


# ------------------------------------------------------------------------------------------------------ our own


def test_the_dashboards_ask_only_for_what_is_documented() -> None:
    known = {family.full_name for family in (*families.BOARD, *families.PROCESS)}
    asked = {re.sub(r"_bucket$", "", name) for each in ASKED for name, _ in selectors(each.expr)}
    assert {name for name in asked if name.startswith("stopwatch")} - known == set()


@each_page
def test_panels_lie_side_by_side_and_none_over_another(page: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for panel in page["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _y in cells) < 24
    ids = [panel["id"] for panel in page["panels"]]
    assert len(ids) == len(set(ids))


@each_page
def test_every_link_leads_to_a_dashboard_that_exists(page: dict[str, Any]) -> None:
    of_panels = [
        link for panel in page["panels"] for link in panel.get("fieldConfig", {}).get("defaults", {}).get("links", ())
    ]
    addresses = [link["url"] for link in (*page["links"], *of_panels)]
    assert {urlsplit(address).path for address in addresses} <= {f"/d/{each['uid']}" for each in PAGES}
    names = {each["uid"]: {variable["name"] for variable in each["templating"]["list"]} for each in PAGES}
    for address in addresses:
        wanted = set(re.findall(r"var-(\w+)=", address))
        assert wanted <= names[urlsplit(address).path.removeprefix("/d/")]


@each_page
def test_a_state_is_never_told_by_colour_alone(page: dict[str, Any]) -> None:
    for panel in page["panels"]:
        if panel["type"] == "state-timeline":
            (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
            assert all(option["text"] and option["color"] for option in mapping["options"].values())


def test_what_a_legend_shows_is_kept_by_its_query() -> None:
    lost = [
        asked.panel
        for asked in ASKED
        for label in labels_of(asked.legend)
        if " by (" in asked.expr and not re.search(rf"by \([^)]*\b{label}\b", asked.expr)
    ]
    assert lost == []


def test_grafana_finds_its_data_source_and_its_dashboards() -> None:
    (source,) = yaml(GRAFANA / "provisioning" / "datasources" / "prometheus.yml")["datasources"]
    assert (source["type"], source["access"]) == ("prometheus", "proxy")
    scraped = yaml(ROOT / "deploy" / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == scraped
    (provider,) = yaml(GRAFANA / "provisioning" / "dashboards" / "stopwatch.yml")["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
