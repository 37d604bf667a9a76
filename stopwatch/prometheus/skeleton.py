"""
Answers that differ from the one before in nothing but their values: what stands between these is understood once.

The text of an answer for one slot is cut at its values. If what is left is, byte for byte, what was left of an earlier
answer that was parsed in full, then the same series stand in the same places, and only the values have to be read.
Whatever is not exactly so, a value that is no number included, is for the full parse to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stopwatch.core.reading import SlotSeries
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

    *head* stands before the first series' value, *tails* behind each value, from its quote on; together they are
    *length* bytes. *places* counts at which series each site stands; the others are of *unknown* sites.
    """

    query: Query
    head: bytes
    tails: tuple[bytes, ...]
    length: int
    places: Mapping[SiteId, int]
    unknown: int

    def read(self, body: bytes, query: Query, instant: int) -> SlotSeries | None:
        """Return each site's one value at *instant* (seconds) if *body* answers *query* in the same words."""
        if query is not self.query or not body.startswith(self.head):
            return None
        before = _before_value(instant)
        head, *pieces = body.split(before)
        if head != self.head or len(pieces) != len(self.tails):
            return None
        written = b",".join(map(bytes.removesuffix, pieces, self.tails))
        commas = len(pieces) - 1
        # What is missing is as long as all tails together only if each piece ended with its own.
        if len(written) - commas + self.length + len(pieces) * len(before) != len(body):
            return None
        try:
            numbers = read_numbers(written, len(pieces))
        except ValueError:
            return None
        return SlotSeries(self.places, numbers)


def skeleton_of(body: bytes, result: Sequence[Mapping[str, Any]], query: Query, instant: int) -> Skeleton | None:
    """
    Return what is left of *body* without its values, None unless each series has one value, at *instant* (seconds).

    *result* is the list of series that the full parse found in *body*, one at most for each site.
    """
    head, *pieces = body.split(_before_value(instant))
    texts = [piece[: piece.find(_QUOTE)] for piece in pieces]
    if not texts or not b"".join(texts).isascii():
        return None
    if [[[instant, text.decode()]] for text in texts] != [series.get("values") for series in result]:
        return None
    tails = tuple(piece[len(text) :] for piece, text in zip(pieces, texts, strict=True))
    sites = [query.labels.get(series["metric"].get(query.site_label)) for series in result]
    places = {site: place for place, site in enumerate(sites) if site is not None}
    return Skeleton(query, head, tails, len(head) + sum(map(len, tails)), places, sites.count(None))


def _before_value(instant: int) -> bytes:
    """Return what Prometheus writes before a series' only value."""
    return b'"values":[[%d,"' % instant
