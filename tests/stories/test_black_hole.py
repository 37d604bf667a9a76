"""A Slack that takes every request and answers none holds up neither evaluation nor record."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stopwatch.demo.slack import Fault, SlackEmulator
from tests.stories.test_daemon import PAST, SITES, shell, story
from tests.stories.world import Api, daemon, eventually, prometheus, settings_for, write_rules

pytestmark = pytest.mark.slow

PATIENCE = 6.0
"""Seconds that the newest judged slot may lie back; a request to the black hole takes ten."""


def behind(api: Api) -> float:
    """Return how many seconds the newest slot of the slowest rule lies back."""
    rules = [rule for site in api.get("/api/v1/status")["sites"] for rule in site["rules"]]
    newest = min(rule["newest_slot"] for rule in rules)
    return (datetime.now(UTC) - datetime.fromisoformat(newest)).total_seconds()


def test_evaluation_keeps_its_pace_while_slack_swallows_everything(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with (
        prometheus(tmp_path / "prometheus", story({}, PAST + 60), begin) as source,
        SlackEmulator(tokens=("xoxb-hole",)) as slack,
    ):
        slack.fault(Fault("hang", times=None, seconds=60.0))
        more = {"slack_base_url": slack.api_url, "slack_bot_token": "xoxb-hole", "slack_channel": "C0HYPERCARE"}
        settings = settings_for(tmp_path, rules, source.url, **more)
        with daemon(settings) as (_daemon, api):
            eventually("it has caught up", lambda: api.get("/api/v1/status")["sites"] and behind(api) < PATIENCE)
            words = ("pause", "ham-01", "--criterion", "sev1", "--reason", "db down", "--format", "json")
            code, output = shell(settings, *words)
            assert code == 0, output
            eventually("Slack is asked", lambda: api.decisions() and slack.log("chat.postMessage"), seconds=20)
            lags = []
            for _ in range(24):
                time.sleep(0.5)
                lags.append(behind(api))
            assert max(lags) < PATIENCE
            assert api.get(f"/api/v1/decisions/{json.loads(output)['id']}")["paused"]
        assert slack.messages("C0HYPERCARE") == []
