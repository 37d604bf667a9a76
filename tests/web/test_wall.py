"""The wall of decisions: what is wanted is found, shown and exported alike, and a spreadsheet computes none of it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from stopwatch.core.decision import Acted, DecisionId
from stopwatch.web.pages.wall import MOST_ROWS, as_csv
from tests.web.browsing import PageSite, serve
from tests.web.estate import NOW
from tests.web.paused import decision


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("", {"ham-01-20261121T1015Z", "site-002-20261120T0900Z"}, id="all"),
        pytest.param("?state=dismissed", {"site-002-20261120T0900Z"}, id="by state"),
        pytest.param("?site=ham-01&state=", {"ham-01-20261121T1015Z"}, id="by site"),
        pytest.param("?state=asleep", set(), id="a state that is none"),
        pytest.param("?state=live", {"ham-01-20261121T1015Z"}, id="what is live"),
        pytest.param("?state=final", {"site-002-20261120T0900Z"}, id="what is over"),
        pytest.param("?phase=wave-1", {"site-002-20261120T0900Z"}, id="by phase"),
        pytest.param("?kind=manual", {"ham-01-20261121T1015Z"}, id="what a person declared"),
        pytest.param("?kind=rule", {"ham-01-20261121T1015Z", "site-002-20261120T0900Z"}, id="what a rule found"),
        pytest.param("?since=2026-11-21", {"ham-01-20261121T1015Z"}, id="from a day on"),
        pytest.param("?until=2026-11-20", {"site-002-20261120T0900Z"}, id="up to a day"),
        pytest.param("?since=2026-11-20&until=2026-11-20", {"site-002-20261120T0900Z"}, id="on a day"),
        pytest.param("?since=yesterday", set(), id="a day that is none"),
        pytest.param("?until=9999-12-31", {"ham-01-20261121T1015Z", "site-002-20261120T0900Z"}, id="the last of days"),
        pytest.param("?kind=guess", set(), id="a kind that is none"),
        pytest.param("?kind=drill", set(), id="drills, of which there are none"),
    ],
)
def test_the_wall_is_filtered_and_exported_alike(site: PageSite, query: str, shown: set[str]) -> None:
    text = site.client.get(f"/decisions{query}").text
    assert set(re.findall(r'<td><a href="/decisions/([^"]+)"', text)) == shown
    assert f'href="/decisions.csv{query.replace("&state=", "").replace("&", "&amp;")}"' in text
    rows = list(csv.DictReader(site.client.get(f"/decisions.csv{query}").text.splitlines()))
    assert {row["id"] for row in rows} == shown


def test_the_wall_keeps_what_was_chosen_and_says_how_many_fit(site: PageSite) -> None:
    text = site.client.get("/decisions?state=acknowledged&phase=pilot&site=ham-01&since=2026-11-21").text
    assert '<option value="acknowledged" selected>' in text
    assert '<option value="pilot" selected>' in text
    assert 'name="site" value="ham-01"' in text
    assert 'type="date" value="2026-11-21"' in text
    assert "1 fit" in text
    assert "2 in all" in site.client.get("/decisions").text
    assert "yesterday is no day, such as 2026-11-21" in site.client.get("/decisions?until=yesterday").text
    assert "No decision fits." in site.client.get("/decisions?site=nowhere").text


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "   =1"])
def test_whatever_a_spreadsheet_would_compute_is_quoted(typed: str) -> None:
    act = Acted("resume", "cli:eva", NOW, typed, 1, 2, {})
    (row,) = csv.DictReader(io.StringIO(as_csv([replace(decision(), acts=(act,))]), newline=""))
    assert row["last_reason"] == f"'{typed}"


def test_a_long_wall_shows_the_newest_and_the_csv_all() -> None:
    many = [replace(decision(), id=DecisionId(f"d-{number:04}")) for number in range(MOST_ROWS + 5)]
    for served in serve(tokens=False):
        served.records.more = many
        text = served.client.get("/decisions").text
        assert text.count("<tr data-part=") == MOST_ROWS
        assert f"{MOST_ROWS + 7} in all, the newest {MOST_ROWS} are shown; the CSV has all" in text
        assert len(list(csv.DictReader(served.client.get("/decisions.csv").text.splitlines()))) == MOST_ROWS + 7


def test_a_reason_that_a_spreadsheet_would_compute_is_text(site: PageSite) -> None:
    rows = list(csv.DictReader(site.client.get("/decisions.csv").text.splitlines()))
    assert rows[0]["last_reason"] == '\'=HYPERLINK("http://evil")'


def test_drills_are_marked_and_listed_by_themselves(site: PageSite) -> None:
    drill = replace(decision(), id=DecisionId("drill-lodz-20261121T0900Z"), scope="_drill:lodz")
    site.records.more = [drill]
    assert '<span class="pill d-drill">drill, acknowledged</span>' in site.client.get("/decisions").text
    rows = {row["id"]: row["drill"] for row in csv.DictReader(site.client.get("/decisions.csv").text.splitlines())}
    assert rows == {drill.id: "true", "ham-01-20261121T1015Z": "false", "site-002-20261120T0900Z": "false"}
    for kind, shown in (("drill", 1), ("manual", 1), ("rule", 2)):
        assert site.client.get(f"/decisions?kind={kind}").text.count("<tr data-part=") == shown, kind
