"""kpis.yaml turned into the core's KPIs, its queries checked by whoever knows PromQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from stopwatch.config.complaint import Weight
from stopwatch.config.kpi_model import InlineKpiModel, KpiModel
from stopwatch.config.node import Fields, Items, Node, Scalar
from stopwatch.config.validate import shown, validated
from stopwatch.core.kpi import KpiId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopwatch.config.complaint import Complaints
    from stopwatch.core.kpi import Kpi


@dataclass(frozen=True, slots=True)
class KpiBook:
    """
    What is known about KPIs while rules are read.

    *broken* are ids whose definition has its own complaints, *unread* is whether that holds for the whole file: rules
    that name such a KPI are not wrong themselves. *inline* is a test file, where KPIs and volumes need no query.
    """

    kpis: Mapping[KpiId, Kpi] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    unread: bool = False
    inline: bool = False

    def doubtful(self, kpi: KpiId) -> bool:
        """Whether nothing can be said about *kpi*, and nobody is to blame here."""
        return self.unread or kpi in self.broken


QUERIES = ("query", "volume", "failures", "attempts")
"""The keys of a KPI that hold PromQL."""


class PromqlFinding(Protocol):
    """
    What a PromQL check found.

    *offset* counts characters from the start of the query, *severity* is ``error`` or ``warning``.
    """

    @property
    def code(self) -> str:
        """The mistake's stable name."""

    @property
    def message(self) -> str:
        """What is wrong."""

    @property
    def hint(self) -> str:
        """How to mend it."""

    @property
    def offset(self) -> int:
        """Where in the query."""

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""


class CheckPromql(Protocol):
    """Checks one query whose series are told apart by the label *site_label*."""

    def __call__(self, query: str, *, site_label: str) -> Iterable[PromqlFinding]:
        """Return what is wrong with *query*."""


def read_kpis(node: Node | None, found: Complaints, *, promql: CheckPromql | None = None) -> KpiBook:
    """Return the KPIs of the list *node*; those that are unusable are left out, with reasons in *found*."""
    if node is None:
        return KpiBook(unread=True)
    kpis = _read(KpiModel, node, found, promql)
    named = [_identity(item) for item in node.items] if isinstance(node, Items) else [None]
    broken = frozenset(name for name in named if name is not None and name not in kpis)
    return KpiBook(kpis, broken, unread=None in named)


def read_inline_kpis(node: Node | None, found: Complaints) -> Mapping[KpiId, Kpi]:
    """Return the KPIs beside the rules of a test file; title, unit, better and query may be left out there."""
    return _read(InlineKpiModel, node, found, None)


def _identity(item: Node) -> str | None:
    identity = item.get("id") if isinstance(item, Fields) else None
    return identity.value if isinstance(identity, Scalar) and isinstance(identity.value, str) else None


def _read(model: type[KpiModel], node: Node | None, found: Complaints, promql: CheckPromql | None) -> dict[KpiId, Kpi]:
    kpis: dict[KpiId, Kpi] = {}
    lines: dict[KpiId, int] = {}
    for item in node.items if isinstance(node, Items) else ():
        if not isinstance(item, Fields):
            continue
        read = validated(model, item, found)
        if promql is not None:
            _check_queries(item, promql, found)
        if read is None:
            continue
        kpi = read.kpi()
        place = item.entries["id"].value.place
        if kpi.id in kpis:
            message = f"a KPI {shown(kpi.id)} was given before, in line {lines[kpi.id]}"
            found.add(place.complaint("duplicate-kpi", message, "give each KPI its own id"))
            continue
        if (kpi.failures is None) != (kpi.attempts is None):
            present = "failures" if kpi.attempts is None else "attempts"
            absent = "attempts" if kpi.attempts is None else "failures"
            message = f"{present} without {absent} proves nothing"
            found.add(item.entries[present].key.complaint("half-a-proof", message, f"add {absent}: …"))
        kpis[kpi.id] = kpi
        lines[kpi.id] = place.line
    return kpis


def _check_queries(item: Fields, promql: CheckPromql, found: Complaints) -> None:
    label = item.get("site_label")
    site_label = label.value if isinstance(label, Scalar) and isinstance(label.value, str) else "site"
    for key in QUERIES:
        query = item.get(key)
        if not (isinstance(query, Scalar) and isinstance(query.value, str) and query.value.strip()):
            continue
        for one in promql(query.value, site_label=site_label):
            place = query.within(one.offset)
            found.add(place.complaint(one.code, one.message, one.hint, severity=Weight(one.severity)))
