"""The checklist of a site as a person reads it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_table
from stopwatch.core.entry import Holds

if TYPE_CHECKING:
    from stopwatch.core.entry import EntryGate
    from stopwatch.core.rollout import Plan


def write_ready(plan: Plan, gate: EntryGate) -> None:
    """Write the verdict, the items, and what else holds the gate."""
    site = plan.sites[gate.site]
    click.echo(f"{gate.site} ({site.name}, {site.phase}): {gate.words}")
    if gate.items:
        click.echo()
        rows = [
            ["ok" if item.met else "MISSING", item.item, item.owner or "nobody", item.why]
            for item in sorted(gate.items, key=lambda item: item.met)
        ]
        write_table(["", "item", "owed by", "state"], rows, "")
    write_reasons(gate)


def write_reasons(gate: EntryGate) -> None:
    """Write what holds the gate besides items."""
    others = [reason for reason in gate.reasons if reason.holds is not Holds.ITEM]
    if others:
        click.echo("\nheld by")
        for reason in others:
            click.echo(f"  {reason.text}")
