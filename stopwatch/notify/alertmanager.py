"""Alertmanager as second notifier: the alerts that should stand now, put through its API of version 2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.notify.exchange import TIMEOUT_SECONDS, Exchange
from stopwatch.notify.words import link, place, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.decision import Decision
    from stopwatch.core.escalation import Alarm
    from stopwatch.core.outbox import Delivery

ALERT_NAME = "StopwatchSitePaused"


class AlertmanagerReceiver:
    """
    One Alertmanager (or the first of a cluster).

    Args:
        url: Its address, with the path that precedes ``/api`` if there is one.
        external_url: How people reach the daemon; alerts link to the decision there.
        timeout_seconds: The longest wait for a connection, and for each part of an answer.

    """

    def __init__(self, url: str, *, external_url: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._exchange = Exchange(f"{url.rstrip('/')}/api/v2/alerts", timeout_seconds=timeout_seconds)
        self._external_url = external_url

    def close(self) -> None:
        """Let go of connections."""
        self._exchange.close()

    def put(self, alarms: Sequence[Alarm]) -> Delivery:
        """Put alerts in the state they should have; doing so twice changes nothing."""
        alerts = [alert(alarm, self._external_url) for alarm in alarms]
        return self._exchange.post(json.dumps(alerts).encode())


def _effect(decision: Decision) -> str:
    if decision.drill:
        return f"This is a drill at {place(decision)}, where nothing is wrong,"
    return f"The rollout at {place(decision)} stands still"


def alert(alarm: Alarm, external_url: str | None) -> dict[str, object]:
    """Return one alert of the API; its labels stay the same as long as the decision lives."""
    decision = alarm.decision
    labels = {
        "alertname": ALERT_NAME,
        "rollout": decision.rollout,
        "decision": decision.id,
        "scope": decision.scope,
        "severity": "page",
    }
    labels |= {"drill": "true"} if decision.drill else {}
    labels |= {"site": str(decision.site)} if decision.site is not None else {}
    labels |= {"phase": str(decision.phase)} if decision.phase is not None else {}
    told: dict[str, object] = {
        "labels": labels,
        "annotations": {
            "summary": summary(decision, alarm.cause),
            "description": (
                f"{_effect(decision)} since {rfc3339(decision.opened_at)}. "
                f"Answer with: stopwatch decisions acknowledge {decision.id}"
            ),
            "state": decision.state.value,
        },
        "startsAt": rfc3339(alarm.starts_at),
        "endsAt": rfc3339(alarm.ends_at),
    }
    url = link(decision, external_url)
    return told | ({"generatorURL": url} if url else {})
