"""The live check put together: every source of the plan, the evidence links, and Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.app.baselines import recorded_baselines
from stopwatch.app.building import channels_of, sources_of
from stopwatch.app.clock import Clock
from stopwatch.core.checkup import Checkup
from stopwatch.notify.links import LinkAsker
from stopwatch.slack.checkup import check_slack
from stopwatch.watch.checkup.links import AskLinks, Trouble, check_links
from stopwatch.watch.checkup.rules import check_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.config.settings import Settings
    from stopwatch.core.rollout import RuleSet


def check_live(rule_set: RuleSet, settings: Settings) -> Checkup:
    """
    Ask the world that *rule_set* is about whether it can be watched; nothing is written anywhere.

    Raises:
        ConfigurationError: A source has no address, or one that cannot be used.

    """
    clock = Clock()
    found = Checkup()
    baselines = recorded_baselines(settings, [rule_set])
    sources = sources_of(rule_set, settings, clock)
    try:
        for source in sources.values():
            found = found.merged(check_source(rule_set, source, now=clock.now(), baselines=baselines))
    finally:
        for source in sources.values():
            source.close()
    ask = ask_links(private=settings.link_hosts_private)
    found = found.merged(check_links(rule_set, ask, now=clock.now()))
    return found.merged(_slack(rule_set, settings))


def ask_links(*, private: bool) -> AskLinks:
    """Return what asks links; with *private*, those to private addresses too."""
    asker = LinkAsker(private=private)

    def ask(urls: Sequence[str]) -> Mapping[str, Trouble | None]:
        return {url: trouble and Trouble(*trouble) for url, trouble in asker(urls).items()}

    return ask


def _slack(rule_set: RuleSet, settings: Settings) -> Checkup:
    channels = channels_of(rule_set, settings)
    if settings.slack_bot_token is None or not channels:
        return Checkup(notes=("Slack: off, no token is set",))
    return check_slack(settings.slack_bot_token.get_secret_value(), settings.slack_base_url, channels)
