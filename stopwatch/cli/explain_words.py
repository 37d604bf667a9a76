"""An explanation in plain words: the headline, what is missing, the rule, and which sentence of the verdict decided."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.grid import rfc3339
from stopwatch.core.rule import Combine
from stopwatch.core.sample import Absence
from stopwatch.core.state import Condition, Reported
from stopwatch.core.verdict import Branch, Outcome
from stopwatch.core.window import Missing
from stopwatch.slack.figures import figure, span
from stopwatch.watch.explain.arming import Origin
from stopwatch.watch.explain.slots import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import Kpi
    from stopwatch.core.rule import Limit, ResolvedRule
    from stopwatch.core.verdict import Verdict
    from stopwatch.watch.explain.explanation import Explanation
    from stopwatch.watch.explain.slots import Part

_STATES = {
    Reported.OK: "is OK",
    Reported.PENDING: "is PENDING",
    Reported.NO_DATA: "has NO DATA",
    Reported.ERROR: "is in ERROR",
    Reported.BREACHED: "is BREACHED",
    Reported.RECOVERING: "is RECOVERING",
}


def headline(told: Explanation) -> str:
    """Say in one sentence how the rule stands."""
    who = f"{told.rule.id} at {told.site.id}"
    at = f"{moment(told.at)} ({local(told)})"
    if told.failure is not None:
        return f"{who} cannot be judged at {at}: {told.failure}"
    if told.step is None or told.reported is None:
        return f"{who} is not judged at {at}: {armed(told)}"
    state = told.step.state
    sentence = f"{who} {_STATES[told.reported]} at {at}"
    if state.condition.entered and state.opened_at is not None and state.pending_since is not None:
        begun = f"{'at the latest ' if told.begins_within else ''}{moment(state.pending_since, told.at)}"
        return f"{sentence}: fired at {moment(state.opened_at, told.at)}, breaching since {begun}."
    if state.no_data is Absence.LOW_VOLUME:
        return f"{sentence}: too little volume to judge by."
    if state.no_data is not None:
        return f"{sentence}: it can neither fire nor be called good."
    if state.condition is Condition.PENDING and state.pending_since is not None:
        return f"{sentence}, since {moment(state.pending_since, told.at)}."
    return f"{sentence}."


def hints(told: Explanation) -> list[str]:
    """Say where to look further."""
    opened = told.step.state.opened_at if told.step is not None else None
    if opened is None or opened == told.at:
        return []
    return [f"What fired it: stopwatch explain {told.site.id} {told.rule.id} --at {rfc3339(opened)}"]


def missing_to_change(told: Explanation) -> list[str]:
    """Say what is missing to fire, or to recover."""
    found = []
    if told.fire is not None:
        slots = _more(told.fire.slots, "breaching", first=told.step is None)
        found.append(f"To fire it needs {slots}: at the earliest {_judged(told, told.fire.at)}.")
    if told.recover is not None and told.recovery is not None:
        counted = f"{told.recovery.good} of {told.recovery.needed} good slots since it fired"
        slots = _more(told.recover.slots, "good", first=False)
        found.append(f"To recover it needs {slots} ({counted}): at the earliest {_judged(told, told.recover.at)}.")
    return found


def _judged(told: Explanation, at: datetime) -> str:
    delay = span(told.rule.eval_delay.total_seconds())
    return f"{moment(at, told.at)}, which is judged {delay} later"


def _more(slots: int, kind: str, *, first: bool) -> str:
    return f"{slots}{'' if first else ' more'} {kind} slot{'' if slots == 1 else 's'}"


def rule_lines(told: Explanation) -> list[str]:
    """Describe the rule as it is judged here: limits, window, policy."""
    rule = told.resolved
    if rule is None:
        return ["its limits are not known here"]
    joint = {Combine.ONE: "", Combine.ALL: "all of: ", Combine.ANY: "any of: "}[rule.written.combine]
    limits = [limit_words(limit, kpi) for limit, kpi in zip(rule.limits, told.kpis, strict=True)]
    return [joint + "; ".join(limits), _window(rule), _recovery(rule)]


def limit_words(limit: Limit, kpi: Kpi) -> str:
    """Write one condition with its recovery limit and its volume guard."""
    words = f"{limit.kpi} {limit.op.value} {number(limit.threshold, kpi)}"
    if limit.recover_threshold != limit.threshold:
        words += f" (good again when not {limit.op.value} {number(limit.recover_threshold, kpi)})"
    if limit.volume_min is not None:
        words += f", counted from a volume of {number(limit.volume_min)} on"
    return words


def _window(rule: ResolvedRule) -> str:
    window, step = rule.window, rule.written.step.total_seconds()
    needed = f"{window.m} of the newest {window.n} slots with data" if window.m < window.n else f"{window.n} slots"
    words = f"fires when {needed} breach, {span(step)} apart"
    if window.extra:
        words += f", looked for among {window.reach}"
    return f"{words}; missing: {window.missing.value}, coverage of at least {_percent(window.min_coverage)}"


def _recovery(rule: ResolvedRule) -> str:
    written = rule.written
    return f"recovers after {written.recover_slots} good slots in a row; {written.severity.value}, {written.mode.value}"


def armed(told: Explanation) -> str:
    """Say from when the rule counts here, and who says so."""
    arming = told.arming
    if arming.at is None:
        planned = f"; the plan's go-live is {rfc3339(told.site.go_live)}" if told.site.go_live else ""
        return f"the site is not active at that time, so it is shown as if it were{planned}"
    counts = f"from {moment(arming.at)}"
    settle = told.rule.settle.total_seconds()
    later = f" plus {span(settle)} to settle" if settle else ""
    return {
        Origin.ACTIVATION: f"{counts}{later}: the recorded go-live",
        Origin.DECISION: f"{counts}{later}: armed again by the end of decision {arming.ended}",
        Origin.PLAN: f"{counts}{later}: the plan's go-live; nothing is recorded",
        Origin.NOTHING: counts,
    }[arming.origin]


def sums(told: Explanation) -> str:
    """Count the evaluation range."""
    if told.seen is None or told.verdict is None or told.resolved is None:
        return "no slot was judged"
    classes, verdict, window = told.seen.classes, told.verdict, told.resolved.window
    low = classes.count(b"L")
    missing = f"{classes.count(b'M') + low} missing" + (f" ({low} for low volume)" if low else "")
    counted = f"{classes.count(b'B')} breaching, {classes.count(b'C')} clear, {missing}"
    return (
        f"{counted} of {len(classes)} slots looked at; of the newest {verdict.used} with data {verdict.low} breach, "
        f"{window.m} of {window.n} needed; {verdict.used} of {verdict.expected} expected are there, "
        f"coverage {_percent(verdict.coverage)}"
    )


def decided(told: Explanation) -> str:
    """Say which sentence of the verdict decided, with its numbers."""
    if told.verdict is None or told.resolved is None:
        return ""
    verdict, window = told.verdict, told.resolved.window
    unsure = f"between {verdict.low} and {verdict.high} slots breach, {window.m} are needed: the data cannot decide"
    under = f"coverage {_percent(verdict.coverage)} is under {_percent(window.min_coverage)}"
    words = {
        Branch.ENOUGH_BREACHING: f"{verdict.low} breach and {window.m} are enough, whatever is missing",
        Branch.TOO_FEW_EVEN_IF_MISSING_BREACHED: _too_few(verdict, window.m),
        Branch.POLICY: f"{unsure}, and `missing: {window.missing.value}` says how a missing slot counts",
        Branch.COVERAGE: f"{unsure}, and {under if verdict.used else 'there are no data at all'}",
        Branch.ONLY_BREACHING_LONG_ENOUGH: f"{unsure}, but nothing clear was seen for {window.m} slots",
        Branch.UNDECIDED: f"{unsure}; enough slots have data, and they do not breach throughout",
    }[verdict.branch]
    return f"{_outcome(verdict, window.missing)}: {words}"


def _too_few(verdict: Verdict, needed: int) -> str:
    if verdict.high > verdict.low:
        return f"{verdict.low} breach, with every missing slot {verdict.high} would, and {needed} are needed"
    return f"{verdict.low or 'none'} breach{'' if verdict.low != 1 else 'es'} and {needed} are needed"


def _outcome(verdict: Verdict, missing: Missing) -> str:
    if verdict.outcome is Outcome.HOLD:
        return f"hold (the state stays as it was, as `missing: {missing.value}` says)"
    return {Outcome.BREACH: "breach", Outcome.CLEAR: "clear", Outcome.NO_DATA: "no data"}.get(verdict.outcome, "")


def reason_words(part: Part, kpi: Kpi) -> str:
    """Say why one condition has its class at a slot."""
    limit = f"{part.limit.op.value} {number(part.limit.threshold, kpi)}"
    least = "" if part.limit.volume_min is None else number(part.limit.volume_min)
    volume = "none" if part.volume is None else number(part.volume)
    return {
        Reason.BREACHING: f"breaching: {number(part.value, kpi)} {limit}",
        Reason.CLEAR: f"clear: {number(part.value, kpi)} is not {limit}",
        Reason.NO_POINT: "missing: no point",
        Reason.NAN: "missing: the value is NaN",
        Reason.NO_POINT_OR_NAN: "missing: no point, or NaN",
        Reason.LOW_VOLUME: f"missing: volume {volume} under {least}",
        Reason.NO_VOLUME: "missing: the volume has no point",
    }[part.reason]


def number(value: float, kpi: Kpi | None = None) -> str:
    """Write a number in the KPI's unit."""
    if value != value:  # noqa: PLR0124 – NaN is the only such value
        return "–"
    return figure(value, kpi.unit.value if kpi is not None else "count") or "–"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def moment(instant: datetime, beside: datetime | None = None) -> str:
    """Write a time in UTC: the hour alone if *beside* is of the same day, seconds only if they are not zero."""
    hour = f"{instant:%H:%M:%S}" if instant.second else f"{instant:%H:%M}"
    return f"{hour}Z" if beside is not None and beside.date() == instant.date() else f"{instant:%Y-%m-%d} {hour}Z"


def local(told: Explanation) -> str:
    """Write the newest slot as the site's own clock shows it."""
    return f"{told.at.astimezone(ZoneInfo(told.site.timezone)):%H:%M} in {told.site.name}"
