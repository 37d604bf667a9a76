"""``stopwatch evidence``: what a decision was judged by."""

from __future__ import annotations

import json

import click

from stopwatch.cli.terms import config_option, leave, open_records, refusals_as_exit_codes, write_json


@click.group("evidence", epilog="Example: stopwatch evidence show ham-01-20261121T1015Z")
def command() -> None:
    """Show the frozen evidence of a decision."""


@command.command("show")
@click.argument("decision", metavar="ID")
@config_option
@refusals_as_exit_codes
def show(decision: str, config: str | None) -> None:
    """Write every ground's evidence bundle as JSON: samples, classes, the resolved rule, queries and the verdict."""
    from stopwatch.core.decision import DecisionId

    with open_records(config) as (_rule_set, store), store.reading() as view:
        found = view.decision(DecisionId(decision))
        if found is None:
            leave(f"no decision {decision}; `stopwatch decisions list` shows all", 1)
        bundles = []
        for ground in found.grounds:
            body = view.evidence(ground.evidence) if ground.evidence else None
            bundle = json.loads(body) if body else None
            bundles.append({"ground": ground.id, "sha256": ground.evidence, "bundle": bundle})
    write_json({"decision": found.id, "grounds": bundles})
