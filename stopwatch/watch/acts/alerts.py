"""Alerts as intake: a firing one declares a manual stop once, a resolved one resolves its ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Link
from stopwatch.core.errors import ActRefusedError
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import AlertOutcome, Stop, unusable_criterion
from stopwatch.watch.acts.commands import act_within, pause_within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.decision import DecisionId, GroundId
    from stopwatch.core.rollout import Plan
    from stopwatch.core.stop import Alert
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Reader, Writer

_Known = dict[str, "tuple[DecisionId, GroundId]"]
"""The unresolved ground of a live decision by the fingerprint of the alert behind it."""


def take_alerts(tx: Writer, desk: Desk, alerts: Sequence[Alert], *, actor: str, now: datetime) -> list[AlertOutcome]:
    """
    Take the alerts of one notification within one transaction, and tell of each what became of it.

    An alert that names no site or no criterion by the plan's mapping is ignored, with the reason; the others count.
    """
    known = _known(tx, desk.rule_set.plan.rollout)
    return [_take(tx, desk, known, alert, actor=actor, now=now) for alert in alerts]


def _take(tx: Writer, desk: Desk, known: _Known, alert: Alert, *, actor: str, now: datetime) -> AlertOutcome:
    if alert.resolved:
        return _resolve(tx, desk, known, alert, actor=actor, now=now)
    if alert.fingerprint in known:
        return AlertOutcome(alert.fingerprint, "known", "its ground is unresolved", known[alert.fingerprint][0])
    plan = desk.rule_set.plan
    criterion = (alert.labels.get(plan.alerts.criterion_label) or "").strip()
    if not criterion:
        return _ignored(alert, f"it has no label {plan.alerts.criterion_label}")
    complaint = unusable_criterion(criterion)
    if complaint is not None:
        return _ignored(alert, f"its label {plan.alerts.criterion_label} names none: {complaint}")
    told = alert.labels.get(plan.alerts.site_label)
    if told is None:
        return _ignored(alert, f"it has no label {plan.alerts.site_label}")
    site = _site(plan, told)
    if site is None:
        return _ignored(alert, f"its label {plan.alerts.site_label} ({told!r}) names no site of the plan")
    said = (alert.annotations.get(name, "").strip() for name in ("summary", "description"))
    reason = next(filter(None, said), f"alert {criterion} fires")
    links = (Link("alert", alert.url),) if alert.url and alert.url.startswith(("http://", "https://")) else ()
    stop = Stop(criterion, reason, actor, site=site, links=links, fingerprint=alert.fingerprint, labels=alert.labels)
    opened, new = pause_within(tx, desk, stop, transport="api", now=now)
    known[alert.fingerprint] = (opened.id, opened.grounds[-1].id)
    return AlertOutcome(alert.fingerprint, "opened" if new else "joined", reason, opened.id)


def _resolve(tx: Writer, desk: Desk, known: _Known, alert: Alert, *, actor: str, now: datetime) -> AlertOutcome:
    if alert.fingerprint not in known:
        return AlertOutcome(alert.fingerprint, "nothing_to_resolve", "no unresolved ground carries this alert")
    decision, ground = known[alert.fingerprint]
    request = ActRequest(Act.RESOLVE, actor, "the alert was resolved", ground=ground)
    try:
        act_within(tx, desk, decision, request, transport="api", now=now)
    except ActRefusedError as refusal:
        return AlertOutcome(alert.fingerprint, "ignored", str(refusal), decision)
    del known[alert.fingerprint]
    return AlertOutcome(alert.fingerprint, "resolved", f"{ground} is resolved", decision)


def _ignored(alert: Alert, why: str) -> AlertOutcome:
    return AlertOutcome(alert.fingerprint, "ignored", why)


def _site(plan: Plan, told: str) -> SiteId | None:
    """Return the site that an alert names by its id or by its label in Prometheus."""
    if told in plan.sites:
        return SiteId(told)
    return next((site.id for site in plan.sites.values() if site.label == told), None)


def _known(view: Reader, rollout: str) -> _Known:
    found: _Known = {}
    for decision in view.decisions(rollout, live=True):
        for ground in decision.grounds:
            carried = (ground.summary or {}).get("fingerprint")
            if isinstance(carried, str) and ground.resolved_at is None:
                found[carried] = (decision.id, ground.id)
    return found
