"""The verdict upon a roll-back as a page or an export shows it: what was asked for, what came, and each KPI's band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stopwatch.core.written import number_of
from stopwatch.web.figures import figure, local, span
from stopwatch.web.pages.bundle_view import bundle_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.proof import Proof


@dataclass(frozen=True, slots=True)
class RollbackView:
    """The proof of a verdict with its *facts* as (what, how it is written); none where it cannot be read."""

    proof: Proof
    facts: Sequence[tuple[str, str]]


def rollback_view(proof: Proof, body_of: Callable[[str], str | None], zone: ZoneInfo) -> RollbackView:
    """Return what is shown of the verdict that *proof* names."""
    bundle = bundle_of(proof.sha256, body_of)
    try:
        return RollbackView(proof, _facts(bundle, zone) if bundle is not None else ())
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        return RollbackView(proof, ())


def _facts(bundle: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[str, str]]:
    def at(name: str) -> str:
        return local(datetime.fromisoformat(bundle[name]), zone)

    within, hold = (span(timedelta(seconds=bundle[f"{name}_seconds"])) for name in ("within", "hold"))
    classes = str(bundle["classes"])
    known = [
        ("outcome", f"{bundle['outcome']}, {bundle['reason']}" if bundle.get("reason") else str(bundle["outcome"])),
        ("judged", at("at")),
        ("rolled back", at("rolled_back_at")),
        ("asked for", f"all KPIs inside their band for {hold}, within {within}"),
        ("slots inside, outside, missing", ", ".join(str(classes.count(letter)) for letter in "IOM")),
    ]
    if bundle.get("inside_since"):
        known.append(("inside since", at("inside_since")))
    return known + [_band(condition) for condition in bundle["conditions"]]


def _band(condition: Mapping[str, Any]) -> tuple[str, str]:
    """Say the newest value of a KPI beside the edge of its band and the baseline that follows from."""
    unit, values = str(condition["unit"]), condition["values"]
    newest = figure(number_of(values[-1]), unit) if values else "no slot"
    side = "at most" if condition["better"] == "lower" else "at least"
    edge = f"{side} {figure(condition['limit'], unit)}, baseline {figure(condition['median'], unit)}"
    return f"{condition['kpi']} at {condition['site']}", f"{newest}; {edge}"
