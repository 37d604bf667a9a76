"""The gauges of all sites, written straight from the picture that the newest evaluation left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from stopwatch.core.decision import GroundKind
from stopwatch.core.rule import Combine
from stopwatch.core.state import Reported
from stopwatch.telemetry import families
from stopwatch.telemetry.packing import Part, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, RuleId, SiteId
    from stopwatch.core.rule import Statistic, StopRule
    from stopwatch.core.status import RuleStatus, StatusView, WideStops

T = TypeVar("T")

_TOGETHER = 250
"""So many series, or rules with all their states, are text at once: the largest family is 3 MB."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_STATES = {
    state: tuple(f',state="{other.value}"}} {int(other is state)}\n' for other in Reported) for state in Reported
}
_VALUE, _THRESHOLD, _STATE = (
    family.full_name for family in (families.KPI_VALUE, families.KPI_THRESHOLD, families.RULE_STATE)
)
_PENDING, _BREACHING = families.RULE_PENDING.full_name, families.WINDOW_BREACHING.full_name
_REQUIRED, _COVERAGE = families.WINDOW_REQUIRED.full_name, families.WINDOW_COVERAGE.full_name
_LAST, _PAUSED = families.LAST_SLOT.full_name, families.SITE_PAUSED.full_name
_OPEN, _OPENED = families.DECISIONS_OPEN.full_name, families.DECISIONS.full_name
_VOLUME, _BLIND = families.KPI_VOLUME.full_name, families.SITE_BLIND.full_name
_BASELINE = families.KPI_BASELINE.full_name
_KPI_INFO, _RULE_INFO = families.KPI_INFO.full_name, families.RULE_INFO.full_name

_HEADERS = {family.full_name: family.header for family in families.BOARD}
_NUMBERS: tuple[tuple[str, Callable[[RuleStatus], float | None]], ...] = (
    (_THRESHOLD, attrgetter("threshold")),
    (_PENDING, attrgetter("pending_seconds")),
    (_BREACHING, attrgetter("breaching_slots")),
    (_REQUIRED, attrgetter("required_slots")),
    (_COVERAGE, attrgetter("coverage")),
)
"""The families of a rule's numbers; a number that is not known has no series."""


@dataclass(frozen=True, slots=True)
class _Places:
    """The beginnings of all series: of sites with their phase, of rules with it, and of rules without."""

    named: tuple[list[SiteId], list[PhaseId], list[list[RuleId]]]
    sites: list[str]
    rules: list[str]
    bare: list[str]


class BoardPage:
    """
    Writes the families of `families.BOARD` in Prometheus's text format, each anew only if something in it changed.

    At 1,000 sites with five rules these are 81,000 series, of which a calm step changes 15,000. Sites and rules that
    left the plan leave no series behind. One thread writes at a time.
    """

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._places = _Places(([], [], []), [], [], [])
        self._written: dict[str, tuple[_Places, object, Part]] = {}

    def parts(self, view: StatusView) -> tuple[Part, ...]:
        """Return the text of every family for *view*, in the order of `families.BOARD`."""
        places, rules = self._placed(view), [rule for site in view.sites for rule in site.rules]
        sites = view.sites
        self._write(_VALUE, places, [site.values for site in sites], partial(_of_kpis, _VALUE, places))
        self._write(_VOLUME, places, [site.volumes for site in sites], partial(_of_kpis, _VOLUME, places))
        self._write(_BASELINE, places, [site.baselines for site in sites], partial(_baselines, places))
        for name, flags in (
            (_BLIND, [int(site.blind) for site in sites]),
            (_PAUSED, [int(site.paused) for site in sites]),
            (_OPEN, [int(site.decision is not None) for site in sites]),
        ):
            self._write(name, places, flags, partial(_numbers, name, places.sites))
        self._write(_OPENED, places, ([site.opened for site in sites], view.wide), partial(_opened, places))
        self._write(_STATE, places, [rule.state for rule in rules], partial(_states, places))
        for name, of in _NUMBERS:
            self._write(name, places, [*map(of, rules)], partial(_numbers, name, places.rules))
        self._write(_LAST, places, [rule.newest_slot for rule in rules], partial(_slots, places))
        self._write(_RULE_INFO, places, [rule.written for rule in rules], partial(_rule_infos, places))
        self._write(_KPI_INFO, places, view.kpis, _kpi_infos)
        return tuple(self._written[family.full_name][2] for family in families.BOARD)

    def _placed(self, view: StatusView) -> _Places:
        """Return where series begin, as before if sites, phases and rules are as before."""
        sites = view.sites
        named = (
            [site.site for site in sites],
            [site.phase for site in sites],
            [[rule.rule for rule in site.rules] for site in sites],
        )
        if named != self._places.named:
            names = [f'{{site="{_escaped(site)}"' for site in named[0]]
            places = [f'{name},phase="{_escaped(phase)}"' for name, phase in zip(names, named[1], strict=True)]
            labels = [[f',rule="{_escaped(rule)}"' for rule in rules] for rules in named[2]]
            self._places = _Places(
                named,
                places,
                [place + label for place, own in zip(places, labels, strict=True) for label in own],
                [name + label for name, own in zip(names, labels, strict=True) for label in own],
            )
        return self._places

    def _write(self, name: str, places: _Places, given: T, write: Callable[[T], Iterable[str]]) -> None:
        """Write the family *name* if it was not written of the same *places* and values before."""
        known = self._written.get(name)
        if known is None or known[0] is not places or known[1] != given:
            self._written[name] = (places, given, part(_encoded((_HEADERS[name],), write(given))))


def board_text(view: StatusView) -> str:
    """Write all families of `families.BOARD` for one picture."""
    return b"".join(each.plain for each in BoardPage().parts(view)).decode()


def _encoded(*lines: Iterable[str]) -> Iterator[bytes]:
    """Return *lines* as bytes, some at once."""
    left = chain.from_iterable(lines)
    while some := "".join(islice(left, _TOGETHER)):
        yield some.encode()


def _of_kpis(name: str, places: _Places, given: Sequence[Mapping[KpiId, float]]) -> Iterator[str]:
    label = {kpi: f',kpi="{_escaped(kpi)}"}} ' for values in given for kpi in values}
    return (
        f"{name}{place}{label[kpi]}{_number(value)}\n"
        for place, values in zip(places.sites, given, strict=True)
        for kpi, value in values.items()
    )


def _baselines(places: _Places, given: Sequence[Mapping[tuple[KpiId, Statistic], float]]) -> Iterator[str]:
    return (
        f'{_BASELINE}{place},kpi="{_escaped(kpi)}",statistic="{statistic.value}"}} {_number(frozen)}\n'
        for place, numbers in zip(places.sites, given, strict=True)
        for (kpi, statistic), frozen in numbers.items()
    )


def _opened(places: _Places, given: tuple[Sequence[Mapping[GroundKind, int]], Sequence[WideStops]]) -> Iterator[str]:
    own, wide = given
    stops = [f'{{site="{_escaped(each.scope)}",phase="{_escaped(each.phase or "")}"' for each in wide]
    counts = [*zip(places.sites, own, strict=True), *zip(stops, (each.opened for each in wide), strict=True)]
    return (
        f'{_OPENED}{place},kind="{kind.value}"}} {opened.get(kind, 0)}\n'
        for place, opened in counts
        for kind in GroundKind
    )


def _states(places: _Places, given: Sequence[Reported]) -> Iterator[str]:
    for place, state in zip(places.rules, given, strict=True):
        start = _STATE + place
        a, b, c, d, e, f = _STATES[state]
        yield f"{start}{a}{start}{b}{start}{c}{start}{d}{start}{e}{start}{f}"


def _numbers(name: str, places: Sequence[str], given: Sequence[float | None]) -> Iterator[str]:
    written = {number: f"}} {_number(number)}\n" for number in set(given) if number is not None}
    return (
        f"{name}{place}{written[number]}" for place, number in zip(places, given, strict=True) if number is not None
    )


def _slots(places: _Places, given: Sequence[datetime | None]) -> Iterator[str]:
    written = {slot: f"}} {slot.timestamp()!r}\n" for slot in set(given) if slot is not None}
    return (
        f"{_LAST}{place}{written[slot]}" for place, slot in zip(places.bare, given, strict=True) if slot is not None
    )


def _rule_infos(places: _Places, given: Sequence[StopRule | None]) -> Iterator[str]:
    # A rule without overrides is one object at all its sites.
    described = {id(rule): _described(rule) for rule in given if rule is not None}
    return (
        f"{_RULE_INFO}{place}{described[id(rule)]}}} 1\n"
        for place, rule in zip(places.rules, given, strict=True)
        if rule is not None
    )


def _kpi_infos(kpis: Sequence[Kpi]) -> Iterator[str]:
    return (
        f'{_KPI_INFO}{{kpi="{_escaped(kpi.id)}",unit="{kpi.unit.value}",better="{kpi.better.value}"}} 1\n'
        for kpi in kpis
    )


def _described(rule: StopRule) -> str:
    one = rule.criteria[0] if rule.combine is Combine.ONE else None
    kpi, op = (_escaped(one.kpi), one.op.value) if one is not None else ("", "")
    return f',kpi="{kpi}",op="{op}",severity="{rule.severity.value}",mode="{rule.mode.value}"'


def _escaped(value: str) -> str:
    return value.translate(_ESCAPES)


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
