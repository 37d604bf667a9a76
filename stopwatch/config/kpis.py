"""kpis.yaml turned into the core's KPIs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.checks.proofs import check_proofs
from stopwatch.config.checks.quantile import check_quantile
from stopwatch.config.kpi_model import InlineKpiModel, KpiModel
from stopwatch.config.node import Fields, Items, Node, Scalar
from stopwatch.config.validate import shown, validated
from stopwatch.core.kpi import KpiId

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def read_kpis(node: Node | None, found: Complaints) -> KpiBook:
    """Return the KPIs of the list *node*; those that are unusable are left out, with reasons in *found*."""
    if node is None:
        return KpiBook(unread=True)
    kpis = _read(KpiModel, node, found)
    named = [_identity(item) for item in node.items] if isinstance(node, Items) else [None]
    broken = frozenset(name for name in named if name is not None and name not in kpis)
    return KpiBook(kpis, broken, unread=None in named)


def read_inline_kpis(node: Node | None, found: Complaints) -> Mapping[KpiId, Kpi]:
    """Return the KPIs beside the rules of a test file; title, unit, better and query may be left out there."""
    return _read(InlineKpiModel, node, found)


def _identity(item: Node) -> str | None:
    identity = item.get("id") if isinstance(item, Fields) else None
    return identity.value if isinstance(identity, Scalar) and isinstance(identity.value, str) else None


def _read(model: type[KpiModel], node: Node | None, found: Complaints) -> dict[KpiId, Kpi]:
    kpis: dict[KpiId, Kpi] = {}
    lines: dict[KpiId, int] = {}
    for item in node.items if isinstance(node, Items) else ():
        if not isinstance(item, Fields):
            continue
        read = validated(model, item, found)
        if read is None:
            continue
        kpi = read.kpi()
        place = item.entries["id"].value.place
        if kpi.id in kpis:
            message = f"a KPI {shown(kpi.id)} was given before, in line {lines[kpi.id]}"
            found.add(place.complaint("duplicate-kpi", message, "give each KPI its own id"))
            continue
        check_proofs(kpi, item, found)
        check_quantile(kpi, item, found)
        kpis[kpi.id] = kpi
        lines[kpi.id] = place.line
    return kpis
