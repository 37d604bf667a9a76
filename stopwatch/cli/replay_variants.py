"""The variants that a replay compares: the rules as written, with the changes asked for, with each step of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import click

from stopwatch.config.complaint import ComplaintsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stopwatch.config.changes import Change
    from stopwatch.core.rollout import RuleSet

AS_WRITTEN = "as written"
MOST_VARIANTS = 50


@dataclass(frozen=True, slots=True)
class Variant:
    """One rule set under a name for people; *refusal* says why it cannot be used, if so."""

    name: str
    rule_set: RuleSet | None
    refusal: str | None = None


def variants(folder: Path, sets: Sequence[str], sweeps: Sequence[str]) -> list[Variant]:
    """
    Load the rules as written and each variant that was asked for.

    A step of a sweep that makes no valid rule is kept with its reason, since others beside it may.

    Raises:
        ConfigurationError: The rules as written, or the changes of --set, cannot be used.

    """
    from stopwatch.app.building import load
    from stopwatch.config.changes import parse_change, parse_sweep

    fixed = [parse_change(text) for text in sets]
    swept = [parse_sweep(text) for text in sweeps]
    count = 1
    for steps in swept:
        count *= len(steps)
    if count > MOST_VARIANTS:
        raise click.UsageError(f"the sweeps make {count} variants; at most {MOST_VARIANTS} can be compared")
    found = [Variant(AS_WRITTEN, load(folder))]
    if fixed:
        found.append(Variant(_name(fixed), load(folder, fixed)))
    if swept:
        found += [_step(folder, _newest([*fixed, *steps])) for steps in product(*swept)]
    return found


def _newest(changes: Sequence[Change]) -> list[Change]:
    """Keep of several changes of one key the last, so that a sweep may go over a key that --set gave."""
    return list({(change.rule, change.path): change for change in changes}.values())


def _step(folder: Path, changes: Sequence[Change]) -> Variant:
    from stopwatch.app.building import load

    try:
        return Variant(_name(changes), load(folder, changes))
    except ComplaintsError as error:
        reasons = [one.message for one in error.complaints if one.severity.value == "error"]
        return Variant(_name(changes), None, reasons[0] if reasons else str(error))


def _name(changes: Sequence[Change]) -> str:
    return ", ".join(change.text for change in changes)
