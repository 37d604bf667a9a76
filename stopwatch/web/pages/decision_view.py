"""A decision as its page shows it: three lines, grounds with their evidence, and what happened in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.decision import Decision, DecisionState, Ground, GroundKind
from stopwatch.core.proof import prove
from stopwatch.core.rollout import WIDE_ALL
from stopwatch.web.charts.chart import WORDS
from stopwatch.web.figures import figure, local, span, zone_of
from stopwatch.web.pages.appendix_view import AppendixView, appendix_view
from stopwatch.web.pages.bundle_view import BundleView, bundle_of, view_of
from stopwatch.web.pages.recovery_view import RecoveryView, recovery_view
from stopwatch.web.pages.rollback_view import RollbackView, rollback_view
from stopwatch.web.pages.timeline import Moment, moments_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.outbox import OutboxRow
    from stopwatch.core.proof import Proof

_NEXT = {
    DecisionState.OPEN: "Nobody has answered yet. Acknowledge it, then confirm the pause, override it or roll back.",
    DecisionState.ACKNOWLEDGED: "Somebody is looking. Confirm the pause, override it, roll back or resume.",
    DecisionState.CONFIRMED: "The pause is confirmed. Resume once every ground is over, override it or roll back.",
    DecisionState.OVERRIDDEN: (
        "The site goes on by an override. If a ground holds when that is over, it is paused again, else resumed; "
        "a site that is not judged until then waits for it."
    ),
    DecisionState.ROLLED_BACK: "The change was rolled back; recovery is being verified.",
    DecisionState.FLAGGED: "The roll-back could not be verified. Look at the site and close the decision.",
    DecisionState.RESUMED: "The site was resumed. Nothing is to be done.",
    DecisionState.DISMISSED: "It was dismissed. Nothing is to be done.",
    DecisionState.VERIFIED: "The roll-back was verified. Nothing is to be done.",
    DecisionState.CLOSED: "It was closed. Nothing is to be done.",
}


@dataclass(frozen=True, slots=True)
class GroundView:
    """
    One ground with the proofs of its bundles; *links* are (kind, address, whether it may be followed).

    *appendix* shows its opening with all three windows, where the rest of them was read later, *recovery* its end.
    """

    id: str
    words: str
    standing: str
    over: bool
    late: bool
    bundle: BundleView | None
    proofs: Sequence[Proof]
    links: Sequence[tuple[str, str, bool]]
    appendix: AppendixView | None = None
    recovery: RecoveryView | None = None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What the page of a decision shows: *lines* are its three-line summary, *accepted* what its override accepts."""

    decision: Decision
    word: str
    lines: Sequence[str]
    accepted: Sequence[str]
    grounds: Sequence[GroundView]
    moments: Sequence[Moment]
    zone: ZoneInfo
    proofs: Sequence[Proof]
    rollbacks: Sequence[RollbackView] = ()

    @property
    def version(self) -> str:
        """What changes whenever an act on what was shown before would be stale."""
        return f"{self.decision.rev}/{len(self.decision.grounds)}"

    @property
    def pruned(self) -> bool:
        """Whether samples were let go, so that only an export proves them."""
        return any(proof.pruned for proof in self.proofs)

    @property
    def proven(self) -> bool:
        """Whether every bundle proves itself."""
        return not any(proof.findings for proof in self.proofs)


def decision_view(
    decision: Decision,
    rows: Sequence[Mapping[str, object]],
    body_of: Callable[[str], str | None],
    messages: Sequence[OutboxRow] = (),
) -> DecisionView:
    """
    Put together what the page of *decision* shows; its evidence is verified anew each time.

    Args:
        decision: The decision.
        rows: Bodies of its audit rows.
        body_of: The stored text of a bundle by its hash.
        messages: What was sent, or waits to be sent, about it.

    """
    zone = zone_of(next((summary["timezone"] for summary in _summaries(decision) if "timezone" in summary), None))
    proofs = prove(decision, rows, body_of)
    grounds = [_ground(ground, decision, proofs, body_of, zone) for ground in decision.grounds]
    return DecisionView(
        decision,
        _word(decision),
        [_cause(decision), _effect(decision, zone), _next(decision, zone)],
        sorted(decision.accepted),
        grounds,
        moments_of(decision, messages, zone),
        zone,
        proofs,
        [rollback_view(proof, body_of, zone) for proof in proofs if proof.ground is None],
    )


def _next(decision: Decision, zone: ZoneInfo) -> str:
    """Say what is to be done, and how the verification of a roll-back stands while it runs."""
    if decision.drill:
        return _next_of_drill(decision)
    clock = decision.clock
    if decision.state is not DecisionState.ROLLED_BACK or clock is None:
        return _NEXT[decision.state]
    return f"{_NEXT[decision.state]} The KPIs are {clock.words}; the time is over {local(clock.until, zone)}."


def _next_of_drill(decision: Decision) -> str:
    if not decision.state.live:
        return "The drill is over. Nothing is to be done."
    if decision.state is DecisionState.OPEN:
        return "Nobody has answered yet. Acknowledge it, as if something were wrong."
    return "Somebody answered. The drill ends by itself once the second notifier was called too, or close it."


def _summaries(decision: Decision) -> list[Mapping[str, object]]:
    return [ground.summary for ground in decision.grounds if ground.summary]


def ground_words(ground: Ground) -> str:
    """Say a ground in one sentence from its frozen summary."""
    known = ground.summary or {}
    if ground.kind is GroundKind.MANUAL:
        said = f": {known['reason']}" if known.get("reason") else ""
        by = f" ({known['actor']})" if known.get("actor") else ""
        return f"{ground.criterion}{said}{by}"
    unit, op = str(known.get("unit", "count")), str(known.get("op", ""))
    words = str(known.get("kpi_title") or ground.name)
    if (value := _number(known.get("value"))) is not None:
        words += f" {figure(value, unit)}"
    if (limit := _number(known.get("threshold"))) is not None:
        words += f", {WORDS.get(op, op)} {figure(limit, unit)}"
    if ground.pending_since is not None:
        words += f" for {span(ground.opened_at - ground.pending_since)}"
    return words


def _cause(decision: Decision) -> str:
    if not decision.grounds:
        return f"{decision.scope}: no ground is recorded"
    first = decision.grounds[0]
    site = str((first.summary or {}).get("site_name") or _whom(decision))
    more = f", and {len(decision.grounds) - 1} more" if len(decision.grounds) > 1 else ""
    return f"{site}: {ground_words(first)}{more}"


def _word(decision: Decision) -> str:
    state = decision.state.value.replace("_", " ")
    return f"drill, {state}" if decision.drill else "paused" if decision.paused else state


def _effect(decision: Decision, zone: ZoneInfo) -> str:
    whom = _whom(decision)
    since = local(decision.opened_at, zone)
    if decision.drill:
        return f"{whom}: a drill since {since}; nothing is wrong, nothing is paused, and no gate changes."
    if decision.paused:
        return f"{whom}: paused since {since}; later phases may not begin."
    if decision.state is DecisionState.OVERRIDDEN:
        until = f" until {local(decision.until, zone)}" if decision.until else ""
        return f"{whom}: marked since {since}, going on by an override{until}; later phases may not begin."
    ended = f" at {local(decision.ended_at, zone)}" if decision.ended_at else ""
    return f"{whom}: paused from {since}, ended{ended}."


def _whom(decision: Decision) -> str:
    if decision.site is not None:
        return decision.site
    return "All sites" if decision.scope == WIDE_ALL else f"All sites of {decision.scope.removeprefix('_')}"


def _ground(
    ground: Ground,
    decision: Decision,
    proofs: Sequence[Proof],
    body_of: Callable[[str], str | None],
    zone: ZoneInfo,
) -> GroundView:
    # Nobody follows the grounds of a decision that has ended, so nothing is claimed of now.
    standing = "still holds" if decision.state.live else "held when the decision ended"
    if ground.resolved_at is not None:
        standing = f"resolved {local(ground.resolved_at, zone)}"
    elif ground.recovered_at is not None:
        standing = f"recovered {local(ground.recovered_at, zone)}"
    elif ground.unwatched:
        standing = "its rule is gone; it wants to be resolved"
    own = [proof for proof in proofs if proof.ground == ground.id]
    bundle = bundle_of(ground.evidence, body_of)
    return GroundView(
        ground.id,
        ground_words(ground),
        standing,
        ground.over,
        ground.detected_late,
        view_of(ground.evidence, bundle, recovered_at=ground.recovered_at) if bundle and ground.evidence else None,
        own,
        [(link.kind, link.url, link.url.startswith(("https://", "http://"))) for link in ground.links],
        appendix_view(ground, bundle, own, body_of, zone) if bundle else None,
        recovery_view(own, body_of, zone),
    )


def _number(value: object) -> float | None:
    if value in {"+Inf", "-Inf"}:
        return float(str(value))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
