"""Asking the world about one site: its Prometheus, the links, and Slack about channel and on-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.app.building import sources_of
from stopwatch.app.checkup import ask_links
from stopwatch.app.clock import Clock
from stopwatch.core.checkup import Weight
from stopwatch.core.phase import AutomaticItem
from stopwatch.core.readiness import Probed
from stopwatch.slack.checkup import check_slack
from stopwatch.slack.people import SlackPeople
from stopwatch.watch.rollout.readiness import narrowed, probe_data, probe_links

if TYPE_CHECKING:
    from stopwatch.config.settings import Settings
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import RuleSet

_OFF = "Slack is off: set STOPWATCH_SLACK_BOT_TOKEN and STOPWATCH_SLACK_CHANNEL"


def probe_site(rule_set: RuleSet, settings: Settings, site: SiteId) -> list[Probed]:
    """
    Ask the world about *site*; nothing is written or posted anywhere.

    Raises:
        ConfigurationError: Its source has no address, or one that cannot be used.

    """
    clock = Clock()
    return [
        _data(rule_set, settings, site, clock),
        probe_links(rule_set, site, ask_links(private=settings.link_hosts_private), now=clock.now()),
        _on_call(rule_set, settings, site, clock),
        _channel(rule_set, settings, site),
    ]


def _data(rule_set: RuleSet, settings: Settings, site: SiteId, clock: Clock) -> Probed:
    sources = sources_of(narrowed(rule_set, site), settings, clock)
    source = sources[rule_set.plan.sites[site].source]
    try:
        return probe_data(rule_set, site, source, now=clock.now())
    finally:
        source.close()


def _on_call(rule_set: RuleSet, settings: Settings, site: SiteId, clock: Clock) -> Probed:
    """Ask whether Slack knows who is on call: a user (U…, W…), or a user group (S…) with members."""
    item, named = AutomaticItem.ON_CALL, rule_set.plan.sites[site].on_call
    if named is None:
        return Probed(item, ok=False, detail=f"nobody is on call: sites.{site}.on_call of the plan is empty")
    if settings.slack_bot_token is None:
        return Probed(item, ok=False, detail=_OFF)
    people = SlackPeople(settings.slack_bot_token.get_secret_value(), settings.slack_base_url, now=clock.now)
    if named.startswith("S"):
        members = people.members(named)
        if members is None:
            return Probed(item, ok=False, detail=f"Slack does not tell who is in the user group {named}")
        told = f"the user group {named} has {len(members)} members"
        return Probed(item, ok=bool(members), detail=told)
    name = people.name_of(named)
    return Probed(item, ok=name is not None, detail=f"{name} ({named})" if name else f"Slack does not know {named}")


def _channel(rule_set: RuleSet, settings: Settings, site: SiteId) -> Probed:
    item = AutomaticItem.CHANNEL
    if settings.slack_bot_token is None or settings.slack_channel is None:
        return Probed(item, ok=False, detail=_OFF)
    channel = rule_set.plan.sites[site].channel or settings.slack_channel
    found = check_slack(settings.slack_bot_token.get_secret_value(), settings.slack_base_url, [channel])
    errors = [finding.message for finding in found.findings if finding.weight is Weight.ERROR]
    return Probed(item, ok=not errors, detail="; ".join(errors) if errors else f"channel {channel} can be posted to")
