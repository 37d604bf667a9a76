"""The slots behind an explanation: read from the source, classed, each with the reason for its class."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.errors import SourceError
from stopwatch.core.grid import SlotRange
from stopwatch.core.reading import Query
from stopwatch.core.rule import Combine, ResolvedRule
from stopwatch.core.sample import ABSENT, ANY_MISSING, BREACHING, LOW_VOLUME, Samples, Slots, classify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.rule import Limit
    from stopwatch.watch.evaluation.cells import Cell, Column
    from stopwatch.watch.ports import Source

PATIENCE_SECONDS = 60.0
"""How long one query may take: a person waits for the answer, no tick does."""


class Reason(StrEnum):
    """Why a slot of one condition has its class."""

    BREACHING = "breaching"
    CLEAR = "clear"
    NO_POINT = "no_point"
    NAN = "nan"
    NO_POINT_OR_NAN = "no_point_or_nan"
    LOW_VOLUME = "low_volume"
    NO_VOLUME = "no_volume"


@dataclass(frozen=True, slots=True)
class Part:
    """What one condition saw at a slot; NaN where there was no number, *volume* None without a guard."""

    limit: Limit
    value: float
    volume: float | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class SlotLine:
    """
    One slot of the table.

    *kind* is its class (B, C, M, L), empty for a slot before activation; *good* whether it is good for recovery (G, N,
    M); *used* whether it is among the newest N with data that the verdict went by.
    """

    at: datetime
    kind: str
    good: str
    used: bool
    parts: tuple[Part, ...]


def read_slots(cell: Cell, rule: ResolvedRule, source: Source, first: int, last: int) -> tuple[list[Samples], Slots]:
    """
    Read and class the slots *first* … *last* of a cell.

    Raises:
        SourceError: A query failed.

    """
    read: dict[int, Sequence[float]] = {}
    span = SlotRange(rule.grid, first, last)

    def series(column: Column) -> Sequence[float]:
        if id(column) not in read:
            reading = source.read(column.query, span, deadline_seconds=PATIENCE_SECONDS)
            column.cache.merge(first, last, reading.series)
            read[id(column)] = column.cache.window(cell.site, first, last)
        return read[id(column)]

    samples = [Samples(series(value), series(volume) if volume is not None else None) for value, volume in cell.columns]
    return samples, classify(rule, first, samples)


def lines_of(
    cell: Cell, rule: ResolvedRule, source: Source, read: tuple[list[Samples], Slots], span: tuple[int, int]
) -> tuple[SlotLine, ...]:
    """
    Say for every slot why it counts as it does.

    Args:
        cell: The cell, for its queries.
        rule: The cell's resolved rule.
        source: Asked once more where points are missing, to tell NaN from nothing.
        read: Samples and classes, as ``read_slots`` gives them.
        span: The first slot to tell of, and the activation slot.

    """
    samples, slots = read
    first, armed = span
    parts = [_parts(limit, series, rule, slots.first) for limit, series in zip(rule.limits, samples, strict=True)]
    for index, (value, _volume) in enumerate(cell.columns):
        if any(part.reason is Reason.NO_POINT_OR_NAN for part in parts[index][first - slots.first :]):
            parts[index] = _told_apart(parts[index], value.query, source, SlotRange(rule.grid, first, slots.last))
    used = _used(rule, slots, armed)
    return tuple(
        SlotLine(
            rule.grid.instant(slot),
            slots.classes[index : index + 1].decode() if slot >= armed else "",
            slots.good[index : index + 1].decode() if slot >= armed else "",
            slot in used,
            tuple(part[index] for part in parts),
        )
        for slot in range(first, slots.last + 1)
        for index in (slot - slots.first,)
    )


def _parts(limit: Limit, series: Samples, rule: ResolvedRule, first: int) -> list[Part]:
    alone = ResolvedRule(replace(rule.written, combine=Combine.ONE), (limit,))
    classes = classify(alone, first, [series]).classes
    volumes = series.volumes if series.volumes is not None else [None] * len(classes)
    return [
        Part(limit, value, volume, _reason(kind, value))
        for kind, value, volume in zip(classes, series.values, volumes, strict=True)
    ]


def _reason(kind: int, value: float) -> Reason:
    if kind == BREACHING[0]:
        return Reason.BREACHING
    if kind == LOW_VOLUME[0]:
        return Reason.LOW_VOLUME
    if kind == ABSENT[0]:
        return Reason.NO_VOLUME if value == value else Reason.NO_POINT_OR_NAN  # noqa: PLR0124 – NaN is the only such value
    return Reason.CLEAR


def _told_apart(parts: list[Part], asked: Query, source: Source, span: SlotRange) -> list[Part]:
    """Ask at *span*, the newest slots of *parts*, whether there was a point: a NaN is counted, nothing is not."""
    label = asked.site_label
    counting = Query(f"count by ({label}) (\n{asked.expression}\n)", label, asked.labels)
    try:
        reading = source.read(counting, span, deadline_seconds=PATIENCE_SECONDS)
    except SourceError:
        return parts
    counted = next(iter(reading.series.values()), [math.nan] * len(span))
    told = list(parts)
    for index, count in enumerate(counted, start=len(parts) - len(span)):
        if parts[index].reason is Reason.NO_POINT_OR_NAN:
            told[index] = replace(parts[index], reason=Reason.NAN if count >= 1 else Reason.NO_POINT)
    return told


def _used(rule: ResolvedRule, slots: Slots, armed: int) -> set[int]:
    """Return the newest N slots with data of the evaluation range: what the verdict counted."""
    begin = max(armed, slots.last - rule.window.reach + 1)
    real = [slot for slot in range(begin, slots.last + 1) if slots.classes[slot - slots.first] not in ANY_MISSING]
    return set(real[-rule.window.n :])
