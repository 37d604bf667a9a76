"""What is broken outside is named by readiness and by its gauge, and the daemon stays where traffic reaches it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.demo.prometheus import free_port
from stopwatch.watch.acts.commands import pause
from tests.stories.answering import CHANNEL, SITES, Floor, floor
from tests.stories.world import daemon, eventually, settings_for, write_rules

pytestmark = pytest.mark.slow


def ready(url: str) -> dict[str, Any]:
    """Return what readiness says."""
    found: dict[str, Any] = httpx.get(f"{url}/-/ready", timeout=10).json()
    return found


def slack_up(where: Floor) -> str:
    lines = httpx.get(f"{where.url}/metrics", timeout=10).text.splitlines()
    return next((line.split()[-1] for line in lines if line.startswith("stopwatch_slack_up ")), "none")


def declare(where: Floor) -> None:
    """Stop the next site, whether its card can stand or not."""
    stop = Stop("sev1", "labels are missing", "cli:lena", site=SiteId(SITES[where.opened]))
    where.opened += 1
    pause(where.daemon.desk, stop, transport="cli", now=where.daemon.clock.now())


def test_a_channel_that_refuses_messages_and_a_revoked_token_are_named_until_they_are_mended(tmp_path: Path) -> None:
    with floor(tmp_path) as shop:
        shop.stop()
        assert ready(shop.url)["degraded"] == []
        shop.soon("Slack is up", lambda: slack_up(shop) == "1.0")
        shop.slack.channel(CHANNEL).archived = True
        declare(shop)
        named = [f"slack takes nothing at {CHANNEL} (is_archived); its messages wait"]
        shop.soon("the channel is named", lambda: ready(shop.url)["degraded"] == named)
        shop.soon("Slack is down", lambda: slack_up(shop) == "0.0")
        shop.slack.token_state("xoxb-story", "token_revoked")
        refused = ["slack refuses our credentials; its messages wait"]
        shop.soon("the token is named", lambda: ready(shop.url)["degraded"] == refused)


def test_a_prometheus_that_does_not_answer_is_named_and_the_daemon_stays_ready(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime.now(UTC) - timedelta(minutes=1))
    settings = settings_for(tmp_path, rules, f"http://127.0.0.1:{free_port()}")
    with daemon(settings) as (_daemon, api):
        told = eventually("it is named", lambda: ready(api.url)["degraded"])
        assert told[0].startswith("Prometheus default: load: ")
        answer = httpx.get(f"{api.url}/-/ready", timeout=10)
        assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_a_daemon_is_ready_before_the_first_site_goes_live(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime.now(UTC) + timedelta(days=1))
    settings = settings_for(tmp_path, rules, f"http://127.0.0.1:{free_port()}")
    with daemon(settings) as (_daemon, api):
        eventually("it is ready", lambda: httpx.get(f"{api.url}/-/ready", timeout=10).status_code == 200, seconds=20)
