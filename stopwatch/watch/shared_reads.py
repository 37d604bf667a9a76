"""Reading a query once for all who ask: slots that touch one another are one request, whoever's site they are for."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from stopwatch.core.errors import SourceError, SourceUnavailableError
from stopwatch.core.grid import SlotRange
from stopwatch.core.reading import Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.reading import Reading
    from stopwatch.watch.ports import Source

MOST_SLOTS = 256
"""Slots that are read together at most, unless somebody alone wants more: of 1,000 sites 2 MB of values."""

_Kind = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know: an *expression* at a *source*, for one site, at *slots* (not empty)."""

    source: str
    expression: str
    site_label: str
    label: str
    site: SiteId
    slots: SlotRange

    @property
    def kind(self) -> _Kind:
        """What wishes that one request may serve have in common."""
        return self.source, self.expression, self.site_label, int(self.slots.grid.step.total_seconds())


@dataclass(slots=True)
class _Span:
    """One request, and what came of it."""

    slots: SlotRange
    labels: dict[str, SiteId]
    outcome: Reading | SourceError | None = field(default=None)


class SharedReads:
    """
    Answers wishes, each request sent when somebody first asks for what it serves.

    A query without ``$sites`` is answered for every site there is, so asking once a site would cost as many times as
    much as there are sites that breach together.
    """

    def __init__(self, sources: Mapping[str, Source], wishes: Iterable[Wish], *, deadline_seconds: float) -> None:
        """Prepare the fewest requests for *wishes*, each of which may take *deadline_seconds*."""
        self._sources, self._deadline = sources, deadline_seconds
        self._spans: dict[_Kind, list[_Span]] = defaultdict(list)
        # Of those that begin together the longest comes first, so that no later request begins before one that serves.
        for wish in sorted(wishes, key=lambda wish: (wish.slots.first, -wish.slots.last)):
            self._lay(wish, self._spans[wish.kind])

    def _lay(self, wish: Wish, spans: list[_Span]) -> None:
        if not spans or not _joins(spans[-1].slots, wish.slots):
            spans.append(_Span(wish.slots, {}))
        span = spans[-1]
        span.slots = SlotRange(span.slots.grid, span.slots.first, max(span.slots.last, wish.slots.last))
        span.labels[wish.label] = wish.site

    def series(self, wish: Wish) -> Sequence[float]:
        """
        Return the values at the slots of *wish*, one of those that were prepared; NaN where there is no point.

        Raises:
            SourceError: The source did not answer, or there is none of that name; all who share the request hear it.

        """
        span = max(
            (span for span in self._spans[wish.kind] if span.slots.first <= wish.slots.first),
            key=attrgetter("slots.first"),
        )
        if span.outcome is None:
            span.outcome = self._ask(wish, span)
        if isinstance(span.outcome, SourceError):
            raise span.outcome
        values = span.outcome.series.get(wish.site)
        start = wish.slots.first - span.slots.first
        return values[start : start + len(wish.slots)] if values is not None else [math.nan] * len(wish.slots)

    def _ask(self, wish: Wish, span: _Span) -> Reading | SourceError:
        source = self._sources.get(wish.source)
        if source is None:
            return SourceUnavailableError(f"the plan has no source {wish.source} any more", reason="source")
        query = Query(wish.expression, wish.site_label, span.labels)
        try:
            return source.read(query, span.slots, deadline_seconds=self._deadline)
        except SourceError as error:
            return error


def _joins(asked: SlotRange, more: SlotRange) -> bool:
    """Tell whether a request for *asked* should serve *more* too, which does not begin earlier."""
    return more.last <= asked.last or (more.first <= asked.last + 1 and more.last - asked.first < MOST_SLOTS)
