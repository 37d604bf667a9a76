"""A pause as somebody lives through it at the pages of the whole daemon, in a real browser on a real Prometheus."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.stories.test_daemon import PAST, SITES, shell, story
from tests.stories.world import daemon, prometheus, settings_for, write_rules
from tests.web.chromium import chromium, window

pytestmark = pytest.mark.slow

SECRET = "the pages' own secret"
SOON = 40_000


def test_a_pause_appears_is_acted_upon_and_a_stale_act_is_explained(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(PAST + 10, PAST + 170)]}, PAST + 180)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    tokens = tmp_path / "tokens.yaml"
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    tokens.write_text(f"tokens: [{{name: eva, sha256: {digest}, scopes: [read, act]}}]\n")
    with (
        prometheus(tmp_path / "prometheus", series, begin) as server,
        chromium() as browser,
    ):
        settings = settings_for(tmp_path, rules, server.url, api_tokens_file=tokens)
        with daemon(settings) as (_daemon, api), window(browser, api.url) as shown:
            page = shown.sign_in(SECRET)
            hamburg = page.locator('tr[data-part="site/ham-01"]')
            expect(hamburg.locator("svg.spark")).to_be_visible(timeout=SOON)
            page.evaluate("window.loadedOnce = true")
            expect(hamburg).to_contain_text("paused", timeout=SOON)
            expect(hamburg.locator("svg.spark path.breach")).to_have_count(1, timeout=SOON)
            assert page.evaluate("window.loadedOnce"), "the page changed in place"
            expect(page.locator(".signs")).to_contain_text("this one")

            hamburg.locator("a[href^='/decisions/']").click()
            expect(page.locator(".lead")).to_contain_text("Load 42, above 10")
            expect(page.locator("svg.chart")).to_be_visible()
            page.locator("summary", has_text="attach").click()
            page.fill("#attach-link", "https://tickets.example/INC-7")
            page.click("button:text-is('attach')")
            expect(page.get_by_role("link", name="https://tickets.example/INC-7")).to_be_visible()

            decision = page.url.rpartition("/")[2]
            assert shell(settings, "decisions", "acknowledge", decision, "--actor", "anna")[0] == 0
            expect(page.locator("#changed")).to_be_visible(timeout=SOON)
            page.locator("summary", has_text="confirm").first.click()
            page.click("button:text-is('confirm')")
            expect(page.get_by_role("alert")).to_contain_text("now acknowledged, revision 2 by anna")
            page.locator("summary", has_text="confirm").first.click()
            page.click("button:text-is('confirm')")
            expect(page.locator("h1")).to_contain_text("confirmed")
            expect(page.locator("ol.line")).to_contain_text("confirm (revision 3) api:eva")
            assert [said for said in shown.complaints() if "409" not in said] == []
