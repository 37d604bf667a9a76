"""A folder of rule files loaded whole or not at all, with every complaint about all three files at once."""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from stopwatch.config.changes import changed
from stopwatch.config.checks.names import check_names
from stopwatch.config.checks.queries import check_queries
from stopwatch.config.checks.twins import check_twins
from stopwatch.config.checks.unused import check_unused
from stopwatch.config.complaint import Complaint, Complaints, ComplaintsError
from stopwatch.config.kpi_model import KpisFile
from stopwatch.config.kpis import read_kpis
from stopwatch.config.node import Fields, Items, Node, kind
from stopwatch.config.outline import read_outline
from stopwatch.config.plan import read_plan
from stopwatch.config.rule_list import read_rules
from stopwatch.config.rule_model import StopRulesFile
from stopwatch.config.source import read_bytes
from stopwatch.config.validate import unknown_key
from stopwatch.config.yaml import load_text
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.rollout import Plan, RuleSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel

    from stopwatch.config.changes import Change
    from stopwatch.config.checks.queries import CheckPromql

KPIS, RULES, ROLLOUT = "kpis.yaml", "stop-rules.yaml", "rollout.yaml"
FILES = (KPIS, RULES, ROLLOUT)
"""The files of a rule folder, in the order in which their bytes make the revision."""


def load_rule_set(folder: Path, promql: CheckPromql | None = None, changes: Sequence[Change] = ()) -> RuleSet:
    """
    Load the rule files of *folder*, with *changes* merged into its rules; *promql* checks their queries.

    Raises:
        ComplaintsError: At least one file has an error; nothing was loaded.

    """
    rule_set, complaints = check_folder(folder, promql, changes)
    if rule_set is None:
        raise ComplaintsError(complaints)
    return rule_set


def load_plan(folder: Path) -> Plan | None:
    """Return the plan of *folder* alone, None if it cannot be followed; rules and KPIs are not looked at."""
    data = read_bytes(Path(folder) / ROLLOUT)
    if isinstance(data, Complaint):
        return None
    node, _ = load_text(ROLLOUT, data)
    return None if node is None else read_plan(node, read_outline(node), Complaints())


def fingerprint(folder: Path) -> str:
    """Return a hash of what the rule files of *folder* hold, or of why they cannot be read; nothing is judged."""
    digest = hashlib.sha256()
    for name in FILES:
        data = read_bytes(Path(folder) / name)
        digest.update(hashlib.sha256(data if isinstance(data, bytes) else f"!{data.code}".encode()).digest())
    return digest.hexdigest()


def outlook(folder: Path) -> tuple[object, ...]:
    """Return what the rule files of *folder* look like from outside; it is another one after a file has changed."""
    found: list[object] = []
    for name in FILES:
        try:
            seen = (Path(folder) / name).stat()
        except OSError as error:
            found.append(error.errno)
        else:
            found.append((seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
    return tuple(found)


def check_folder(
    folder: Path, promql: CheckPromql | None = None, changes: Sequence[Change] = ()
) -> tuple[RuleSet | None, list[Complaint]]:
    """Return the rule set of *folder*, None if there are errors, and all complaints in the order of the text."""
    found = Complaints()
    digest = hashlib.sha256()
    nodes: dict[str, Node | None] = {}
    for name in FILES:
        path = Path(folder) / name
        data = read_bytes(path)
        if isinstance(data, Complaint):
            nodes[name] = None
            found.add(data)
            continue
        digest.update(data)
        nodes[name], complaints = load_text(str(path), data)
        found.extend(complaints)
    for change in changes:
        digest.update(change.text.encode())
    rule_set = _rule_set(nodes, found, promql, changes, digest.hexdigest())
    return (None if found.errors else rule_set), list(found)


def _rule_set(
    nodes: dict[str, Node | None],
    found: Complaints,
    promql: CheckPromql | None,
    changes: Sequence[Change],
    revision: str,
) -> RuleSet | None:
    kpi_list = _only_list(KpisFile, nodes[KPIS], "kpis", found)
    book = read_kpis(kpi_list, found)
    rules_as_written = _only_list(StopRulesFile, nodes[RULES], "rules", found)
    listed = read_rules(changed(rules_as_written, changes, found), found)
    rollout = nodes[ROLLOUT]
    outline = read_outline(rollout)
    plan = None if rollout is None else read_plan(rollout, outline, found)
    home = outline.home.items()
    rules = {SiteId(site): listed.at(SiteId(site), PhaseId(phase), book, found) for site, phase in home}
    unused = listed.check_unused(book, found)
    check_twins(listed.rules, found)
    check_names(listed.rules, outline, found)
    check_unused(listed.rules, outline, found)
    if promql is not None:
        check_queries(kpi_list, chain(unused, *rules.values()), promql, found)
    return None if plan is None else RuleSet(plan=plan, kpis=book.kpis, rules=rules, revision=revision)


def _only_list(model: type[BaseModel], node: Node | None, key: str, found: Complaints) -> Node | None:
    """Return the list below the only key of the document *node*; its entries are checked by whoever reads them."""
    if node is None:
        return None
    if not isinstance(node, Fields):
        message = f"the file must be a mapping with the key {key!r}, not {kind(node)}"
        found.add(node.place.complaint("wrong-type", message, f"begin it with {key}:"))
        return None
    known = list(model.model_fields)
    for name, entry in node.entries.items():
        if name not in known:
            unknown_key(name, entry.key, known, found)
    listed = node.get(key)
    if listed is None:
        found.add(node.place.complaint("missing-key", f"the key {key!r} is missing", f"begin the file with {key}:"))
        return None
    if not isinstance(listed, Items):
        message = f"{key} must be a list, not {kind(listed)}"
        found.add(listed.place.complaint("wrong-type", message, "write its entries as - id: …"))
        return None
    for item in listed.items:
        if not isinstance(item, Fields):
            message = f"an entry of {key} must be a mapping, not {kind(item)}"
            found.add(item.place.complaint("wrong-type", message, "write it as - id: …"))
    return listed
