"""``stopwatch decisions``: list them, show one, and act on it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from stopwatch.cli.nearest import NearestGroup
from stopwatch.cli.terms import (
    UNUSABLE,
    Instant,
    actor_of,
    config_option,
    format_option,
    leave,
    now,
    open_desk,
    open_records,
    refusals_as_exit_codes,
    write_json,
    write_table,
)
from stopwatch.core.decision import LINK_KINDS, Act, DecisionState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopwatch.core.decision import Decision

HELP = {
    Act.ACKNOWLEDGE: "Say that you have seen it and are looking; escalation stops.",
    Act.CONFIRM: "Confirm that the pause is right.",
    Act.RESUME: "Let the site go on, once every ground has recovered or was resolved.",
    Act.OVERRIDE: "Let the site go on although a ground holds, for a limited time.",
    Act.DISMISS: "End it as a false alarm or a fault in the data.",
    Act.ROLL_BACK: "Record that the change was rolled back; the KPIs are watched until they are back.",
    Act.PAUSE_AGAIN: "End an override early.",
    Act.CLOSE: "Close a rolled back or flagged decision by hand.",
    Act.RESOLVE: "Resolve a manual ground, or one whose rule is gone.",
    Act.ATTACH: "Attach a link, such as the incident ticket, or the follow-up that came of it.",
}
NEWEST = 200
"""How many decisions a table shows unless more are asked for: a terminal draws ten thousand in ten seconds."""
KIND_HELP = "What it is; a follow-up is the backlog item that came of the decision."


@click.group("decisions", cls=NearestGroup, epilog="Example: stopwatch decisions acknowledge ham-01-20261121T1015Z")
def command() -> None:
    """List, show and act on pause decisions."""


@command.command("list")
@click.option(
    "--state", type=click.Choice([state.value for state in DecisionState]), help="Only decisions in this state."
)
@click.option("--site", help="Only decisions that concern this site.")
@click.option(
    "--limit", type=click.IntRange(1), help=f"The newest so many (a table shows {NEWEST} by itself, json all)."
)
@config_option
@format_option
@refusals_as_exit_codes
def list_decisions(state: str | None, site: str | None, limit: int | None, config: str | None, form: str) -> None:
    """List decisions, oldest first."""
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.selection import Selection
    from stopwatch.core.wire import decisions_json

    most = limit if limit is not None or form == "json" else NEWEST
    with open_records(config) as (rule_set, store), store.reading() as view:
        if site is not None and site not in rule_set.plan.sites:
            leave(f"the plan has no site {site}; it has {', '.join(rule_set.plan.sites)}", UNUSABLE)
        wanted = Selection(state=DecisionState(state) if state else None, site=SiteId(site) if site else None)
        newest, whole = view.selected(rule_set.plan.rollout, wanted, limit=most)
    found = newest[::-1]
    if form == "json":
        write_json(decisions_json(found))
        return
    _write_list(found, "No decision matches." if state or site else "No decision was ever opened.")
    if whole > len(found):
        words = f"these are the newest {len(found)} of {whole}; --limit {whole} shows all, --format json has all"
        click.echo(words, err=True)


def _write_list(found: Sequence[Decision], empty: str) -> None:
    from stopwatch.core.grid import rfc3339

    rows = [
        [
            decision.id,
            decision.state.value,
            "drill" if decision.drill else "paused" if decision.paused else "",
            str(decision.rev),
            rfc3339(decision.opened_at.replace(microsecond=0)),
            ", ".join(dict.fromkeys(ground.name for ground in decision.grounds)),
            decision.last_act.actor if decision.last_act else "",
        ]
        for decision in found
    ]
    columns = ["decision", "state", "", "rev", "opened", "grounds", "last act by"]
    write_table(columns, rows, empty)


@command.command("show")
@click.argument("decision", metavar="ID")
@config_option
@format_option
@refusals_as_exit_codes
def show(decision: str, config: str | None, form: str) -> None:
    """Show one decision with its grounds and acts."""
    from stopwatch.core.wire import decision_json

    with open_records(config) as (_rule_set, store), store.reading() as view:
        found = _known(view.decision, decision)
    if form == "json":
        write_json(decision_json(found))
        return
    _tell(found)


def _known(read: Callable[..., Decision | None], decision: str) -> Decision:
    from stopwatch.core.decision import DecisionId
    from stopwatch.core.errors import DecisionNotFoundError

    found = read(DecisionId(decision))
    if found is None:
        raise DecisionNotFoundError(f"no decision {decision}; `stopwatch decisions list` shows all")
    return found


def _second(at: datetime) -> str:
    from stopwatch.core.grid import rfc3339

    return rfc3339(at.replace(microsecond=0))


def _tell(decision: Decision) -> None:
    from zoneinfo import ZoneInfo

    from stopwatch.core.grid import rfc3339
    from stopwatch.web.pages.timeline import act_words

    utc = ZoneInfo("UTC")
    paused = "a drill" if decision.drill else "paused" if decision.paused else "not paused"
    click.echo(f"{decision.id}  {decision.state}, {paused}, revision {decision.rev}")
    click.echo(f"scope {decision.scope}, opened {rfc3339(decision.opened_at)}")
    if decision.until:
        click.echo(f"overridden until {rfc3339(decision.until)}")
    if decision.state == "rolled_back" and decision.clock is not None:
        click.echo(f"verification: {decision.clock.words}, until {_second(decision.clock.until)}")
    click.echo("grounds:")
    for ground in decision.grounds:
        over = "unwatched: its rule left the rule set, resolve it" if ground.unwatched else "holds"
        if ground.resolved_at:
            over = f"resolved {rfc3339(ground.resolved_at)}"
        elif ground.recovered_at:
            over = f"recovered {rfc3339(ground.recovered_at)}"
        late = ", found late" if ground.detected_late else ""
        click.echo(f"  {ground.id}  {over}{late}, evidence {(ground.evidence or 'none')[:12]}")
        for link in ground.links:
            click.echo(f"    {link.kind}: {link.url}")
    click.echo("acts:" if decision.acts else "nobody has acted yet")
    for acted in decision.acts:
        reason = f": {acted.reason}" if acted.reason else ""
        did = act_words(acted, utc)
        click.echo(f"  {_second(acted.at)}  {acted.actor} {did}{reason}  (rev {acted.rev_before} → {acted.rev_after})")


def _options(act: Act) -> list[click.Option]:
    """Return the options of an act, beside those that all acts share."""
    if act is Act.OVERRIDE:
        return [
            click.Option(["--category"], help="Why in a word, such as accepted-risk."),
            click.Option(["--for", "duration"], help="How long, such as 2h."),
            click.Option(["--until"], type=Instant(), help="Until when."),
            click.Option(["--ground", "grounds"], multiple=True, help="Accept only this ground; may be repeated."),
        ]
    if act is Act.DISMISS:
        return [
            click.Option(["--category"], type=click.Choice(["false_alarm", "data_fault"]), help="Which of the two.")
        ]
    if act is Act.ROLL_BACK:
        kinds = click.Choice(["flag", "workflow", "integration", "release"])
        return [
            click.Option(["--what"], type=kinds, help="What was reverted."),
            click.Option(["--from", "from_version"], help="The version it went from."),
            click.Option(["--to", "to_version"], help="The version it went to."),
        ]
    ground = click.Option(["--ground"], help="The ground's id (`stopwatch decisions show ID`).")
    if act is Act.ATTACH:
        return [ground, click.Option(["--kind"], type=click.Choice(LINK_KINDS), default="ticket", help=KIND_HELP)]
    return [ground] if act is Act.RESOLVE else []


def _act_command(act: Act) -> click.Command:
    @refusals_as_exit_codes
    def callback(**given: object) -> None:
        _perform(act, given)

    shared: list[click.Parameter] = [
        click.Argument(["decision"], metavar="ID"),
        click.Option(["--reason"], help="Why, in a sentence."),
        click.Option(["--rev"], type=int, help="The revision you saw; refused if it has changed since."),
        click.Option(["--actor"], help="Who acts (default: the operating system's user)."),
        click.Option(["--link", "links"], multiple=True, metavar="URL", help="A ticket or evidence; may be repeated."),
        click.Option(["--config"], type=click.Path(file_okay=False), help="The rule folder."),
        click.Option(["--format", "form"], type=click.Choice(["table", "json"]), default="table"),
    ]
    return click.Command(act.value, params=[*shared, *_options(act)], callback=callback, help=HELP[act])


def _perform(act: Act, given: dict[str, object]) -> None:
    from stopwatch.cli.acting import request_of
    from stopwatch.core.decision import DecisionId
    from stopwatch.core.wire import decision_json
    from stopwatch.watch.acts.commands import act as apply

    moment: datetime = now()
    with open_desk(_text(given.get("config"))) as desk:
        with desk.store.reading() as view:
            seen = _known(view.decision, str(given["decision"]))
        request = request_of(act, given, seen, actor=actor_of(_text(given.get("actor"))), now=moment)
        after = apply(desk, DecisionId(seen.id), request, transport="cli", now=moment)
    if given.get("form") == "json":
        write_json(decision_json(after))
    else:
        click.echo(f"{after.id}: {act}, now {after.state}, revision {after.rev}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


for _act in Act:
    command.add_command(_act_command(_act))
