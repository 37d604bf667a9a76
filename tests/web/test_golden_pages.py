"""The words of the pages in their order, as files to be read: a change of what people are told shows in the diff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.web.browsing import PAGE, PageSite, serve

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def site() -> Iterator[PageSite]:
    for served in serve(tokens=True):
        served.sign_in("actor")
        yield served


def words(html: str) -> str:
    """Return what a page says, one block a line, without its charts and its secrets."""
    body = re.sub(r"<svg.*?</svg>", "", html.partition("<body")[2].partition(">")[2], flags=re.DOTALL)
    lines = re.sub(r"</(?:p|h\d|li|tr|th|td|div|dt|dd|summary|label|option|legend|button)>|<br>", "\n", body)
    told = (" ".join(unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in lines.splitlines())
    return "\n".join(line for line in told if line) + "\n"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("board", "/"),
        ("decision", PAGE),
        ("wall", "/decisions"),
        ("login", "/login"),
        ("readiness", "/readiness/lodz"),
        ("readiness_overridden", "/readiness/ham-01"),
    ],
)
def test_a_page_says_what_its_golden_file_says(site: PageSite, name: str, path: str) -> None:
    golden = GOLDEN / f"page_{name}.txt"
    assert words(site.client.get(path).text) == golden.read_text(encoding="utf-8")
