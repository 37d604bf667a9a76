"""The gauges of all sites, written straight from the picture that the newest evaluation left."""

from __future__ import annotations

from functools import partial
from itertools import chain, compress, islice
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from stopwatch.core.decision import GroundKind
from stopwatch.core.gauges import CALM_COVERAGE
from stopwatch.core.rule import Combine
from stopwatch.core.state import Reported
from stopwatch.telemetry import families
from stopwatch.telemetry.packing import Part, part
from stopwatch.telemetry.text import escaped, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.gauges import CalmMembers, CalmRule, Gauges, SingleRule
    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, RuleId, SiteId
    from stopwatch.core.rule import Statistic, StopRule
    from stopwatch.core.status import RuleStatus, StatusView, WideStops
    from stopwatch.telemetry.family import Family

T = TypeVar("T")
S = TypeVar("S")

_TOGETHER = 250
"""So many series, or rules with all their states, are text at once: the largest family is 3 MB."""

_STATES = {
    state: tuple(f',state="{other.value}"}} {int(other is state)}\n' for other in Reported) for state in Reported
}
_NUMBERS: tuple[tuple[Family, Callable[[RuleStatus], float | None]], ...] = (
    (families.KPI_THRESHOLD, attrgetter("threshold")),
    (families.RULE_PENDING, attrgetter("pending_seconds")),
    (families.WINDOW_BREACHING, attrgetter("breaching_slots")),
    (families.WINDOW_REQUIRED, attrgetter("required_slots")),
    (families.WINDOW_COVERAGE, attrgetter("coverage")),
)
"""The families of a rule's numbers; a number that is not known has no series."""


class BoardPage:
    """
    Writes the families of `families.BOARD` in Prometheus's text format, in parts: each anew only if it changed.

    At 1,000 sites with five rules these are 81,000 series, of which a calm step changes 15,000. A family of rules has a
    part for every calm rule and one for those that are shown by themselves, a family of KPIs has one for each. Sites
    and rules that left the plan leave no series behind. One thread writes at a time.
    """

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._made: dict[tuple[object, object], tuple[object, object]] = {}

    def parts(self, gauges: Gauges) -> tuple[Part, ...]:
        """Return the text of all families, in the order of `families.BOARD`."""
        written = {family: list[Part]() for family in families.BOARD}
        for found in (
            self._kept("standing", None, gauges.standing, self._of_sites),
            self._of_kpis(gauges),
            self._of_singles(gauges.singles),
            *(self._of_calm(calm) for calm in gauges.calm),
        ):
            for family, each in found:
                written[family].append(each)
        there = {None, *gauges.values, *gauges.volumes, *(calm.members for calm in gauges.calm)}
        self._made = {key: made for key, made in self._made.items() if key[1] in there}
        return tuple(each for family in families.BOARD for each in written[family])

    def _kept(self, what: object, whose: object, given: S, make: Callable[[S], T]) -> T:
        """Return what was made of what was *given*: the same object as before if that is as it was."""
        known = self._made.get((what, whose))
        if known is None or known[0] != given:
            known = self._made[what, whose] = (given, make(given))
        return known[1]  # type: ignore[return-value] # one key is always of one type

    def _part(
        self, family: Family, whose: object, given: S, write: Callable[[S], Iterable[str]]
    ) -> tuple[Family, Part]:
        """Return a part of a family for one calm rule or KPI, or with the family's header for nobody (None)."""
        header = () if whose is not None else (family.header,)
        return family, self._kept(family, whose, given, lambda given: part(_encoded(header, write(given))))

    def _of_sites(self, standing: StatusView) -> list[tuple[Family, Part]]:
        sites, own = standing.sites, self._sites(standing)
        flags: tuple[tuple[Family, list[int]], ...] = (
            (families.SITE_BLIND, [int(site.blind) for site in sites]),
            (families.SITE_PAUSED, [int(site.paused) for site in sites]),
            (families.DECISIONS_OPEN, [int(site.decision is not None) for site in sites]),
        )
        return [
            self._part(families.KPI_VALUE, None, (), _nothing),
            self._part(families.KPI_VOLUME, None, (), _nothing),
            self._part(families.KPI_INFO, None, standing.kpis, _kpi_infos),
            self._part(families.KPI_BASELINE, None, (own, [site.baselines for site in sites]), _baselines),
            *(self._part(family, None, (own, given), partial(_numbers, family)) for family, given in flags),
            self._part(families.DECISIONS, None, (own, [site.opened for site in sites], standing.wide), _opened),
        ]

    def _sites(self, standing: StatusView) -> list[str]:
        """Return where the series of sites begin."""
        return self._kept("sites", None, [(site.site, site.phase) for site in standing.sites], _site_places)

    def _of_kpis(self, gauges: Gauges) -> list[tuple[Family, Part]]:
        sites, own = [site.site for site in gauges.standing.sites], self._sites(gauges.standing)
        return [
            self._part(family, kpi, (own, [*map(known.get, sites)]), partial(_kpi_numbers, family, kpi))
            for family, numbers in ((families.KPI_VALUE, gauges.values), (families.KPI_VOLUME, gauges.volumes))
            for kpi, known in numbers.items()
        ]

    def _of_singles(self, singles: Sequence[SingleRule]) -> list[tuple[Family, Part]]:
        named = [(single.site, single.phase, single.status.rule) for single in singles]
        full, bare = self._kept("rules", None, named, _rule_places)
        statuses = [single.status for single in singles]
        return [
            self._part(families.RULE_STATE, None, (full, [status.state for status in statuses]), _states),
            *(
                self._part(family, None, (full, [*map(of, statuses)]), partial(_numbers, family))
                for family, of in _NUMBERS
            ),
            self._part(families.LAST_SLOT, None, (bare, [status.newest_slot for status in statuses]), _slots),
            self._part(families.RULE_INFO, None, (full, [status.written for status in statuses]), _rule_infos),
        ]

    def _of_calm(self, calm: CalmRule) -> list[tuple[Family, Part]]:
        members = calm.members
        bare, alike = self._kept("calm", members, None, lambda _: _calm_parts(members))
        newest = (bare, (calm.newest_slot,) * len(bare))
        return [*alike, self._part(families.LAST_SLOT, members, newest, _slots)]


def board_text(gauges: Gauges) -> str:
    """Write all families of `families.BOARD` for one picture."""
    return b"".join(each.plain for each in BoardPage().parts(gauges)).decode()


def _site_places(named: Iterable[tuple[SiteId, PhaseId]]) -> list[str]:
    """Return where series of sites begin."""
    return [f'{{site="{escaped(site)}",phase="{escaped(phase)}"' for site, phase in named]


def _rule_places(named: Iterable[tuple[SiteId, PhaseId, RuleId]]) -> tuple[list[str], list[str]]:
    """Return where series of rules begin, with the phase and without."""
    known = [(escaped(site), escaped(phase), escaped(rule)) for site, phase, rule in named]
    full = [f'{{site="{site}",phase="{phase}",rule="{rule}"' for site, phase, rule in known]
    return full, [f'{{site="{site}",rule="{rule}"' for site, _phase, rule in known]


def _calm_parts(members: CalmMembers) -> tuple[list[str], list[tuple[Family, Part]]]:
    """Return where series without the phase begin, and the parts that stay until a member comes or goes."""
    named = zip(members.sites, members.phases, (rule.id for rule in members.written), strict=True)
    full, bare = _rule_places(named)
    numbers: dict[Family, Sequence[float]] = {
        families.KPI_THRESHOLD: members.thresholds,
        families.WINDOW_BREACHING: (0,) * len(full),
        families.WINDOW_REQUIRED: [rule.window.m for rule in members.written],
        families.WINDOW_COVERAGE: (CALM_COVERAGE,) * len(full),
    }
    texts: dict[Family, Iterable[str]] = {
        families.RULE_STATE: _states((full, (Reported.OK,) * len(full))),
        **{family: _numbers(family, (full, given)) for family, given in numbers.items()},
        families.RULE_INFO: _rule_infos((full, members.written)),
    }
    return bare, [(family, part(_encoded(text))) for family, text in texts.items()]


def _encoded(*lines: Iterable[str]) -> Iterator[bytes]:
    """Return *lines* as bytes, some at once."""
    left = chain.from_iterable(lines)
    while some := "".join(islice(left, _TOGETHER)):
        yield some.encode()


def _nothing(_given: object) -> tuple[str, ...]:
    return ()


def _kpi_numbers(family: Family, kpi: KpiId, given: tuple[Sequence[str], Sequence[float | None]]) -> tuple[str, ...]:
    known = [value for value in given[1] if value is not None]
    places = compress(given[0], (value is not None for value in given[1]))
    lines = [family.full_name, "", f',kpi="{escaped(kpi)}"}} ', "", "\n"] * len(known)
    # Text is made of thousands of numbers here, so the loop is left to C.
    lines[1::5], lines[3::5] = places, map(repr if all(map(isfinite, known)) else number, known)
    return ("".join(lines),)


def _baselines(given: tuple[Sequence[str], Sequence[Mapping[tuple[KpiId, Statistic], float]]]) -> Iterator[str]:
    start = families.KPI_BASELINE.full_name
    return (
        f'{start}{place},kpi="{escaped(kpi)}",statistic="{statistic.value}"}} {number(frozen)}\n'
        for place, numbers in zip(*given, strict=True)
        for (kpi, statistic), frozen in numbers.items()
    )


def _opened(given: tuple[Sequence[str], Sequence[Mapping[GroundKind, int]], Sequence[WideStops]]) -> Iterator[str]:
    places, own, wide = given
    stops = [f'{{site="{escaped(each.scope)}",phase="{escaped(each.phase or "")}"' for each in wide]
    counts = [*zip(places, own, strict=True), *zip(stops, (each.opened for each in wide), strict=True)]
    return (
        f'{families.DECISIONS.full_name}{place},kind="{kind.value}"}} {opened.get(kind, 0)}\n'
        for place, opened in counts
        for kind in GroundKind
    )


def _states(given: tuple[Sequence[str], Sequence[Reported]]) -> Iterator[str]:
    for place, state in zip(*given, strict=True):
        start = families.RULE_STATE.full_name + place
        a, b, c, d, e, f = _STATES[state]
        yield f"{start}{a}{start}{b}{start}{c}{start}{d}{start}{e}{start}{f}"


def _numbers(family: Family, given: tuple[Sequence[str], Sequence[float | None]]) -> Iterable[str]:
    return _lines(family, given, {one: number(one) for one in set(given[1]) if one is not None})


def _slots(given: tuple[Sequence[str], Sequence[datetime | None]]) -> Iterable[str]:
    return _lines(families.LAST_SLOT, given, {one: repr(one.timestamp()) for one in set(given[1]) if one is not None})


def _lines(family: Family, given: tuple[Sequence[str], Sequence[T | None]], written: Mapping[T, str]) -> Iterable[str]:
    """Write a line for every place whose number is known, each as it is *written*."""
    start, (places, numbers) = family.full_name, given
    if len(written) == 1 and None not in numbers:
        (text,) = written.values()
        end = f"}} {text}\n"
        return (start + (end + start).join(places) + end,)
    ends = {one: f"}} {text}\n" for one, text in written.items()}
    return (f"{start}{place}{ends[one]}" for place, one in zip(places, numbers, strict=True) if one is not None)


def _rule_infos(given: tuple[Sequence[str], Sequence[StopRule | None]]) -> Iterator[str]:
    # A rule without overrides is one object at all its sites.
    described = {id(rule): _described(rule) for rule in given[1] if rule is not None}
    return (
        f"{families.RULE_INFO.full_name}{place}{described[id(rule)]}}} 1\n"
        for place, rule in zip(*given, strict=True)
        if rule is not None
    )


def _kpi_infos(kpis: Sequence[Kpi]) -> Iterator[str]:
    start = families.KPI_INFO.full_name
    return (
        f'{start}{{kpi="{escaped(kpi.id)}",unit="{kpi.unit.value}",better="{kpi.better.value}"}} 1\n' for kpi in kpis
    )


def _described(rule: StopRule) -> str:
    one = rule.criteria[0] if rule.combine is Combine.ONE else None
    kpi, op = (escaped(one.kpi), one.op.value) if one is not None else ("", "")
    return f',kpi="{kpi}",op="{op}",severity="{rule.severity.value}",mode="{rule.mode.value}"'
