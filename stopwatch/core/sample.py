"""From samples to slot classes: breaching, clear or missing, and whether a slot is good for recovery."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.rule import Combine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopwatch.core.rule import Limit, ResolvedRule

MISSING = math.nan
"""A slot at which a series has no point; NaN values count as no point as well."""

BREACHING, CLEAR, ABSENT, LOW_VOLUME = b"B", b"C", b"M", b"L"
"""Slot classes as single bytes; L is a missing slot whose only cause is too little volume."""
ANY_MISSING = ABSENT + LOW_VOLUME
GOOD, BAD, UNKNOWN = b"G", b"N", b"M"
"""Whether a slot is good for recovery: beyond doubt, not, or not known."""

_BLOCK = 128
"""How many slots are looked at together first."""
_GOOD_OF_CLASS = bytes.maketrans(b"BCML", b"NGMM")


class Absence(StrEnum):
    """Why data are missing."""

    MISSING = "missing"
    LOW_VOLUME = "low_volume"


@dataclass(frozen=True, slots=True)
class Slots:
    """
    Consecutive slots of one rule at one site.

    *classes* and *good* hold one byte a slot (see the constants above); element 0 is slot *first* of the rule's grid.
    """

    first: int
    classes: bytes
    good: bytes

    @property
    def last(self) -> int:
        """The newest slot; ``first - 1`` when there is none."""
        return self.first + len(self.classes) - 1


@dataclass(frozen=True, slots=True)
class Samples:
    """Values for one limit of a rule, in slot order, NaN where there is no point; *volumes* if a guard needs them."""

    values: Sequence[float]
    volumes: Sequence[float] | None = None


def classify(rule: ResolvedRule, first: int, samples: Sequence[Samples]) -> Slots:
    """
    Class every slot of one rule at one site.

    Args:
        rule: The resolved rule; ``rule.limits[i]`` judges ``samples[i]``.
        first: The slot of the first value.
        samples: One entry per limit, all of one length.

    """
    conditions = [_condition(limit, series) for limit, series in zip(rule.limits, samples, strict=True)]
    if rule.written.combine is Combine.ONE:
        return Slots(first, *conditions[0])
    parts, good = [classes for classes, _good in conditions], [good for _classes, good in conditions]
    if rule.written.combine is Combine.ALL:
        return Slots(first, _combine(parts, _all_classes), _combine(good, _any_good))
    return Slots(first, _combine(parts, _any_classes), _combine(good, _all_good))


def _condition(limit: Limit, series: Samples) -> tuple[bytes, bytes]:
    """Class one condition and tell its good slots, block by block, since most blocks are calm throughout."""
    classes, good = bytearray(), bytearray()
    for begin in range(0, len(series.values), _BLOCK):
        end = begin + _BLOCK
        volumes = series.volumes[begin:end] if series.volumes is not None else None
        block = Samples(series.values[begin:end], volumes)
        if _calm(limit, block):
            classes += CLEAR * len(block.values)
            good += GOOD * len(block.values)
        else:
            part = _classes(limit, block)
            classes += part
            good += _good(limit, block.values, part)
    return bytes(classes), bytes(good)


def _calm(limit: Limit, block: Samples) -> bool:
    """Tell by the extremes alone that every slot is clear and good; a sum is a number only if every addend is."""
    compare, values, volumes = limit.op.compare, block.values, block.volumes
    worst = max(values) if limit.op.upward else min(values)
    if compare(worst, limit.threshold) or compare(worst, limit.recover_threshold) or math.isnan(sum(values)):
        return False
    if limit.volume_min is None:
        return True
    return volumes is not None and min(volumes) >= limit.volume_min and not math.isnan(sum(volumes))


def _classes(limit: Limit, series: Samples) -> bytes:
    """Class one condition: NaN fails every comparison, so it is told apart by ``value != value``."""
    compare, threshold = limit.op.compare, limit.threshold
    breaching, clear, absent, low = BREACHING[0], CLEAR[0], ABSENT[0], LOW_VOLUME[0]
    if limit.volume_min is None:
        return bytes(
            [breaching if compare(value, threshold) else clear if value == value else absent for value in series.values]  # noqa: PLR0124 -- the fastest test for NaN
        )
    minimum = limit.volume_min
    volumes = series.volumes if series.volumes is not None else [MISSING] * len(series.values)
    return bytes(
        [
            (breaching if compare(value, threshold) else clear if value == value else absent)  # noqa: PLR0124 -- the fastest test for NaN
            if volume >= minimum
            else (low if volume == volume else absent)  # noqa: PLR0124 -- the fastest test for NaN
            for value, volume in zip(series.values, volumes, strict=True)
        ]
    )


def _good(limit: Limit, values: Sequence[float], classes: bytes) -> bytes:
    """Tell good slots of one condition: a number and not beyond the recovery limit; missing stays unknown."""
    if limit.recover_threshold == limit.threshold:
        return classes.translate(_GOOD_OF_CLASS)
    compare, threshold = limit.op.compare, limit.recover_threshold
    good, bad, unknown = GOOD[0], BAD[0], UNKNOWN[0]
    return bytes(
        [
            unknown if kind in ANY_MISSING else bad if compare(value, threshold) else good
            for value, kind in zip(values, classes, strict=True)
        ]
    )


def _combine(parts: Sequence[bytes], rule: Callable[[frozenset[int]], int]) -> bytes:
    """Combine the conditions slot by slot; the outcome depends only on which classes occur."""
    known: dict[frozenset[int], int] = {}
    combined = bytearray()
    for column in zip(*parts, strict=True):
        kinds = frozenset(column)
        if kinds not in known:
            known[kinds] = rule(kinds)
        combined.append(known[kinds])
    return bytes(combined)


def _missing_kind(kinds: frozenset[int]) -> int:
    """A combined slot is low on volume only if every missing condition is."""
    return ABSENT[0] if ABSENT[0] in kinds else LOW_VOLUME[0]


def _all_classes(kinds: frozenset[int]) -> int:
    """Kleene conjunction: C if any C, else M if any M, else B."""
    if CLEAR[0] in kinds:
        return CLEAR[0]
    if kinds & frozenset(ANY_MISSING):
        return _missing_kind(kinds)
    return BREACHING[0]


def _any_classes(kinds: frozenset[int]) -> int:
    """Kleene disjunction: B if any B, else M if any M, else C."""
    if BREACHING[0] in kinds:
        return BREACHING[0]
    if kinds & frozenset(ANY_MISSING):
        return _missing_kind(kinds)
    return CLEAR[0]


def _any_good(kinds: frozenset[int]) -> int:
    """Negation of a conjunction: good if any condition is good, else unknown if any is, else bad."""
    if GOOD[0] in kinds:
        return GOOD[0]
    return UNKNOWN[0] if UNKNOWN[0] in kinds else BAD[0]


def _all_good(kinds: frozenset[int]) -> int:
    """Negation of a disjunction: bad if any condition is bad, else unknown if any is, else good."""
    if BAD[0] in kinds:
        return BAD[0]
    return UNKNOWN[0] if UNKNOWN[0] in kinds else GOOD[0]
