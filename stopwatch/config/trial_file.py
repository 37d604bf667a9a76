"""A test file read into values: rules, series and what is expected of them, all complaints at their exact places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Complaints, ComplaintsError
from stopwatch.config.node import Fields, Items, kind
from stopwatch.config.trial_reader import TrialReader
from stopwatch.config.trial_rules import read_trial_rules
from stopwatch.config.validate import unknown_key
from stopwatch.config.yaml import TEST_FILE, load_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.checks.queries import CheckPromql
    from stopwatch.config.node import Node
    from stopwatch.config.trial_values import Trial
    from stopwatch.core.kpi import Kpi, KpiId

KEYS = ("rules", "kpis", "tests")
"""The keys of a test file."""


@dataclass(frozen=True, slots=True)
class TrialFile:
    """The tests of one file, with the KPIs that automatic volumes ask for."""

    path: Path
    kpis: Mapping[KpiId, Kpi]
    trials: tuple[Trial, ...]


def read_trial_file(path: Path, promql: CheckPromql | None = None) -> TrialFile:
    """
    Read the test file at *path*, YAML or JSON; *promql* checks the queries of a rule folder that it names.

    Raises:
        ComplaintsError: The file, or the rules that it names, cannot be used.

    """
    found = Complaints()
    node, complaints = load_file(path, TEST_FILE)
    found.extend(complaints)
    file = None if node is None else _read(node, path, found, promql)
    if file is None or found.errors:
        raise ComplaintsError(found)
    return file


def _read(node: Node, path: Path, found: Complaints, promql: CheckPromql | None) -> TrialFile | None:
    start = node.place.text.place(node.place.start)
    if not isinstance(node, Fields):
        message = f"a test file must be a mapping with the keys rules and tests, not {kind(node)}"
        found.add(start.complaint("wrong-type", message, "begin it with rules:"))
        return None
    for name, entry in node.entries.items():
        if name not in KEYS:
            unknown_key(name, entry.key, KEYS, found)
    rules = read_trial_rules(node, path.parent, found, promql)
    tests = node.get("tests")
    if tests is None:
        found.add(start.complaint("missing-key", "the key 'tests' is missing", "add tests: [{name: …, series: […]}]"))
    elif not isinstance(tests, Items):
        message = f"tests must be a list, not {kind(tests)}"
        found.add(tests.place.complaint("wrong-type", message, "write its entries as - name: …"))
    elif not tests.items:
        message = "tests must have at least one entry"
        found.add(tests.place.complaint("empty-list", message, "a file without tests proves nothing"))
    items = tests.items if isinstance(tests, Items) else ()
    trials = [TrialReader(item, number, rules, found).read() for number, item in enumerate(items, start=1)]
    kpis = {} if rules is None else rules.kpis
    return TrialFile(path, kpis, tuple(trial for trial in trials if trial is not None))
