"""Samples as OpenMetrics text, which ``promtool tsdb create-blocks-from openmetrics`` reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stopwatch.core.grid import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

END = "# EOF\n"
"""The last line of every such text."""
_MILLISECOND_DIGITS = 3
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def exposition(
    series: Iterable[tuple[Mapping[str, str], Sequence[float]]], *, start: datetime, interval: timedelta
) -> Iterator[str]:
    """
    Write *series* line by line, value i at *start* + i·*interval*; a NaN is a sample that is not there.

    Each series is its labels, the metric under ``__name__``, with its values. Instants are kept to the millisecond.
    """
    for labels, values in series:
        pairs = ",".join(
            f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items() if name != "__name__"
        )
        begin = f"{labels['__name__']}{{{pairs}}}"
        for index, value in enumerate(values):
            if not math.isnan(value):
                seconds = (start - EPOCH + index * interval).total_seconds()
                yield f"{begin} {_number(value)} {seconds:.{_MILLISECOND_DIGITS}f}\n"
    yield END


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
