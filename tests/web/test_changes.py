"""The picture of changes says of every bar in words what it is, and of none more than is known."""

from __future__ import annotations

from stopwatch.web.reports.changes import changes_svg
from stopwatch.web.reports.document import Change, Changes


def test_every_change_is_said_in_words_beside_its_bar() -> None:
    rows = (
        Change("<a>: worse", 3.0, "three & more", bad=True),
        Change("b: better", 0.5, "half"),
        Change("c: same", 1.0, "same"),
        Change("d: zero", 0.0, "zero"),
        Change("e: unknown", None, "unknown"),
        Change("f: huge", 1e9, "huge", bad=True),
    )
    svg = changes_svg(Changes(1.2, rows))
    for words in (
        "&lt;a&gt;: worse",
        "three &amp; more",
        "3 × worse",
        "2 × better",
        "as before",
        "now zero",
        "no number",
    ):
        assert words in svg
    assert svg.count('class="b-paused"') == 2
    assert svg.count('class="b-change"') == 3
    assert "nan" not in svg
    assert "inf" not in svg


def test_a_bar_ends_at_the_edge_however_large_the_change_is() -> None:
    svg = changes_svg(Changes(1.2, (Change("a", 1e300, "a"), Change("b", 1e-300, "b"))))
    assert ' x="-' not in svg
    assert 'width="-' not in svg
