"""The pages in a real browser: they open, keep themselves fresh, and break no promise of their own policy."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browsing import PAGE, PageSite, serve

pytestmark = pytest.mark.slow

PHONE, DESK = "412,900", "1300,900"
SECONDS = 90


@pytest.fixture(scope="module")
def site() -> Iterator[PageSite]:
    yield from serve(tokens=False)


def browse(address: str, folder: Path, *more: str) -> tuple[str, list[str]]:
    """Open a page in headless Chromium for some seconds of its own time; return its DOM and what its console said."""
    ended = subprocess.run(
        [
            *(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--enable-logging=stderr",
            ),
            *(f"--user-data-dir={folder}", "--virtual-time-budget=12000", "--dump-dom", *more, address),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return ended.stdout, [line for line in ended.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((f"--window-size={DESK}",), id="on a desk"),
        pytest.param((f"--window-size={PHONE}",), id="on a phone"),
        pytest.param((f"--window-size={DESK}", "--blink-settings=preferredColorScheme=0"), id="in the dark"),
    ],
)
@pytest.mark.parametrize("path", ["/", PAGE, "/decisions"])
def test_a_page_opens_and_its_console_is_silent(
    site: PageSite, tmp_path: Path, path: str, options: tuple[str, ...]
) -> None:
    shown, console = browse(f"{site.fresh().address}{path}", tmp_path, *options)
    assert console == []
    assert '<main id="main">' in shown


def test_the_board_keeps_itself_fresh(site: PageSite, tmp_path: Path) -> None:
    shown, console = browse(f"{site.fresh().address}/", tmp_path)
    found = re.search(r'data-refreshed="(\d+)"', shown)
    assert found is not None
    assert int(found.group(1)) >= 1
    assert console == []
    assert re.search(r'id="stale"[^>]*hidden', shown)


def test_a_page_says_when_stopwatch_no_longer_answers(site: PageSite, tmp_path: Path) -> None:
    spoilt = site.fresh()
    spoilt.records.patience = 1
    shown, _ = browse(f"{spoilt.address}/decisions", tmp_path)
    assert "ham-01-20261121T1015Z" in shown
    assert not re.search(r'id="stale"[^>]*hidden', shown)


def test_the_browser_would_tell_of_a_broken_policy(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    page.write_text(f"<!DOCTYPE html>{policy}<p style='color: red'>styled inline</p>")
    _, console = browse(page.as_uri(), tmp_path / "profile")
    assert any("Content Security Policy" in line for line in console)
