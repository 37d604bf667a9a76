"""What is kept of evidence whose samples were pruned: its head, its hash, and which export holds the whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import DecisionId

EXPORTED = "evidence.export"
PRUNED = "evidence.prune"

_SAMPLES = frozenset({"classes", "good", "controls"})
_CONDITION_SAMPLES = frozenset({"values", "volumes"})


@dataclass(frozen=True, slots=True)
class Prunable:
    """A stored bundle of a closed decision that was filed whole: by the export at *exported_at* with these *sums*."""

    decision: DecisionId
    sha256: str
    exported_at: datetime
    sums: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left of a bundle: its *head* as canonical JSON, and the export (SHA-256 of its sums) that holds it."""

    sha256: str
    head: str
    at: datetime
    exported_at: datetime
    sums: str


def head_of(body: str) -> str | None:
    """
    Return a bundle without its samples as canonical JSON; None where it has none, so that nothing is gained.

    Raises:
        ValueError: The bundle is no JSON.

    """
    bundle = json.loads(body)
    conditions = bundle.get("conditions") if isinstance(bundle, dict) else None
    if not isinstance(conditions, list):
        return None
    kept = {name: value for name, value in bundle.items() if name not in _SAMPLES}
    kept["conditions"] = [
        {name: value for name, value in each.items() if name not in _CONDITION_SAMPLES} for each in conditions
    ]
    return canonical_json(kept)
