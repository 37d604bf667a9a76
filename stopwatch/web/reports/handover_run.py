"""The part of the handover pack that people run a site by: runbooks, whom to reach, KPIs, dashboards, baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.ledger import EntryKind
from stopwatch.web.figures import minute, span
from stopwatch.web.reports.before_after import newest_comparison
from stopwatch.web.reports.document import Section, Table
from stopwatch.web.reports.rows import NONE, limit_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.core.rule import StopRule
    from stopwatch.core.story import Story


def run_sections(story: Story) -> list[Section]:
    """Return what people run the sites by."""
    return [*_runbooks(story), _path(story), _kpis(story), *_dashboards(story), newest_comparison(story)]


def _runbooks(story: Story) -> list[Section]:
    recorded = [
        (
            one.scope,
            str(one.body.get("note") or NONE),
            str(one.body.get("link") or NONE),
            f"{one.actor}, {minute(one.at)}",
        )
        for one in story.entries
        if one.kind is EntryKind.RUNBOOK
    ]
    known = {
        (rule.id, str(rule.links.runbook).replace("{rule}", rule.id))
        for rules in story.rule_set.rules.values()
        for rule in rules
        if rule.links.runbook
    }
    written = [(rule, "of the rule", link, "rule file") for rule, link in sorted(known)]
    plan = [("_all", name, url, "plan") for name, url in story.plan.links.items()]
    rows = (*recorded, *plan, *written)
    if not rows:
        return [Section("Runbooks", text=("None is recorded.",))]
    return [Section("Runbooks", table=Table(("for", "what", "where", "recorded"), rows))]


def _path(story: Story) -> Section:
    plan, terms = story.plan, story.plan.escalation
    items = [
        f"a pause is shown in the channel at once, again after {span(terms.broadcast)} without an answer",
        f"after {span(terms.notifier)} the second notifier is called, at once if Slack cannot be used",
        f"after {span(terms.second_group)} the second group is mentioned"
        + (f" ({', '.join(plan.slack.groups)})" if plan.slack.groups else ""),
        f"then every {span(terms.repeat)}, later hourly, until somebody acknowledges or confirms",
    ]
    rows = []
    for site in plan.sites.values():
        reach = {**plan.contacts, **site.contacts}
        told = "; ".join(f"{role}: {who}" for role, who in reach.items()) or NONE
        rows.append((site.id, site.on_call or NONE, site.channel or "the default channel", told))
    columns = ("site", "on call", "channel", "contacts")
    return Section("Escalation path", items=tuple(items), table=Table(columns, tuple(rows)))


def _kpis(story: Story) -> Section:
    rows: dict[tuple[str, ...], list[str]] = {}
    for site, rules in story.rule_set.rules.items():
        for rule in rules:
            for row in _limits(story, rule):
                rows.setdefault(row, []).append(site)
    every = set(story.plan.sites)
    table = tuple(
        (*row[:-1], "all" if set(sites) == every else ", ".join(sites), row[-1]) for row, sites in rows.items()
    )
    columns = ("KPI", "rule", "pauses when", "held for", "sites", "PromQL")
    return Section("Monitored KPIs and their limits", table=Table(columns, table))


def _limits(story: Story, rule: StopRule) -> Iterator[tuple[str, ...]]:
    most = rule.window
    held = f"{most.m} of {most.n} slots of {span(rule.step)}"
    if most.m == most.n:
        held = span(rule.step * (most.m - 1)) if most.m > 1 else "one slot"
    mode = "" if rule.mode.value == "enforce" else f" ({rule.mode.value})"
    for criterion in rule.criteria:
        kpi = story.rule_set.kpis.get(criterion.kpi)
        title, query = (kpi.title, " ".join(kpi.query.split())) if kpi is not None else (criterion.kpi, NONE)
        joined = "" if len(rule.criteria) == 1 else f" ({rule.combine.value} of {len(rule.criteria)})"
        yield (title, f"{rule.id}{mode}", f"{limit_words(story.rule_set, criterion)}{joined}", held, query)


def _dashboards(story: Story) -> list[Section]:
    rows: list[tuple[str, str]] = []
    for site in story.plan.sites.values():
        rows += [(site.id, url) for url in site.dashboards]
        rows += [(f"{site.id}: {name}", url) for name, url in site.links.items()]
    known = {rule.links.dashboard for rules in story.rule_set.rules.values() for rule in rules if rule.links.dashboard}
    rows += [("by rule; {…} is filled in for each decision", str(link)) for link in sorted(known)]
    return [Section("Dashboards", table=Table(("for", "where"), tuple(rows)))] if rows else []
