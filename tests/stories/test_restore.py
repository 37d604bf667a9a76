"""The drill: the volume is lost, the newest copy is put back, and the daemon goes on as if it had never slept."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from stopwatch.demo.slack import Pace, SlackEmulator
from tests.store import old
from tests.stories.test_daemon import PAST, SITES, shell, story
from tests.stories.world import HOLD, at, daemon, eventually, prometheus, settings_for, write_rules

pytestmark = pytest.mark.slow
CHANNEL = "C0HYPERCARE"


def cards(slack: SlackEmulator) -> list[str]:
    """The decision of every card in the channel."""
    payloads = [message["metadata"]["event_payload"] for message in slack.messages(CHANNEL) if message.get("metadata")]
    return [payload["decision"] for payload in payloads if payload["kind"] == "root"]


def test_after_a_lost_volume_the_copy_is_put_back_and_nothing_is_missing(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(20, 30)], "lodz": [(PAST + 10, PAST + 24)]}, PAST + 90)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    copy, lost = tmp_path / "copy.db", tmp_path / "lost"
    slack = {"slack_bot_token": "xoxb-story", "slack_channel": CHANNEL}
    with (
        prometheus(tmp_path / "prometheus", series, begin) as server,
        SlackEmulator(tokens=("xoxb-story",), pace=Pace(per_second=0, tiers=False)) as emulator,
    ):
        settings = settings_for(tmp_path, rules, server.url, slack_base_url=emulator.api_url, **slack)
        with daemon(settings) as (_daemon, api):
            first = eventually("the first breach is found", api.decisions)[0]["id"]
            eventually("its card stands", lambda: cards(emulator) == [first])
            code, output = shell(settings, "backup", str(copy), "--format", "json")
            assert (code, json.loads(output)["live_decisions"]) == (0, 1)
            eventually("a second breach is found after the copy was taken", lambda: len(api.decisions()) == 2)
            second = api.decisions()[1]
        lost.mkdir()
        for file in tmp_path.glob("stopwatch.db*"):
            file.rename(lost / file.name)
        code, output = shell(settings, "restore", str(copy), "--actor", "eva")
        assert code == 0, output
        with daemon(settings) as (_daemon, api):
            found = eventually("what came after the copy is found again", lambda: len(api.decisions()) == 2)
            assert found
            assert [each["id"] for each in api.decisions()] == [first, second["id"]]
            assert api.decisions()[1]["opened_at"] == second["opened_at"] == at(begin + PAST + 10 + HOLD)
            code, output = shell(settings, "decisions", "acknowledge", first, "--actor", "anna")
            assert code == 0, output
            eventually("both have one card", lambda: sorted(cards(emulator)) == sorted([first, second["id"]]))
            assert httpx.get(f"{api.url}/-/healthy", timeout=10).status_code == 200
        code, output = shell(settings, "audit", "verify")
        assert code == 0, output
        code, output = shell(settings, "audit", "export")
        assert [json.loads(line)["actor"] for line in output.splitlines() if "database.restore" in line] == ["eva"]


def test_a_daemon_upgrades_what_an_earlier_version_left_and_sends_what_that_could_not(tmp_path: Path) -> None:
    old.restore(tmp_path / "stopwatch.db")
    rules = write_rules(tmp_path / "rules", SITES, datetime(2026, 11, 22, 1, 57, 15, tzinfo=UTC))
    with (
        prometheus(tmp_path / "prometheus", story({}, PAST), int(time.time()) - PAST) as server,
        SlackEmulator(tokens=("xoxb-story",), pace=Pace(per_second=0, tiers=False)) as emulator,
    ):
        settings = settings_for(
            tmp_path,
            rules,
            server.url,
            slack_base_url=emulator.api_url,
            slack_bot_token="xoxb-story",
            slack_channel=CHANNEL,
        )
        with daemon(settings) as (_daemon, api):
            assert [(each["id"], each["state"]) for each in api.decisions()] == [(old.DECISION, "acknowledged")]
            eventually("the card that could not be sent stands", lambda: cards(emulator) == [old.DECISION])
            code, output = shell(settings, "decisions", "confirm", old.DECISION, "--actor", "ben")
            assert code == 0, output
        assert shell(settings, "audit", "verify")[0] == 0
