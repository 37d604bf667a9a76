"""Debian's real Alertmanager shows an unanswered pause, as long as the site is paused and no longer."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from stopwatch.core.decision import Decision, DecisionState
from stopwatch.core.escalation import escalation_key
from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.notify.alertmanager import AlertmanagerReceiver
from stopwatch.watch.delivery.keeping import AlertKeeper
from tests.notify.alertmanager import Alertmanager, alertmanager
from tests.slack.decisions import opened, rule_ground
from tests.stories.sink import Sink
from tests.watch.outbox_in_memory import MemoryOutbox

MINUTE = timedelta(minutes=1)


class Kept:
    """A decision whose second notifier has fired, and the keeper of its alert, on the clock that Alertmanager has."""

    def __init__(self, url: str) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.outbox = MemoryOutbox()
        began = self.now - 10 * MINUTE
        plain = opened(rule_ground(opened_at=began, recorded_at=began))
        self.decision = replace(plain, opened_at=began)
        self.message = Message(
            escalation_key(self.decision.id, 1, 2, "alertmanager"),
            MessageKind.ESCALATION,
            "alertmanager",
            self.decision.id,
            1,
            {"cause": "unanswered"},
            "alertmanager",
        )
        self.outbox.tell(self.decision, self.message, now=self.now)
        self.receiver = AlertmanagerReceiver(url, external_url="https://stopwatch.example/", timeout_seconds=2)
        self.keeper = AlertKeeper(self.outbox, self.receiver, rng=Random(5))

    def bring(self, state: DecisionState) -> Decision:
        self.decision = replace(self.decision, state=state)
        self.outbox.decisions[self.decision.id] = self.decision
        return self.decision

    @property
    def state(self) -> OutboxState:
        return self.outbox.table[self.message.key].state


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Kept, Alertmanager]]:
    with alertmanager(tmp_path) as server:
        made = Kept(server.url)
        yield made, server
        made.receiver.close()


def lasts(alert: dict[str, str]) -> datetime:
    return datetime.fromisoformat(alert["endsAt"])


@pytest.mark.slow
def test_an_alert_is_put_refreshed_every_minute_and_resolved_with_its_pause(kept: tuple[Kept, Alertmanager]) -> None:
    subject, server = kept
    assert subject.keeper.deliver(subject.now).sent == {"escalation": 1}
    (alert,) = server.alerts()
    assert alert["labels"] == {
        "alertname": "StopwatchSitePaused",
        "decision": "ham-01-20261121T1015Z",
        "phase": "pilot",
        "rollout": "wms-4-12",
        "scope": "ham-01",
        "severity": "page",
        "site": "ham-01",
    }
    assert alert["annotations"]["summary"] == "ham-01 (pilot) is paused: integration-5xx; nobody has answered"
    assert alert["generatorURL"] == "https://stopwatch.example/decisions/ham-01-20261121T1015Z"
    assert lasts(alert) - subject.now == 4 * MINUTE

    assert subject.keeper.deliver(subject.now + 59 * timedelta(seconds=1)).updated == 0
    assert subject.keeper.deliver(subject.now + MINUTE).updated == 1
    assert [lasts(alert) - subject.now for alert in server.alerts()] == [5 * MINUTE]

    subject.bring(DecisionState.CONFIRMED)
    assert subject.keeper.deliver(subject.now + 2 * MINUTE).updated == 1
    assert len(server.alerts()) == 1
    subject.bring(DecisionState.RESUMED)
    assert subject.keeper.deliver(datetime.now(UTC) + 3 * MINUTE).updated == 1
    assert subject.keeper.deliver(subject.now + 60 * MINUTE).updated == 0


@pytest.mark.slow
def test_an_alert_of_a_pause_that_is_over_leaves_alertmanager(kept: tuple[Kept, Alertmanager]) -> None:
    subject, server = kept
    subject.keeper.deliver(subject.now)
    assert len(server.alerts()) == 1
    subject.outbox.settle(subject.message.key, OutboxState.SENT, due_at=subject.now)
    subject.bring(DecisionState.OVERRIDDEN)
    subject.keeper.deliver(datetime.now(UTC))
    for _ in range(50):
        if not server.alerts():
            break
        time.sleep(0.1)
    assert server.alerts() == []


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        pytest.param(503, OutboxState.UNKNOWN, "http_503", id="it may have taken the alert"),
        pytest.param(400, OutboxState.PENDING, "http_400", id="it refuses the alert"),
        pytest.param(302, OutboxState.PENDING, "redirected", id="it sends us elsewhere"),
        pytest.param(0, OutboxState.UNKNOWN, "broken_off", id="it hangs up"),
    ],
)
def test_an_alert_that_is_not_taken_is_put_again_until_it_is(status: int, state: OutboxState, code: str) -> None:
    with Sink() as sink:
        subject = Kept(sink.url)
        sink.status, sink.headers = status, {"Location": sink.url}
        report = subject.keeper.deliver(subject.now)
        assert (report.up, dict(report.failed), subject.state) == (False, {("put", code): 1}, state)
        sink.status = 200
        subject.now += MINUTE
        assert subject.keeper.deliver(subject.now).up
        assert (subject.state, len(sink.received)) == (OutboxState.SENT, 2)
        subject.receiver.close()


def test_nobody_at_the_address_is_a_failure_that_names_no_address() -> None:
    with Sink() as sink:
        url = sink.url
    subject = Kept(url)
    report = subject.keeper.deliver(subject.now)
    assert (dict(report.failed), subject.state) == ({("put", "unreachable"): 1}, OutboxState.PENDING)


def test_an_alert_whose_decision_is_gone_is_given_up() -> None:
    with Sink() as sink:
        subject = Kept(sink.url)
        subject.outbox.decisions.clear()
        assert dict(subject.keeper.deliver(subject.now).dead) == {"decision_missing": 1}
        assert sink.received == []
