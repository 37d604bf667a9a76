"""Alerts as intake: a firing one declares a manual stop once, a resolved one resolves its ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Link
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import AlertOutcome, Stop
from stopwatch.watch.commands import act, pause

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Decision, Ground
    from stopwatch.core.rollout import Plan
    from stopwatch.core.stop import Alert
    from stopwatch.watch.commands import Desk


def take_alert(desk: Desk, alert: Alert, *, actor: str, now: datetime) -> AlertOutcome:
    """
    Take one alert; an alert that names no site or no criterion of the plan's mapping is ignored, with the reason.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    plan = desk.rule_set.plan
    known = _known(desk, alert)
    if alert.resolved:
        if known is None:
            return AlertOutcome(alert.fingerprint, "nothing_to_resolve", "no unresolved ground carries this alert")
        decision, ground = known
        request = ActRequest(Act.RESOLVE, actor, "the alert was resolved", ground=ground.id)
        act(desk, decision.id, request, transport="api", now=now)
        return AlertOutcome(alert.fingerprint, "resolved", f"{ground.id} is resolved", decision.id)
    if known is not None:
        return AlertOutcome(alert.fingerprint, "known", "its ground is unresolved", known[0].id)
    criterion = alert.labels.get(plan.alerts.criterion_label)
    if not criterion:
        return _ignored(alert, f"it has no label {plan.alerts.criterion_label}")
    told = alert.labels.get(plan.alerts.site_label)
    site = _site(plan, told)
    if site is None:
        return _ignored(alert, f"its label {plan.alerts.site_label} ({told!r}) names no site of the plan")
    reason = alert.annotations.get("summary") or alert.annotations.get("description") or f"alert {criterion} fires"
    links = (Link("alert", alert.url),) if alert.url and alert.url.startswith(("http://", "https://")) else ()
    stop = Stop(criterion, reason, actor, site=site, links=links, fingerprint=alert.fingerprint)
    opened, new = pause(desk, stop, transport="api", now=now)
    return AlertOutcome(alert.fingerprint, "opened" if new else "joined", reason, opened.id)


def _ignored(alert: Alert, why: str) -> AlertOutcome:
    return AlertOutcome(alert.fingerprint, "ignored", why)


def _site(plan: Plan, told: str | None) -> SiteId | None:
    """Return the site that an alert names by its id or by its label in Prometheus."""
    if told is None:
        return None
    if told in plan.sites:
        return SiteId(told)
    return next((site.id for site in plan.sites.values() if site.label == told), None)


def _known(desk: Desk, alert: Alert) -> tuple[Decision, Ground] | None:
    """Return the unresolved ground of a live decision that carries the alert's fingerprint."""
    with desk.store.reading() as view:
        live = view.decisions(desk.rule_set.plan.rollout, live=True)
    for decision in live:
        for ground in decision.grounds:
            carried = (ground.summary or {}).get("fingerprint")
            if carried == alert.fingerprint and ground.resolved_at is None:
                return decision, ground
    return None
