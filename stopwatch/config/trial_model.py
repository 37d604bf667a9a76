"""The shape of one test of stop rules, as written in a test file."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from stopwatch.config.duration import Duration, parse_duration
from stopwatch.config.fields import Identifier, Number, Said, Strict, mistake
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported

_DURATION_HINT = "write it as Prometheus does: 0s, 12m, 1h30m"


def _offset(value: object) -> timedelta:
    """Read a duration counted from slot 0; a bare 0 needs no unit."""
    if isinstance(value, timedelta):
        return value
    if value == "0" or (isinstance(value, int) and not isinstance(value, bool) and value == 0):
        return timedelta(0)
    if not isinstance(value, str):
        raise mistake("bad-duration", "must be a duration such as 12m; a number alone has no unit", _DURATION_HINT)
    try:
        return parse_duration(value)
    except ValueError as error:
        raise mistake("bad-duration", f"must be a duration such as 12m: {error}", _DURATION_HINT) from None


def _states(value: object) -> tuple[Reported, ...]:
    words = value if isinstance(value, list) else [value]
    known = [state.value for state in Reported]
    if not words or any(not isinstance(word, str) or word not in known for word in words):
        raise mistake("unknown-state", "must be a state, or a list of allowed states", f"states: {', '.join(known)}")
    return tuple(map(Reported, words))


Offset = Annotated[timedelta, BeforeValidator(_offset)]
"""A duration from slot 0."""


class SeriesModel(Strict):
    """The values of one KPI at one site, or with `volume: true` how many events stand behind them."""

    site: Said
    kpi: Identifier
    volume: bool = False
    values: Any


class InputModel(Strict):
    """The samples of one raw series, written as promtool writes it: `orders_total{site="HAM"}`."""

    series: Said
    values: Any


class ExpectModel(Strict):
    """What is to be seen of one rule at one site after one slot."""

    site: Said
    rule: Identifier
    at: Offset
    state: Annotated[tuple[Reported, ...], BeforeValidator(_states)] = ()
    since: Offset | None = None
    reason: Annotated[Absence, Field(strict=False)] | None = None


class EntryModel(Strict):
    """The slot at which one rule at one site opened, or recovered."""

    site: Said
    rule: Identifier
    at: Offset


class TrialModel(Strict):
    """One test."""

    name: Said | None = None
    series: list[SeriesModel] | None = None
    input_series: Annotated[list[InputModel], Field(min_length=1)] | None = None
    interval: Annotated[Duration, Field(gt=timedelta(0))] | None = None
    expect: list[ExpectModel] | None = None
    opens: list[EntryModel] | None = None
    closes: list[EntryModel] | None = None
    activated: Offset | None = None
    baseline: dict[str, dict[str, Number]] | None = None
    phases: dict[str, str] | None = None
