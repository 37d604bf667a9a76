"""What an exit gate asks of the rules: coverage, breaches, volume, blind time and slots nobody judged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import Check, GateVerdict, days, minute, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stopwatch.core.exit.check import RuleOver
    from stopwatch.core.exit.observation import SiteWindow
    from stopwatch.core.exit.stretch import Tally
    from stopwatch.core.phase import ExitPlan
    from stopwatch.core.records import Unjudged

_PASS, _LACKS, _FAIL = GateVerdict.PASS, GateVerdict.NOT_PROVABLE, GateVerdict.FAIL
Span = tuple["datetime", "datetime"]


def window_check(window: SiteWindow, observation: timedelta) -> Check:
    """Check that the site was live and observed for as long as the plan asks."""
    if window.since is None or window.long_enough_at is None:
        return Check("window", _LACKS, f"{window.site} is not live", f"activate {window.site}", site=window.site)
    behind = (window.end - window.since).total_seconds()
    began = f"{window.site} observed since {minute(window.since)} ({window.because})"
    wanted = observation.total_seconds()
    if window.long_enough:
        return Check("window", _PASS, began, None, window.site, None, behind, wanted)
    text = f"{began}, too short for {days(observation)}"
    wants = f"long enough at {minute(window.long_enough_at)}"
    return Check("window", _LACKS, text, wants, window.site, None, behind, wanted)


def rule_checks(over: RuleOver, volume: float | None, plan: ExitPlan) -> list[Check]:
    """Check one rule at one site; one of mode observe is never checked."""
    if over.observed:
        return []
    tally = over.tally
    if tally is None or over.failure is not None:
        text = f"{over.rule} at {over.site} could not be judged: {over.failure or 'nothing was read'}"
        return [_of(over, "errors", _LACKS, text, "make the query answer, then judge again")]
    return [
        _coverage(over, tally, plan),
        _breaches(over, tally),
        _share(over, tally, plan),
        _volume(over, volume, plan),
    ]


def _of(
    over: RuleOver,
    code: str,
    verdict: GateVerdict,
    text: str,
    wants: str | None = None,
    value: float | None = None,
    limit: float | None = None,
) -> Check:
    return Check(code, verdict, text, wants, over.site, over.rule, value, limit)


def _coverage(over: RuleOver, tally: Tally, plan: ExitPlan) -> Check:
    least, got, name = float(plan.coverage), tally.coverage, f"{over.rule} at {over.site}"
    if got is None:
        text = f"{name}: not one slot had enough volume to be judged"
        return _of(over, "coverage", _LACKS, text, "observe while the site works", None, least)
    text = f"{name}: {percent(got, least)} of the slots that are not low on volume hold a value"
    if got >= least:
        return _of(over, "coverage", _PASS, text, None, got, least)
    lacking = tally.missing - int((1 - least) * (tally.slots - tally.low_volume))
    wants = f"at least {percent(least)}: {lacking:,} of {tally.missing:,} missing slots too many"
    return _of(over, "coverage", _LACKS, text, wants, got, least)


def _breaches(over: RuleOver, tally: Tally) -> Check:
    count, name = len(tally.breaches), f"{over.rule} at {over.site}"
    if not count:
        return _of(over, "breach", _PASS, f"{name}: no breach", None, 0.0, 0.0)
    last = tally.breaches[-1]
    lasted = f"to {minute(last.recovered_at)}" if last.recovered_at is not None else "and still lasts"
    text = f"{name}: {count} breach{'' if count == 1 else 'es'}, the last from {minute(last.opened_at)} {lasted}"
    return _of(over, "breach", _FAIL, text, "an observation window without a breach", float(count), 0.0)


def _share(over: RuleOver, tally: Tally, plan: ExitPlan) -> Check:
    most, got, name = float(plan.breaching), tally.breaching_share, f"{over.rule} at {over.site}"
    if got is None:
        return _of(over, "breaching", _LACKS, f"{name}: no slot could be judged", "see its coverage", None, most)
    text = f"{name}: {percent(got, most)} of the judged slots breach"
    if got <= most:
        return _of(over, "breaching", _PASS, text, None, got, most)
    return _of(over, "breaching", _FAIL, text, f"at most {percent(most)}", got, most)


def _volume(over: RuleOver, volume: float | None, plan: ExitPlan) -> Check:
    name = f"{over.rule} at {over.site}"
    least = None if plan.min_volume is None else float(plan.min_volume)
    seen = f"{name}: {volume:,.0f} events" if volume is not None else f"{name}: how many events is not known"
    if least is None or (volume is not None and volume >= least):
        return _of(over, "volume", _PASS, seen, None, volume, least)
    wants = f"at least {least:,.0f}" if volume is not None else f"a volume query for its KPI, and at least {least:,.0f}"
    return _of(over, "volume", _LACKS, seen, wants, volume, least)


def blind_check(window: SiteWindow, rules: Sequence[RuleOver], told: Iterable[Span], plan: ExitPlan) -> Check:
    """Check for how much of its window a site was blind: no data in the TSDB, or recorded as blind at the time."""
    start, end, most = window.start or window.end, window.end, float(plan.blind)
    spans = [
        (max(start, at - over.tally.step), min(end, at))
        for over in rules
        if over.tally is not None and not over.observed
        for at in over.tally.blind
    ]
    spans += [(max(start, begin), min(end, over)) for begin, over in told]
    blind, observed = _united(spans), end - start
    share = blind / observed if observed else 0.0
    text = f"{window.site} was blind for {days(blind)}, {percent(share, most)} of its window"
    if share <= most:
        return Check("blind", _PASS, text, None, window.site, None, share, most)
    wants = f"at most {percent(most)}, {days(most * observed)}"
    return Check("blind", _LACKS, text, wants, window.site, None, share, most)


def unjudged_check(window: SiteWindow, spans: Iterable[Unjudged]) -> Check:
    """Check that no slot of the window was too old to be caught up."""
    start = window.start or window.end
    found = [one for one in spans if one.site == window.site and one.last >= start and one.first <= window.end]
    if not found:
        return Check("unjudged", _PASS, f"{window.site}: nothing was left unjudged", None, window.site)
    last = max(one.last for one in found)
    rules = ", ".join(dict.fromkeys(one.rule for one in found))
    text = f"{window.site}: slots up to {minute(last)} were too old to be judged at the time ({rules})"
    return Check("unjudged", _LACKS, text, f"a window that begins after {minute(last)}", window.site)


def _united(spans: Iterable[Span]) -> timedelta:
    """Return how much time *spans* cover together."""
    covered, reached = timedelta(), None
    for begin, end in sorted(spans):
        since = begin if reached is None else max(begin, reached)
        if end > since:
            covered += end - since
            reached = end
    return covered
