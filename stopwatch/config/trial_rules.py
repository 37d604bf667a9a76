"""The rules that a test file tests: written inside it, or in a file or folder that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.inline import inline_kpis
from stopwatch.config.kpis import KpiBook, read_kpis
from stopwatch.config.load import KPIS, RULES, check_folder
from stopwatch.config.node import Fields, Items, Node, Scalar, kind
from stopwatch.config.rule_list import RuleList, read_rules
from stopwatch.config.validate import shown, unknown_key
from stopwatch.config.yaml import load_file
from stopwatch.core.kpi import PhaseId, SiteId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.checks.queries import CheckPromql
    from stopwatch.config.complaint import Complaints
    from stopwatch.core.kpi import Kpi, KpiId
    from stopwatch.core.rollout import Plan
    from stopwatch.core.rule import StopRule


@dataclass(frozen=True, slots=True)
class TrialRules:
    """
    The rules under test.

    *kpis* are those that automatic volumes may ask for, *plan* is there if the rules come from a folder. *ids* are all
    rules, *read* the KPIs that any of them reads anywhere.
    """

    listed: RuleList
    kpis: Mapping[KpiId, Kpi]
    plan: Plan | None = None
    ids: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    _book: KpiBook = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the KPIs in the form that reading rules asks for."""
        object.__setattr__(self, "_book", KpiBook(self.kpis, inline=True))

    def at(self, site: SiteId, phase: PhaseId | None, found: Complaints) -> tuple[StopRule, ...]:
        """Return the rules that apply at *site* in *phase*, in file order, overrides merged."""
        return self.listed.at(site, phase, self._book, found)

    def phase(self, site: SiteId) -> PhaseId | None:
        """Return the site's phase in the plan, if there is one."""
        planned = self.plan.sites.get(site) if self.plan is not None else None
        return planned.phase if planned is not None else None

    def check_everywhere(self, found: Complaints) -> None:
        """Check the rules also with each override that no test reaches, and without any."""
        self.at(SiteId(""), None, found)
        for rule in self.listed.rules:
            for site in _overridden(rule, "sites"):
                self.at(SiteId(site), None, found)
            for phase in _overridden(rule, "phases"):
                self.at(SiteId(""), PhaseId(phase), found)
        self.listed.check_unused(self._book, found)


def read_trial_rules(root: Fields, folder: Path, found: Complaints, promql: CheckPromql | None) -> TrialRules | None:
    """
    Return the rules of the test file *root* that lies in *folder*.

    None, with reasons in *found*, if they cannot be used.
    """
    before = found.error_count
    rules = root.get("rules")
    if rules is None:
        hint = "give rules: [{id: …}], or the path of a rule file or folder"
        found.add(root.place.text.place(root.place.start).complaint("missing-key", "the key 'rules' is missing", hint))
        return None
    kpis = inline_kpis(root.get("kpis"), found)
    trial: TrialRules | None
    if isinstance(rules, Items):
        trial = _listed(rules, kpis or {}, None, found)
    elif isinstance(rules, Scalar) and isinstance(rules.value, str):
        trial = _from_path(rules, folder / rules.value, kpis, found, promql)
    else:
        message = f"rules must be a list of rules or a path, not {kind(rules)}"
        found.add(rules.place.complaint("wrong-type", message, "write its entries as - {id: …}"))
        return None
    if trial is not None and trial.plan is None and found.error_count == before:
        trial.check_everywhere(found)
    return trial if found.error_count == before else None


def _from_path(
    node: Scalar, path: Path, kpis: Mapping[KpiId, Kpi] | None, found: Complaints, promql: CheckPromql | None
) -> TrialRules | None:
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError):
        is_folder = exists = False
    if not exists:
        message = f"there is no file or folder {shown(str(path))}"
        found.add(node.place.complaint("rules-missing", message, "paths are relative to the test file"))
        return None
    if is_folder:
        return _from_folder(path, kpis, found, promql)
    rules = _list_in(path, "rules", found)
    if rules is None:
        return None
    if kpis is None:
        kpis = _kpis_beside(path, found)
    return _listed(rules, kpis, None, found)


def _from_folder(
    folder: Path, kpis: Mapping[KpiId, Kpi] | None, found: Complaints, promql: CheckPromql | None
) -> TrialRules | None:
    rule_set, complaints = check_folder(folder, promql)
    found.extend(one for one in complaints if one.severity is Weight.ERROR)
    if rule_set is None:
        return None
    rules = _list_in(folder / RULES, "rules", found)
    return None if rules is None else _listed(rules, kpis or rule_set.kpis, rule_set.plan, found)


def _kpis_beside(path: Path, found: Complaints) -> Mapping[KpiId, Kpi]:
    """Return the KPIs of the file beside the rule file *path*, nothing if there is none."""
    beside = path.with_name(KPIS)
    if not beside.is_file():
        return {}
    kpis = _list_in(beside, "kpis", found)
    return {} if kpis is None else read_kpis(kpis, found).kpis


def _list_in(path: Path, key: str, found: Complaints) -> Items | None:
    """Return the list below the only key of the file at *path*."""
    node, complaints = load_file(path)
    found.extend(complaints)
    if node is None:
        return None
    listed = node.get(key) if isinstance(node, Fields) else None
    if not isinstance(node, Fields) or not isinstance(listed, Items):
        place = node.place.text.place(node.place.start)
        found.add(place.complaint("wrong-type", f"the file must hold a list {key}", f"begin it with {key}:"))
        return None
    for name, entry in node.entries.items():
        if name != key:
            unknown_key(name, entry.key, [key], found)
    return listed


def _listed(rules: Items, kpis: Mapping[KpiId, Kpi], plan: Plan | None, found: Complaints) -> TrialRules:
    for item in rules.items:
        if not isinstance(item, Fields):
            message = f"an entry of rules must be a mapping, not {kind(item)}"
            found.add(item.place.complaint("wrong-type", message, "write it as - {id: …}"))
    ids = (rule.get("id") for rule in rules.items if isinstance(rule, Fields))
    named = frozenset(one.value for one in ids if isinstance(one, Scalar) and isinstance(one.value, str))
    return TrialRules(read_rules(rules, found), kpis, plan, named, frozenset(_kpis_read(rules)))


def _kpis_read(node: Node) -> set[str]:
    """Return every KPI that is named anywhere below *node*: in rules, conditions and overrides."""
    if isinstance(node, Items):
        return set().union(*map(_kpis_read, node.items))
    if not isinstance(node, Fields):
        return set()
    kpi = node.get("kpi")
    here = {kpi.value} if isinstance(kpi, Scalar) and isinstance(kpi.value, str) else set()
    return here.union(*(_kpis_read(entry.value) for entry in node.entries.values()))


def _overridden(rule: Fields, scope: str) -> list[str]:
    overrides = rule.get("overrides")
    named = overrides.get(scope) if isinstance(overrides, Fields) else None
    return list(named.entries) if isinstance(named, Fields) else []
