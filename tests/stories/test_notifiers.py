"""The whole daemon without Slack: heartbeat, webhook and a real Alertmanager tell what happens, once."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.notify.alertmanager import alertmanager
from tests.stories.calls import SECRET
from tests.stories.sink import Sink
from tests.stories.test_daemon import PAST, SITES, shell, story
from tests.stories.world import daemon, eventually, prometheus, settings_for, write_rules

pytestmark = pytest.mark.slow


def test_a_pause_without_slack_reaches_people_by_second_notifiers_once_and_ends_there_too(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with (
        prometheus(tmp_path / "prometheus", story({}, PAST + 60), begin) as source,
        alertmanager(tmp_path) as alerts,
        Sink() as hook,
        Sink() as switch,
    ):
        settings = settings_for(
            tmp_path,
            rules,
            source.url,
            alertmanager_url=alerts.url,
            webhook_url=hook.url,
            webhook_secret=SECRET,
            heartbeat_url=switch.url,
        )
        with daemon(settings) as (_daemon, api):
            eventually("the heartbeat is heard", lambda: switch.received)
            words = ("pause", "ham-01", "--criterion", "sev1", "--reason", "db down", "--format", "json")
            code, output = shell(settings, *words)
            assert code == 0, output
            stop = json.loads(output)
            eventually("the webhook is called", lambda: hook.received)
            eventually("the alert stands", alerts.alerts)
            page = eventually("figures are there", lambda: _metrics(api.url))
            assert 'stopwatch_outbox_pending{notifier="webhook"} 0' in page
            assert "\nstopwatch_slack_up" not in page
        with daemon(settings) as (_daemon, api):
            eventually("it evaluates again", lambda: api.get("/api/v1/status")["sites"])
            time.sleep(2)
            (received,) = hook.received
            told = Webhook(SECRET).verify(received.body, received.headers)
            assert (told["data"]["decision"], told["data"]["cause"]) == (stop["id"], "unreachable")
            ground = stop["grounds"][0]["id"]
            shell(settings, "decisions", "resolve", stop["id"], "--ground", ground, "--reason", "db is up")
            eventually(
                "it is resumed",
                lambda: shell(settings, "decisions", "resume", stop["id"], "--reason", "fine")[0] == 0,
            )
            eventually("the alert is resolved", lambda: not alerts.alerts(), seconds=20)
            eventually("the webhook hears that it is over", lambda: len(hook.received) == 2, seconds=20)
            over = Webhook(SECRET).verify(hook.received[1].body, hook.received[1].headers)
            assert (over["type"], over["data"]["decision"]) == ("decision.resolved", stop["id"])
            assert over["data"]["text"] == "ham-01 (pilot) is no longer paused: resumed"
        assert {received.method for received in switch.received} == {"GET"}


def _metrics(url: str) -> str:
    return httpx.get(f"{url}/metrics", timeout=60).text
