"""
Answers that differ from the one before in nothing but their values: what stands between these is understood once.

The text of an answer for one slot is cut at its values. If what is left is, byte for byte, what was left of an earlier
answer that was parsed in full, then the same series stand in the same places, and only the values have to be read.
Whatever is not exactly so, a value that is no number included, is for the full parse to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stopwatch.prometheus.numbers import read_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.reading import Query

_QUOTE = b'"'


@dataclass(frozen=True, slots=True)
class Skeleton:
    """
    An answer to *query* without its values.

    *head* stands before the first series' value, *tails* behind each value. *sites* names the site of each series,
    None for a series of an *unknown* site.
    """

    query: Query
    head: bytes
    tails: tuple[bytes, ...]
    sites: tuple[SiteId | None, ...]
    unknown: int

    def read(self, body: bytes, query: Query, instant: int) -> dict[SiteId, Sequence[float]] | None:
        """Return each site's one value at *instant* (seconds) if *body* answers *query* in the same words."""
        if query is not self.query or not body.startswith(self.head):
            return None
        cut = _cut(body, instant)
        if cut is None or cut[0] != self.head or cut[2] != self.tails:
            return None
        try:
            numbers = read_numbers(cut[1])
        except ValueError:
            return None
        return {site: [number] for site, number in zip(self.sites, numbers, strict=True) if site is not None}


def skeleton_of(body: bytes, result: Sequence[Mapping[str, Any]], query: Query, instant: int) -> Skeleton | None:
    """
    Return what is left of *body* without its values, None unless each series has one value, at *instant* (seconds).

    *result* is the list of series that the full parse found in *body*, one at most for each site.
    """
    cut = _cut(body, instant)
    if cut is None:
        return None
    head, texts, tails = cut
    if not b"".join(texts).isascii() or [[[instant, text.decode()]] for text in texts] != [
        series.get("values") for series in result
    ]:
        return None
    sites = tuple(query.labels.get(series["metric"].get(query.site_label)) for series in result)
    return Skeleton(query, head, tails, sites, sites.count(None))


def _cut(body: bytes, instant: int) -> tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]] | None:
    """Cut *body* at its values at *instant*: what stands before them, the values, what stands behind each."""
    head, *pieces = body.split(b'"values":[[%d,"' % instant)
    if not pieces:
        return None
    texts, _, tails = zip(*[piece.partition(_QUOTE) for piece in pieces], strict=True)
    return head, texts, tails
