"""The evidence links that decisions would carry, each asked once whether anything answers there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from stopwatch.core.checkup import Checkup, Finding, Weight
from stopwatch.core.grid import stamp
from stopwatch.core.state import Change, RuleEvent
from stopwatch.watch.links import fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.rollout import RuleSet, Site

MOST_LINKS = 300
"""More addresses than that are not asked: they are the same few templates over and over."""
_WEIGHTS = {"private": Weight.WARNING}


class Trouble(NamedTuple):
    """Why a link leads nowhere: a stable *code* behind ``link-``, in words, and what to do."""

    code: str
    message: str
    hint: str


class AskLinks(Protocol):
    """Asks addresses, several at a time."""

    def __call__(self, urls: Sequence[str]) -> Mapping[str, Trouble | None]:
        """Return what is wrong with each of *urls*; None where something answers."""
        ...


def check_links(
    rule_set: RuleSet,
    ask: AskLinks,
    *,
    now: datetime,
) -> Checkup:
    """Ask every link of every rule at every site, filled in as for a breach at *now*, and the plan's own."""
    used = _links(rule_set, now)
    asked = list(used)[:MOST_LINKS]
    alike: dict[tuple[str, str, str], list[str]] = {}
    troubles = {url: trouble for url, trouble in ask(asked).items() if trouble is not None}
    for url, trouble in troubles.items():
        alike.setdefault((trouble.code, trouble.message, urlsplit(url).netloc), []).append(url)
    findings = [_finding(urls, troubles[urls[0]], *used[urls[0]]) for urls in alike.values()]
    left = len(used) - len(asked)
    note = f"links: {len(asked)} asked" + (f", {left} of the same templates left out" if left else "")
    return Checkup(findings=tuple(findings), notes=(note,) if used else ("links: the rules have none",))


def _finding(urls: Sequence[str], trouble: Trouble, what: str, site: str, rule: str) -> Finding:
    """Say once what is wrong with *urls* of one host; the first is *what* a *rule* has for a *site*."""
    more = f" (and {len(urls) - 1} more of this host)" if len(urls) > 1 else ""
    weight = _WEIGHTS.get(trouble.code, Weight.ERROR)
    message = f"{what} {urls[0]}{more}: {trouble.message}"
    return Finding(f"link-{trouble.code}", weight, message, trouble.hint, site=site, rule=rule)


def _links(rule_set: RuleSet, now: datetime) -> dict[str, tuple[str, str, str]]:
    """Return each address with what it is and the first site and rule that lead there; templates take turns."""
    found: dict[str, tuple[str, str, str]] = {}
    for site in rule_set.plan.sites.values():
        for url in site.dashboards:
            found.setdefault(url, ("dashboard of the site", site.id, ""))
        for kind, url in (*site.links.items(), *rule_set.plan.links.items()):
            found.setdefault(url, (f"{kind} link of the plan", site.id, ""))
        for kind, url, rule in _of_rules(rule_set, site, now):
            found.setdefault(url, (f"{kind} link", site.id, rule))
    return found


def _of_rules(rule_set: RuleSet, site: Site, now: datetime) -> list[tuple[str, str, str]]:
    links = []
    for rule in rule_set.rules.get(site.id, ()):
        event = RuleEvent(Change.OPENED, now, now, now)
        filled = fill(rule, site, event, f"{site.id}-{stamp(now)}", rule_set.kpis)
        links += [(link.kind, link.url, str(rule.id)) for link in filled]
    return links
