"""A drill from the command line to a click and the second notifier, through daemon, Slack and webhook."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from stopwatch.cli import main
from tests.stories.answering import ANNA, CHANNEL, SITES, floor
from tests.stories.sink import Sink

pytestmark = pytest.mark.slow


def test_a_drill_reaches_people_by_both_ways_needs_a_click_and_counts_for_readiness(tmp_path: Path) -> None:
    with Sink() as sink, floor(tmp_path / "floor", webhook_url=sink.url) as where:
        site = SITES[0]
        shell = {
            "STOPWATCH_CONFIG": str(where.settings.config),
            "STOPWATCH_DATABASE_URL": where.settings.database_url.get_secret_value(),
        }
        began = CliRunner().invoke(main, ["drill", site, "--format", "json"], env=shell)
        assert began.exit_code == 0, began.output
        decision = json.loads(began.stdout)["id"]
        ts = where.soon("its card stands", lambda: where.card(decision))
        card = next(message for message in where.slack.messages(CHANNEL) if message["ts"] == ts)
        assert card["text"].startswith(f"DRILL {site} (pilot): ")
        assert card["metadata"]["event_payload"]["kind"] == "drill"
        where.soon("the second notifier was called", lambda: sink.received)
        assert json.loads(sink.received[0].body)["data"]["drill"] is True
        status = httpx.get(f"{where.url}/api/v1/status", timeout=10).json()
        assert [one["paused"] for one in status["sites"]] == [False] * len(SITES)
        metrics = httpx.get(f"{where.url}/metrics", timeout=10).text
        assert f'stopwatch_site_paused{{site="{site}",phase="pilot"}} 0\n' in metrics
        assert httpx.get(f"{where.url}/api/v1/gates/{site}", timeout=10).status_code == 200
        assert where.click(ts, "acknowledge", ANNA)["ok"]
        where.soon("it ended by itself", lambda: where.state(decision) == "closed")
        metrics = httpx.get(f"{where.url}/metrics", timeout=10).text
        for counted in (
            "time_to_acknowledge_seconds_count 1",
            'escalations_total{notifier="webhook"} 1',
            'decisions_total{site="_drill',
        ):
            assert f"stopwatch_{counted}" not in metrics, "a drill is measured as none of these"
        (shown,) = httpx.get(f"{where.url}/api/v1/decisions", timeout=10).json()["decisions"]
        assert (shown["id"], shown["drill"], shown["paused"]) == (decision, True, False)
        with where.daemon.store.reading() as view:
            (entry,) = view.entries("story")
        assert (entry.kind.value, entry.scope, entry.item, entry.actor) == ("drill", site, decision, f"slack:{ANNA}")
        assert (entry.body["ok"], entry.body["answered_by"]) == (True, f"slack:{ANNA}")
        assert set(entry.body["notifiers"]) == {"webhook"}  # type: ignore[call-overload] # JSON
        assert where.daemon.store.verify_audit() is None
