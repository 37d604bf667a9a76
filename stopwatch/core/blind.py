"""Blind sites: which rules cannot be judged, since when, and when that is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.kpi import SiteId
from stopwatch.core.sample import Absence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.kpi import RuleId

TOLD_AFTER = timedelta(minutes=10)
"""A site that is blind for so long is told, once."""
UNEVALUATED_STEPS = 3
"""A rule is blind that was not evaluated for so many steps."""
BLIND, SEEN = "site.blind", "site.seen"
"""What the audit calls the telling of a blind site, and the end of it."""
SETTLED = timedelta(seconds=60)
"""A process that has just started first catches up; what it finds blind it must have seen so for this time."""


class Why(StrEnum):
    """Why a rule cannot be judged; low volume is no reason."""

    NO_DATA = "no_data"
    ERROR = "error"
    UNEVALUATED = "unevaluated"


@dataclass(frozen=True, slots=True)
class Looked:
    """
    How well one rule at one site was seen so far.

    *judged_to* is the newest judged slot's instant, or where judging begins. *no_data* says why data are missing, if
    they are, *no_data_since* the slot they have been missing from. *failing* is true once evaluations fail so often
    that it is shown as an error.
    """

    site: SiteId
    rule: RuleId
    step: timedelta
    eval_delay: timedelta
    judged_to: datetime
    no_data: Absence | None = None
    no_data_since: datetime | None = None
    failing: bool = False


@dataclass(frozen=True, slots=True)
class BlindRule:
    """A rule that cannot be judged, with the reason and since when."""

    rule: RuleId
    why: Why
    since: datetime


@dataclass(frozen=True, slots=True)
class Blindness:
    """A site with at least one rule that cannot be judged; *since* is when the first of them could not be any more."""

    site: SiteId
    since: datetime
    rules: tuple[BlindRule, ...]


def blind_rule(looked: Looked, now: datetime) -> BlindRule | None:
    """Return why and since when a rule is blind at *now*, None while it can be judged."""
    missed = looked.judged_to + looked.eval_delay + UNEVALUATED_STEPS * looked.step
    if looked.failing:
        return BlindRule(looked.rule, Why.ERROR, min(now, missed))
    if now >= missed:
        return BlindRule(looked.rule, Why.UNEVALUATED, missed)
    if looked.no_data is Absence.MISSING:
        return BlindRule(looked.rule, Why.NO_DATA, min(now, looked.no_data_since or looked.judged_to))
    return None


def blind_sites(looks: Iterable[Looked], now: datetime) -> dict[SiteId, Blindness]:
    """Return the blind sites at *now*; rules stand in the order they were looked at."""
    found: dict[SiteId, list[BlindRule]] = {}
    for looked in looks:
        blind = blind_rule(looked, now)
        if blind is not None:
            found.setdefault(looked.site, []).append(blind)
    return {site: Blindness(site, min(rule.since for rule in rules), tuple(rules)) for site, rules in found.items()}


def first_seen(before: Mapping[SiteId, datetime], blind: Iterable[SiteId], now: datetime) -> dict[SiteId, datetime]:
    """Return since when this process has seen each of the *blind* sites so without a break."""
    return {site: min(before.get(site, now), now) for site in blind}


def to_be_told(blindness: Blindness, seen_since: datetime, now: datetime) -> bool:
    """Whether a blind site is to be told now: blind for ten minutes, and not only as long as a start takes."""
    return now - blindness.since >= TOLD_AFTER and now - seen_since >= SETTLED


@dataclass(frozen=True, slots=True)
class BlindSpan:
    """For how long a site was told to be blind; *until* is None while it is."""

    site: SiteId
    since: datetime
    until: datetime | None = None


def recorded_spans(bodies: Iterable[Mapping[str, object]], rollout: str) -> list[BlindSpan]:
    """
    Return the spans for which sites of *rollout* were told to be blind, in the order of the telling.

    Args:
        bodies: Bodies of audit rows, oldest first; only `BLIND` and `SEEN` are looked at.
        rollout: The rollout.

    """
    found: dict[str, BlindSpan] = {}
    for body in bodies:
        details, act = body.get("details"), body.get("act")
        if not isinstance(details, Mapping):
            continue
        key, at = str(details.get("key")), datetime.fromisoformat(str(body.get("at")))
        if act == BLIND and details.get("rollout") == rollout:
            since = datetime.fromisoformat(str(details.get("since")))
            found[key] = BlindSpan(SiteId(str(details.get("site"))), since)
        elif act == SEEN and key in found:
            found[key] = replace(found[key], until=at)
    return list(found.values())
