"""Rules written inside a test file: the same shape and merging, without a plan and with or without KPIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Complaints, ComplaintsError
from stopwatch.config.kpis import KpiBook, read_inline_kpis
from stopwatch.config.node import Fields, Items, Node, kind
from stopwatch.config.rule_list import read_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, SiteId
    from stopwatch.core.rule import StopRule


def inline_kpis(node: Node | None, found: Complaints | None = None) -> Mapping[KpiId, Kpi] | None:
    """
    Return the KPIs of the list *node* by id, None without one.

    With *found*, complaints go there and unusable KPIs are left out.

    Raises:
        ComplaintsError: Some of them are unusable, and *found* was not given.

    """
    if node is None:
        return None
    made = Complaints() if found is None else found
    _check_list(node, "kpis", made)
    kpis = read_inline_kpis(node, made)
    if found is None and made.errors:
        raise ComplaintsError(made)
    return kpis


def rules_for_site(
    raw_rules: Node, site: SiteId, phase: PhaseId | None, kpis: Mapping[KpiId, Kpi] | None
) -> tuple[StopRule, ...]:
    """
    Return the rules of the list *raw_rules* as they apply at *site* in *phase*, in file order, overrides merged.

    *kpis* None, or a KPI that is not among them, is no mistake, except where ``volume: {auto: true}`` needs it. A rule
    that names phases does not apply where *phase* is None. Names of overrides are not checked: there is no plan.

    Raises:
        ComplaintsError: Some rule is unusable, at this site or anywhere.

    """
    found = Complaints()
    _check_list(raw_rules, "rules", found)
    rules = read_rules(raw_rules, found).at(site, phase, KpiBook(kpis or {}, inline=True), found)
    if found.errors:
        raise ComplaintsError(found)
    return rules


def _check_list(node: Node, key: str, found: Complaints) -> None:
    if not isinstance(node, Items):
        message = f"{key} must be a list, not {kind(node)}"
        found.add(node.place.complaint("wrong-type", message, "write its entries as - {id: …}"))
        return
    for item in node.items:
        if not isinstance(item, Fields):
            message = f"an entry of {key} must be a mapping, not {kind(item)}"
            found.add(item.place.complaint("wrong-type", message, "write it as - {id: …}"))
