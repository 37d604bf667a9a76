"""The pages over real HTTP: what they show."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from tests.web.browsing import PAGE, PageSite, serve
from tests.web.estate import HOSTILE, SHA256


@pytest.fixture(scope="module")
def _site() -> Iterator[PageSite]:
    yield from serve(tokens=False)


@pytest.fixture
def site(_site: PageSite) -> PageSite:
    """Pages without tokens, as on loopback."""
    return _site.fresh()


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_board_shows_each_site_by_phase_with_words_values_and_progress(site: PageSite) -> None:
    text = site.client.get("/").text
    for shown in (
        "pilot",
        "wave-2",
        "Hamburg",
        "paused",
        "7.4 %",
        "&gt; 5 %",
        "16 of 16",
        "11 of 16",
        "too few events",
    ):
        assert shown in text
    assert "no rule has been evaluated here" in text
    assert f'href="{PAGE}"' in text
    assert "since 2026-11-21 11:14 CET (7 min 03 s)" in text
    assert "last: acknowledge by slack:U1" in text


def test_the_board_shows_how_stopwatch_itself_does(site: PageSite) -> None:
    text = site.client.get("/").text
    assert re.search(r'class="good">last evaluation: <span class="num">12 s ago', text)
    assert 'Slack: <span class="num">up' in text
    assert 'messages: <span class="num">3 waiting' in text
    site.estate.late = timedelta(minutes=10)
    assert re.search(r'class="bad">last evaluation: <span class="num">10 min 12 s ago', site.client.get("/").text)


def test_two_hundred_sites_are_one_page() -> None:
    for served in serve(tokens=False, sites=200):
        text = served.client.get("/").text
        assert text.count('data-part="site/') == 200
        assert len(text) < 500_000


def test_a_decision_tells_its_cause_its_effect_and_what_is_next(site: PageSite) -> None:
    text = site.client.get(PAGE).text
    assert "Hamburg: Integration 5xx 8.2 %, above 5 % for 15 min, and 1 more" in text
    assert "paused since 2026-11-21 11:14 CET; later phases may not begin." in text
    assert "Confirm the pause, override it, roll back or resume." in text
    assert SHA256 in text
    assert "Evidence proven" in text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart"' in text
    assert "looking at the gateway" in text


def test_evidence_that_was_changed_is_said_aloud(site: PageSite) -> None:
    site.estate.bodies[SHA256] = site.estate.bodies[SHA256].replace("0.055", "0.015")
    text = site.client.get(PAGE).text
    assert "Evidence does not prove itself" in text
    assert "it was changed after it was frozen" in text


def test_evidence_that_is_gone_leaves_the_page_readable(site: PageSite) -> None:
    site.estate.bodies.clear()
    answer = site.client.get(PAGE)
    assert (answer.status_code, "its bundle is not stored" in answer.text) == (200, True)


@pytest.mark.parametrize("path", ["/", PAGE, "/decisions", "/decisions?state=<script>&site=<b>", "/login?next=<i>"])
def test_nothing_foreign_becomes_markup_and_nothing_is_loaded_from_elsewhere(site: PageSite, path: str) -> None:
    answer = site.client.get(path)
    assert HOSTILE not in answer.text
    for tag, attributes in Tags(answer.text).found:
        assert tag not in {"b", "i", "img", "iframe", "object"} or (tag == "b" and attributes.get("class") == "num")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            address = attributes.get(name) or "/"
            assert address.startswith(("/", "#", "https://grafana.example/"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_style_and_script_are_our_own_and_kept_for_ever(site: PageSite) -> None:
    own = [
        str(attributes.get("href") or attributes.get("src"))
        for tag, attributes in Tags(site.client.get("/").text).found
        if tag in {"link", "script"}
    ]
    assert len(own) == 3
    for address in own:
        answer = site.client.get(address)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert site.client.get("/static/secret.txt").status_code == 404


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("", {"ham-01-20261121T1015Z", "site-002-20261120T0900Z"}, id="all"),
        pytest.param("?state=dismissed", {"site-002-20261120T0900Z"}, id="by state"),
        pytest.param("?site=ham-01&state=", {"ham-01-20261121T1015Z"}, id="by site"),
        pytest.param("?state=asleep", set(), id="a state that is none"),
    ],
)
def test_the_wall_is_filtered_and_exported_alike(site: PageSite, query: str, shown: set[str]) -> None:
    text = site.client.get(f"/decisions{query}").text
    assert set(re.findall(r'<td><a href="/decisions/([^"]+)"', text)) == shown
    rows = list(csv.DictReader(site.client.get(f"/decisions.csv{query}").text.splitlines()))
    assert {row["id"] for row in rows} == shown


def test_a_reason_that_a_spreadsheet_would_compute_is_text(site: PageSite) -> None:
    rows = list(csv.DictReader(site.client.get("/decisions.csv").text.splitlines()))
    assert rows[0]["last_reason"] == '\'=HYPERLINK("http://evil")'


@pytest.mark.parametrize("path", ["/decisions/nobody-20261121T1015Z", "/decisions/%00", "/decisions/../../etc"])
def test_what_is_not_there_is_a_404(site: PageSite, path: str) -> None:
    assert site.client.get(path).status_code == 404


def test_records_that_cannot_be_read_are_a_503(site: PageSite) -> None:
    site.records.locked = True
    assert site.client.get("/decisions").status_code == 503


def test_without_scripts_a_page_asks_the_browser_to_come_again(site: PageSite) -> None:
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in site.client.get("/").text
