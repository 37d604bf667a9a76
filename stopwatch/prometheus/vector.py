"""The body of an instant query becomes samples with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.prometheus.parse import SHAPE_ERRORS, data_of
from stopwatch.prometheus.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class InstantSample:
    """One sample of an instant query; a scalar has no labels."""

    labels: Mapping[str, str]
    value: float


def parse_vector(body: bytes) -> tuple[InstantSample, ...]:
    """
    Read the answer to an instant query whose result is a vector or a scalar.

    Raises:
        SourceUnavailableError: See `Reason`.
        PartialAnswerError: Part of the data may be absent from it.
        TooManyValuesError: It would take too much memory.

    """
    kind, result = data_of(body, kinds=("vector", "scalar"))
    try:
        if kind == "scalar":
            return (InstantSample({}, float(result[1])),)
        return tuple(_sample(entry) for entry in result)
    except SHAPE_ERRORS:
        raise SourceUnavailableError("the answer is malformed", reason=Reason.MALFORMED) from None


def _sample(entry: dict[str, Any]) -> InstantSample:
    labels = {str(name): str(value) for name, value in entry["metric"].items()}
    return InstantSample(labels, float(entry["value"][1]))
