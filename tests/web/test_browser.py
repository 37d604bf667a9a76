"""The pages in a real browser: they open, keep themselves fresh, take acts, and keep their own policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from stopwatch.core.errors import ActStaleError, Standing
from stopwatch.web.replay_page import render
from stopwatch.web.reports.document import Document, Section, Table
from stopwatch.web.reports.page import filed_report
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.chromium import DESK, PHONE, Window, chromium, window
from tests.web.paused import decision
from tests.web.test_replay_page import page as replayed
from tests.web.world import SECRETS, at

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def _site() -> Iterator[PageSite]:
    yield from serve(tokens=True)


@pytest.fixture
def site(_site: PageSite) -> PageSite:
    return _site.fresh()


@pytest.fixture
def desk(browser: Browser, site: PageSite) -> Iterator[Window]:
    """A window of somebody who may act, with a clock that stands until it is wound."""
    with window(browser, site.address) as made:
        made.page.clock.install()
        made.sign_in(SECRETS["actor"])
        yield made


def locked(site: PageSite) -> None:
    site.records.locked = True


def nothing(_: PageSite) -> None:
    """Leave everything as it is."""


SCENES = [
    pytest.param("/", nothing, id="board"),
    pytest.param("/?show=recovering", nothing, id="board without a site"),
    pytest.param(PAGE, nothing, id="decision"),
    pytest.param("/decisions", nothing, id="wall"),
    pytest.param("/login", nothing, id="sign-in"),
    pytest.param("/decisions/nobody", nothing, id="404"),
    pytest.param("/decisions?state=open", locked, id="503"),
]


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}


@pytest.fixture(scope="module", params=LOOKS)
def looking(request: pytest.FixtureRequest, browser: Browser, _site: PageSite) -> Iterator[Window]:
    """A window of somebody who may act, in each look."""
    with window(browser, _site.address, **LOOKS[request.param]) as made:
        made.sign_in(SECRETS["actor"])
        yield made


@pytest.mark.parametrize(("path", "prepare"), SCENES)
def test_a_page_opens_for_everybody_and_keeps_its_policy(
    looking: Window, site: PageSite, path: str, prepare: Callable[[PageSite], None]
) -> None:
    prepare(site)
    looking.said.clear()
    page = looking.open(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert [said for said in looking.complaints() if "Failed to load resource" not in said] == []
    assert looking.overflow() <= 0
    assert looking.violations() == []


def test_on_a_phone_the_breach_is_the_part_of_a_chart_that_is_seen(browser: Browser, site: PageSite) -> None:
    with window(browser, site.address, viewport=PHONE) as shown:
        page = shown.sign_in(SECRETS["reader"], PAGE)
        right = page.locator("svg.chart").first.evaluate("chart => chart.getBoundingClientRect().right")
        assert right <= PHONE["width"]


def test_the_dark_is_dark(browser: Browser, site: PageSite) -> None:
    with window(browser, site.address, color_scheme="dark") as shown:
        page = shown.open("/login")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 27)"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_page_of_a_replay_opens_for_everybody(browser: Browser, tmp_path: Path, look: str) -> None:
    file = tmp_path / "replay.html"
    file.write_text(render(replayed(variants=[["variant", "decisions"], ["as written", "5"]])))
    with window(browser, "", color_scheme=look) as shown:
        shown.open(file.as_uri())
        assert (shown.complaints(), shown.violations()) == ([], [])


def test_the_browser_would_tell_of_a_broken_policy_and_of_a_page_that_is_not_for_everybody(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'unsafe-eval'\">"
    file.write_text(f"<!DOCTYPE html><html lang=en><title>t</title>{policy}<p style='color: red'>x<input></p>")
    with window(browser, "") as shown:
        shown.open(file.as_uri())
        assert any("Content Security Policy" in said for said in shown.said)
        assert any(found.startswith("label:") for found in shown.violations())


def test_the_board_changes_in_place_so_that_nothing_flickers_and_focus_stays(desk: Window, site: PageSite) -> None:
    page = desk.open("/")
    page.evaluate("document.querySelector('[data-part=\"site/site-005\"]').known = 1")
    page.locator("#d-ham-01").focus()
    expect(page.locator(".phase").nth(2).locator("tr.site").first).to_contain_text("error")
    site.board.worse = frozenset({"site-005"})
    desk.refresh()
    expect(page.locator(".phase").nth(2).locator("tr.site").first).to_contain_text("breached")
    assert page.evaluate("document.querySelector('.phase:nth-of-type(3) tr.site').known") == 1
    assert page.evaluate("document.activeElement.id") == "d-ham-01"
    assert desk.complaints() == []


def test_a_half_filled_form_outlives_a_refresh_and_learns_that_it_is_stale(desk: Window, site: PageSite) -> None:
    page = desk.open(PAGE)
    page.locator("summary", has_text="dismiss").click()
    page.fill("#dismiss-reason", "a fault in the exp")
    expect(page.locator("#changed")).to_be_hidden()
    site.records.now = replace(decision(), rev=3)
    desk.refresh()
    expect(page.locator("#changed")).to_contain_text("This decision has changed")
    expect(page.locator("[data-part=summary]")).to_contain_text("revision 3")
    assert page.input_value("#dismiss-reason") == "a fault in the exp"
    assert page.locator('form:has(#dismiss-reason) input[name="rev"]').input_value() == "2"


def test_details_that_were_opened_stay_open(desk: Window) -> None:
    page = desk.open(PAGE)
    page.locator("summary", has_text="Queries").click()
    desk.refresh()
    expect(page.locator("pre").first).to_be_visible()


def test_a_page_says_when_stopwatch_no_longer_answers_and_when_it_does_again(desk: Window, site: PageSite) -> None:
    page = desk.open("/decisions")
    site.records.locked = True
    page.clock.run_for(6000)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("table.wall")).to_contain_text("ham-01-20261121T1015Z")
    site.records.locked = False
    desk.refresh()
    expect(page.locator("#stale")).to_be_hidden()


def test_a_page_that_could_not_be_read_comes_by_itself(desk: Window, site: PageSite) -> None:
    site.records.locked = True
    page = desk.open("/decisions")
    expect(page.locator("h1")).to_have_text("Not just now")
    site.records.locked = False
    desk.refresh()
    expect(page.locator("h1")).to_have_text("Decisions")


def test_the_wall_is_filtered_and_a_decision_found(desk: Window) -> None:
    page = desk.open("/decisions")
    page.select_option("#state", "dismissed")
    page.click("main button.act")
    expect(page.locator("table.wall tbody tr")).to_have_count(1)
    assert "state=dismissed" in page.url
    page.click("text=Show all")
    page.click("text=ham-01-20261121T1015Z")
    expect(page.locator("h1")).to_contain_text("acknowledged")


def test_the_tiles_of_the_board_choose_what_is_shown(desk: Window) -> None:
    page = desk.open("/")
    page.locator(".tile", has_text="pending").click()
    expect(page.locator("tr.site")).to_have_count(1)
    page.locator(".tile", has_text="all").click()
    expect(page.locator("tr.site")).to_have_count(6)


@pytest.mark.parametrize("scripts", [pytest.param(True, id="with scripts"), pytest.param(False, id="without scripts")])
def test_somebody_signs_in_comes_back_and_acts(browser: Browser, site: PageSite, *, scripts: bool) -> None:
    with window(browser, site.address, java_script_enabled=scripts) as shown:
        page = shown.open(PAGE)
        expect(page).to_have_url(f"{site.address}/login?next={PAGE}")
        page.fill("#token", "a guess")
        page.click("main button")
        expect(page.get_by_role("alert")).to_have_text("This token is not known.")
        page.fill("#token", SECRETS["actor"])
        page.click("main button")
        expect(page).to_have_url(f"{site.address}{PAGE}")
        page.locator("summary", has_text="roll-back").click()
        for name, value in (("from", "4.12"), ("to", "4.11"), ("reason", "labels")):
            page.fill(f"#roll-back-{name}", value)
        page.click("button:text-is('roll-back')")
        expect(page).to_have_url(f"{site.address}{PAGE}")
        ((_, asked),) = [each for each in site.acts.asked if isinstance(each, tuple)]
        assert (asked.act, asked.what, asked.from_version, asked.to_version) == ("roll-back", "flag", "4.12", "4.11")


def test_an_act_that_came_too_late_is_explained_and_nothing_is_lost_from_the_page(desk: Window, site: PageSite) -> None:
    page = desk.open(PAGE)
    words = "the decision was at revision 2 and is now confirmed, revision 3 by slack:U2"
    site.acts.refusal = ActStaleError(words, Standing(3, "confirmed", "slack:U2", at(10, 19)))
    page.locator("summary", has_text="confirm").first.click()
    page.click("button:text-is('confirm')")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("#acts")).to_be_visible()


def test_everything_is_reached_by_keyboard_and_one_sees_where_one_is(desk: Window, site: PageSite) -> None:
    page = desk.open(PAGE)
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", order[-1]
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0, order[-1]
    nav = ["Board", "Decisions", "Issues", "Reports"]
    assert order == ["Skip to content", "stopwatch", *nav, "Sign out", "Decisions", "confirm"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("seen on the floor")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.address}{PAGE}")
    page.wait_for_load_state()
    ((_, asked),) = [each for each in site.acts.asked if isinstance(each, tuple)]
    assert (asked.act, asked.reason) == ("confirm", "seen on the floor")


def test_the_skip_link_leads_past_the_navigation(desk: Window) -> None:
    page = desk.open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "all" in page.evaluate("document.activeElement.innerText")


def test_on_paper_there_are_no_forms_but_the_addresses_of_links(desk: Window) -> None:
    page = desk.open(PAGE)
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(page.locator("#acts")).to_be_hidden()
    expect(page.locator("svg.chart").first).to_be_visible()
    shown = "document.querySelector('.ground pre').checkVisibility({contentVisibilityAuto: true})"
    assert page.evaluate(shown), "what is folded on the screen is part of the record"
    after = "getComputedStyle(document.querySelector('ul.links a'), '::after').content"
    assert "https://grafana.example" in page.evaluate(after)
    assert page.pdf().startswith(b"%PDF")


def test_a_report_on_paper_loses_nothing_at_its_edge(browser: Browser, tmp_path: Path) -> None:
    query = "histogram_quantile(0.95, sum by (site, le) (rate(wms_integration_request_duration_seconds_bucket[5m])))"
    columns = ("KPI", "rule", "pauses when", "held for", "sites", "PromQL")
    row = ("Carrier labels printed at the first attempt", "label-success", "< 95 %", "25 of 30 slots of 1 min", "all")
    document = Document("Handover", ("one",), (Section("KPIs", table=Table(columns, ((*row, query),))),), ())
    path = tmp_path / "handover.html"
    path.write_text(filed_report([document]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 720, "height": 900})
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 720
    page.close()
