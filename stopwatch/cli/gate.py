"""``stopwatch gate``: may the rollout go on at a site, may a phase be left; answered by words and by the exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from stopwatch.cli.terms import (
    FINDING,
    GOOD,
    UNUSABLE,
    actor_of,
    config_option,
    format_option,
    leave,
    now,
    open_records,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)

if TYPE_CHECKING:
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore
    from stopwatch.watch.ports import Reader
    from stopwatch.watch.rollout.judging import Kept

NEWEST = "newest"


@click.command(
    "gate",
    epilog="""\b
Examples:
  stopwatch gate lodz && ./roll-out lodz
  stopwatch gate pilot
  stopwatch gate pilot --go --reason "ten quiet days, signed off by Ida"
  stopwatch gate pilot --show newest --format json""",
)
@click.argument("place", metavar="SITE|PHASE")
@click.option("--go", "go", flag_value="go", default=None, help="Record the go with the newest judgement of PHASE.")
@click.option("--no-go", "go", flag_value="no-go", help="Record the no-go with the newest judgement of PHASE.")
@click.option("--reason", help="Why go or no-go.")
@click.option("--actor", metavar="NAME", help="Who decides (default: the operating system's user).")
@click.option("--show", is_flag=False, flag_value=NEWEST, metavar="[N]", help="Show judgement N, or the newest, again.")
@click.option("--list", "listed", is_flag=True, help="List the judgements of PHASE.")
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str,
    go: str | None,
    reason: str | None,
    actor: str | None,
    show: str | None,
    listed: bool,
    config: str | None,
    form: str,
) -> None:
    """
    Say whether the rollout may go on at SITE now, or judge whether PHASE may be left: exit code 0 if so, else 1.

    The gate of a SITE is closed while a pausing decision or a wide stop covers the site, or an earlier phase has a live
    decision; the database answers, and says where a site with an open gate cannot be seen. The exit gate of a PHASE is
    judged over its whole observation window, from Prometheus: it passes, fails (something bad is known) or is not
    provable (something is missing). Every judgement is kept with its numbers; --show and --list need no Prometheus.
    """
    from stopwatch.core.kpi import PhaseId, SiteId

    asked = sum((go is not None, show is not None, listed))
    if asked > 1:
        raise click.UsageError("give one of --go, --no-go, --show and --list")
    if (reason is not None) != (go is not None):
        raise click.UsageError("--reason goes with --go or --no-go, and they with it")
    with open_records(config) as (rule_set, store):
        phase = rule_set.plan.phase(PhaseId(place))
        if phase is None:
            if place not in rule_set.plan.sites:
                known = ", ".join([*rule_set.plan.sites, *(one.id for one in rule_set.plan.phases)])
                leave(f"the plan has no site and no phase {place}; it has {known}", UNUSABLE)
            if asked:
                raise click.UsageError(f"{place} is a site; --go, --no-go, --show and --list are for phases")
            _site(rule_set, store, SiteId(place), form)
        if listed:
            _list(rule_set, store, phase, form)
        if show is not None:
            _tell(_shown(rule_set, store, phase, show), form)
        if go is not None:
            _call(rule_set, store, phase, go=go == "go", reason=reason or "", actor=actor_of(actor), form=form)
        _tell(_judged(rule_set, store, phase, actor=actor_of(actor), config=config), form)


def _site(rule_set: RuleSet, store: SqlStore, site: SiteId, form: str) -> NoReturn:
    from stopwatch.core.gate import site_gate
    from stopwatch.core.wire import gate_json

    with store.reading() as view:
        gate = site_gate(rule_set.plan, site, view.decisions(rule_set.plan.rollout, live=True))
        unseen = _unseen(view, rule_set, site)
    if form == "json":
        write_json(gate_json(gate))
    elif gate.open:
        click.echo(f"open: nothing holds {site}")
        if unseen is not None:
            click.echo(f"  not seen there now: {unseen}")
    else:
        click.echo(f"closed: {site}")
        for reason in gate.reasons:
            click.echo(f"  {reason.text}")
    sys.exit(GOOD if gate.open else FINDING)


def _unseen(view: Reader, rule_set: RuleSet, site: SiteId) -> str | None:
    """Say why nothing would close the gate of *site* now, however it fares; None where its rules can be judged."""
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import Reported
    from stopwatch.core.status import unwatched_words

    plan = rule_set.plan
    if site not in view.activations(plan.rollout):
        return unwatched_words(plan.sites[site].go_live, now())
    rows = {row.rule: row for row in view.states(plan.rollout, site)}
    blind = [
        f"{rule.id} {'never judged' if row is None else row.reported.replace('_', ' ')}"
        for rule in rule_set.rules.get(site, ())
        if (row := rows.get(rule.id)) is None
        or (row.reported in {Reported.NO_DATA, Reported.ERROR} and row.state.no_data is not Absence.LOW_VOLUME)
    ]
    return ", ".join(blind) or None


def _judged(rule_set: RuleSet, store: SqlStore, phase: Phase, *, actor: str, config: str | None) -> Kept:
    """Judge *phase* over its window and keep the judgement."""
    from stopwatch.app.judging import judge_phase
    from stopwatch.cli.replay_bar import bar

    if not rule_set.rules:
        leave("the rules cannot be used, so no gate can be judged; see: stopwatch check", UNUSABLE)
    with bar("judging") as progress:
        return judge_phase(
            rule_set, settings_from(config), store, phase, actor=actor, transport="cli", progress=progress
        )


def _shown(rule_set: RuleSet, store: SqlStore, phase: Phase, which: str) -> Kept:
    from stopwatch.watch.rollout.judging import kept

    if which != NEWEST and not which.isdigit():
        raise click.UsageError(f"--show takes the number of a judgement, or nothing, not {which!r}")
    with store.reading() as view:
        found = kept(view, rule_set.plan.rollout, phase.id, None if which == NEWEST else int(which))
    if found is None:
        what = "was never judged" if which == NEWEST else f"has no judgement {which}; see --list"
        leave(f"{phase.id} {what}", UNUSABLE)
    return found


def _list(rule_set: RuleSet, store: SqlStore, phase: Phase, form: str) -> NoReturn:
    from stopwatch.cli.gate_output import print_list
    from stopwatch.core.ledger import EntryKind
    from stopwatch.watch.rollout.judging import judgements

    with store.reading() as view:
        found = judgements(view, rule_set.plan.rollout, phase.id)
        calls = view.entries(rule_set.plan.rollout, kind=EntryKind.GO, scope=phase.id)
    print_list(found, calls, form)
    sys.exit(GOOD)


def _call(
    rule_set: RuleSet, store: SqlStore, phase: Phase, *, go: bool, reason: str, actor: str, form: str
) -> NoReturn:
    from stopwatch.cli.gate_output import call_sentence, kept_json
    from stopwatch.core.errors import JudgementRefusedError
    from stopwatch.watch.rollout.judging import call

    try:
        kept = call(store, rule_set, phase, go=go, reason=reason, actor=actor, transport="cli", now=now())
    except JudgementRefusedError as error:
        leave(str(error), FINDING)
    if form == "json":
        write_json(kept_json(kept))
    else:
        click.echo(call_sentence(kept.calls[-1]))
    sys.exit(GOOD)


def _tell(kept: Kept, form: str) -> NoReturn:
    from stopwatch.cli.gate_output import kept_json, print_kept
    from stopwatch.core.exit.check import GateVerdict

    if form == "json":
        write_json(kept_json(kept))
    else:
        print_kept(kept)
    sys.exit(GOOD if kept.verdict is GateVerdict.PASS else FINDING)
