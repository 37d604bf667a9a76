"""Putting the rooms together: sources, store, channels and rule sets from settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.app.credentials import admission
from stopwatch.config.load import check_folder, load_plan, load_rule_set
from stopwatch.core.errors import ConfigurationError
from stopwatch.core.rollout import DEFAULT_SOURCE, UNUSABLE_RULES, RuleSet, SourcePlan
from stopwatch.prometheus.client import PrometheusSource
from stopwatch.prometheus.promql import findings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stopwatch.app.clock import Clock
    from stopwatch.config.changes import Change
    from stopwatch.config.checks.queries import JudgedOver
    from stopwatch.config.complaint import Complaint
    from stopwatch.config.settings import Settings
    from stopwatch.core.kpi import SiteId


@dataclass(frozen=True, slots=True)
class _Remark:
    """A remark of the Prometheus room in the shape that the config room reads."""

    code: str
    message: str
    hint: str
    offset: int
    severity: str


def _check_query(query: str, *, site_label: str, judged_over: JudgedOver | None) -> list[_Remark]:
    window, rule = judged_over or (None, "")
    return [
        _Remark(found.code, found.message, found.hint, found.column, found.severity.value)
        for found in findings(query, site=site_label, window=window, rule=rule)
    ]


def load(folder: Path, changes: Sequence[Change] = ()) -> RuleSet:
    """
    Load a rule folder with its queries checked, as it would be with *changes* of its rules.

    Raises:
        ConfigurationError: Something in it cannot be used; nothing was loaded.

    """
    return load_rule_set(folder, _check_query, changes)


def load_or_plan(folder: Path) -> tuple[RuleSet, str | None]:
    """
    Load a rule folder; where its rules cannot be used, return the plan alone and a warning.

    A broken rule file must keep nobody from acknowledging or pausing; nobody can resume by it, for no rule is known.

    Raises:
        ConfigurationError: The plan itself cannot be used.

    """
    try:
        return load(folder), None
    except ConfigurationError as error:
        plan = load_plan(folder)
        if plan is None:
            hint = "a daemon that runs goes on with the files it had: meanwhile act in Slack, on its pages or over HTTP"
            raise ConfigurationError(f"{error}\n{hint}") from error
        return RuleSet(plan, {}, {}, UNUSABLE_RULES), f"only the plan of {folder} can be used now:\n{error}"


def examine(folder: Path) -> tuple[RuleSet | None, list[Complaint]]:
    """Return the rule set of a folder (None if it has errors) and every complaint about it."""
    return check_folder(folder, _check_query)


def sources_of(rule_set: RuleSet, settings: Settings, clock: Clock) -> dict[str, PrometheusSource]:
    """
    Open every Prometheus that some site of the plan is read from.

    Raises:
        ConfigurationError: A source has no address, or its credentials cannot be read.

    """
    used = dict.fromkeys(site.source for site in rule_set.plan.sites.values())
    sources: dict[str, PrometheusSource] = {}
    for name in used:
        planned = rule_set.plan.sources.get(name, SourcePlan(name))
        url = planned.url
        if url is None and name == DEFAULT_SOURCE and settings.prometheus_url is not None:
            url = settings.prometheus_url.get_secret_value()
        if url is None:
            wanted = "set STOPWATCH_PROMETHEUS_URL" if name == DEFAULT_SOURCE else f"give sources.{name}.url"
            raise ConfigurationError(f"the Prometheus {name!r} has no address: {wanted}")
        address, headers = admission(planned, url, settings.config)
        sources[name] = PrometheusSource(
            name,
            address,
            headers=headers,
            monotonic=clock.monotonic,
            clock=clock.wall,
            sleep=clock.sleep,
        )
    return sources


def channel_of(rule_set: RuleSet, settings: Settings) -> Callable[[SiteId | None], str | None]:
    """Return where a site's messages go: its own channel, else the default one; nowhere while Slack is off."""
    default = settings.slack_channel if settings.slack_bot_token is not None else None
    sites = rule_set.plan.sites

    def channel(site: SiteId | None) -> str | None:
        if default is None:
            return None
        planned = sites.get(site) if site is not None else None
        return (planned.channel if planned is not None else None) or default

    return channel


def channels_of(rule_set: RuleSet, settings: Settings) -> tuple[str, ...]:
    """Return every channel that messages go to, the default one first; none while Slack is off."""
    if settings.slack_bot_token is None or settings.slack_channel is None:
        return ()
    plan = rule_set.plan
    checkpoint = plan.checkpoint.channel if plan.checkpoint is not None else None
    own = (site.channel for site in plan.sites.values())
    places = (settings.slack_channel, plan.slack.fallback_channel, checkpoint, plan.stakeholders.channel, *own)
    return tuple(dict.fromkeys(place for place in places if place))
