"""What a source is asked for and what it answers: one query, all sites, one run of slots."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.kpi import SiteId

if TYPE_CHECKING:
    from datetime import timedelta

MAX_CELLS = 150_000
"""The most sites × slots that one request may ask for."""
MAX_POINTS = 10_000
"""The most points of one series that one request may ask for (Prometheus refuses more than 11,000)."""


@dataclass(frozen=True, slots=True)
class Query:
    """
    One PromQL expression for many sites.

    *labels* maps the value of the label *site_label* to the site it stands for; series of other values are counted and
    ignored. ``$sites`` in the expression stands for an escaped regular expression of the watched label values.
    """

    expression: str
    site_label: str
    labels: Mapping[str, SiteId]


@dataclass(frozen=True, slots=True, eq=False)
class SlotSeries(Mapping[SiteId, Sequence[float]]):
    """
    Series of one slot each: *places* says where in *numbers* a site's only value stands.

    Answers in the same words share one *places*, so that who has arranged one knows how to arrange the next.
    """

    places: Mapping[SiteId, int]
    numbers: Sequence[float]

    def __getitem__(self, site: SiteId) -> Sequence[float]:
        """Return the value of *site*."""
        return [self.numbers[self.places[site]]]

    def __iter__(self) -> Iterator[SiteId]:
        """Go through the sites."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    One answer.

    *series* holds a value for every slot asked for, in slot order, NaN where there is no point; a site without a series
    is absent from it. *skew* is Prometheus's clock minus ours, if it told. *unknown* counts series of unknown sites.
    *seconds* is how long the answer took, all its requests together.
    """

    series: Mapping[SiteId, Sequence[float]] = field(default_factory=dict)
    skew: timedelta | None = None
    unknown: int = 0
    size_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where readings come from, as evidence keeps it; None where it is not known.

    *url* shows no user and no password, *version* is what the source says it is, *skew* its clock minus ours.
    """

    url: str | None = None
    version: str | None = None
    skew: timedelta | None = None


def chunk_slots(sites: int) -> int:
    """Return how many slots one request may span for so many *sites*."""
    return max(1, min(MAX_POINTS, MAX_CELLS // max(1, sites)))


def joined(pieces: Sequence[tuple[int, Mapping[SiteId, Sequence[float]]]]) -> Mapping[SiteId, Sequence[float]]:
    """Join series of consecutive slots, each piece with its number of slots; a site that one lacks has NaN there."""
    sites = dict.fromkeys(site for _, series in pieces for site in series)
    return {
        site: [value for slots, series in pieces for value in series.get(site) or [math.nan] * slots] for site in sites
    }
