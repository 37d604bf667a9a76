"""Golden cards and thread items as people see them, drawn by a real browser from the emulator's page."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from stopwatch.core.decision import Decision
from stopwatch.core.outbox import Detail, Message, OutboxRow, OutboxState
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.slack.client import SlackNotifier
from tests.slack.decisions import CHANNEL, SUMMARY, every_card, every_item, opened, root, rule_ground

pytestmark = pytest.mark.long

TOKEN = "xoxb-pictures"
NOW = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
WIDTHS = (780, 390)
"""A desk and a phone."""
HOSTILE = "> &gt; quote *_~`bold`~_* at 10:30:15 :fire: <!channel> - bullet"


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator(
        tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(per_second=0, tiers=False), clock=NOW.timestamp
    ) as made:
        yield made


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    assert chromium is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture(scope="module")
def album() -> Path:
    # pytest's own folders are gone after the next few runs, and pictures want to be looked at.
    folder = Path(tempfile.mkdtemp(prefix="stopwatch-pictures-"))
    print(f"\npictures: {folder}")  # noqa: T201 - where to look is what people run this for
    return folder


def row_of(message: Message) -> OutboxRow:
    """The row of a message that is sent for the first time."""
    return OutboxRow(message, OutboxState.UNKNOWN, 1, NOW, NOW)


def drawn(
    slack: SlackEmulator, page: Page, album: Path, name: str, posts: list[tuple[Message, Decision | None, Detail]]
) -> str:
    """Post messages into an empty channel, put pictures of it into the album, and return the text people read."""
    slack.reset()
    notifier = SlackNotifier(TOKEN, slack.api_url, now=lambda: NOW)
    for message, decision, detail in posts:
        assert notifier.post(row_of(message), decision, thread=None, detail=detail).ts
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 400})
        page.goto(f"{slack.page_url}?bare=1")
        height = page.evaluate("document.getElementById('messages').scrollHeight")
        page.set_viewport_size({"width": width, "height": int(height)})
        page.screenshot(path=album / f"{name}_{width}.png")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is wider than {width}"
    assert slack.violations() == []
    return str(page.inner_text("#messages"))


@pytest.mark.parametrize("name", every_card())
def test_a_card_is_drawn_without_quote_bars_and_with_all_its_lines(
    slack: SlackEmulator, page: Page, album: Path, name: str
) -> None:
    decision = every_card()[name]
    text = drawn(slack, page, album, f"card_{name}", [(root(decision), decision, Detail.FULL)])
    assert page.query_selector("blockquote") is None
    assert decision.id in text


@pytest.mark.parametrize("detail", [detail for detail in Detail if detail is not Detail.FULL])
def test_a_plainer_card_is_drawn(slack: SlackEmulator, page: Page, album: Path, detail: Detail) -> None:
    decision = every_card()["open_two_grounds"]
    assert decision.id in drawn(slack, page, album, f"card_{detail}", [(root(decision), decision, detail)])


def test_hostile_words_are_drawn_as_words(slack: SlackEmulator, page: Page, album: Path) -> None:
    facts = {**SUMMARY, "site_name": HOSTILE, "kpi_title": HOSTILE, "effect": HOSTILE}
    decision = opened(replace(rule_ground(), summary=facts))
    text = drawn(slack, page, album, "card_hostile", [(root(decision), decision, Detail.FULL)])
    assert page.query_selector("blockquote") is None
    assert page.query_selector("#messages code s, #messages s, #messages em") is None
    assert "10:30:15" in text.replace("\N{WORD JOINER}", "")
    assert ":fire:" in text.replace("\N{WORD JOINER}", "")
    assert "On-call acknowledges by" in text


def test_thread_items_are_drawn(slack: SlackEmulator, page: Page, album: Path) -> None:
    items = [(message, decision, Detail.FULL) for message, decision in every_item().values()]
    text = drawn(slack, page, album, "items", items)
    assert page.query_selector("blockquote") is None
    assert "While it lasted" not in text
