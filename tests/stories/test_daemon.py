"""The whole daemon on a real Prometheus: past breaches are caught up, live ones held, and every tool agrees."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from stopwatch.cli import main
from stopwatch.config.settings import Settings
from tests.stories.world import HOLD, RECOVER, Api, at, daemon, eventually, prometheus, settings_for, write_rules

pytestmark = pytest.mark.slow

SITES = {"ham-01": "pilot", "lodz": "wave-1"}
CALM, HIGH = 3.0, 42.0
PAST = 60
"""How many seconds of history lie before the start."""


def story(breaches: dict[str, list[tuple[int, int]]], length: int) -> dict[str, list[float | None]]:
    """Return a calm series per site, high in the given spans (first and last second, relative to the start)."""
    return {
        site: [HIGH if any(a <= second < b for a, b in breaches.get(site, [])) else CALM for second in range(length)]
        for site in SITES
    }


def shell(settings: Settings, *words: str) -> tuple[int, str]:
    """Run a command as a person would, with the environment of the daemon."""
    environment = {
        "STOPWATCH_CONFIG": str(settings.config),
        "STOPWATCH_DATABASE_URL": settings.database_url.get_secret_value(),
        "STOPWATCH_PROMETHEUS_URL": settings.prometheus_url.get_secret_value() if settings.prometheus_url else "",
    }
    result = CliRunner().invoke(main, list(words), env=environment, prog_name="stopwatch")
    return result.exit_code, result.output


def replayed(settings: Settings, begin: int, end: int) -> list[tuple[str, str]]:
    """Return (site, opened) of every breach that replay finds."""
    code, output = shell(settings, "replay", "--start", at(begin), "--end", at(end), "--format", "json")
    assert code == 0, output
    return [(breach["site"], breach["opened_at"]) for breach in json.loads(output)["breaches"]]


def exit_code_of_test(settings: Settings, series: dict[str, list[float | None]], opens: list[tuple[str, int]]) -> int:
    """Let ``stopwatch test`` judge the same values; return its exit code when told these openings (site, second)."""
    told = {
        "rules": "stop-rules.yaml",
        "tests": [
            {
                "name": "as the daemon saw it",
                "series": [{"site": site, "kpi": "load", "values": values} for site, values in series.items()],
                "opens": [{"site": site, "rule": "load-high", "at": f"{second}s"} for site, second in opens],
            }
        ],
    }
    file = settings.config / "as-seen.json"
    file.write_text(json.dumps(told))
    return shell(settings, "test", str(file))[0]


def test_a_past_and_a_coming_breach_are_each_recorded_once_and_replay_agrees(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(20, 35)], "lodz": [(PAST + 8, PAST + 18)]}, PAST + 60)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", series, begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        with daemon(settings) as (_daemon, api):
            past = eventually("the past breach is found", api.decisions)[0]
            assert (past["id"], past["detected_late"]) == (f"ham-01-{_stamp(begin + 20 + HOLD)}", True)
            assert past["grounds"][0]["recovered_at"] == at(begin + 35 + RECOVER)
            coming = eventually("the coming breach is held", lambda: len(api.decisions()) == 2 and api.decisions())[1]
            assert (coming["site"], coming["opened_at"]) == ("lodz", at(begin + PAST + 8 + HOLD))
            assert not coming["detected_late"]
            eventually("it recovers", lambda: api.decisions()[1]["grounds"][0]["recovered_at"])
            live = [(found["site"], found["opened_at"]) for found in api.decisions()]
        assert replayed(settings, begin, begin + PAST + 30) == live
        opens = [(site, _second(opened) - begin) for site, opened in live]
        assert exit_code_of_test(settings, series, opens) == 0
        assert exit_code_of_test(settings, series, [(site, second + 1) for site, second in opens]) == 1
        assert shell(settings, "audit", "verify")[0] == 0


def test_people_act_through_the_command_line_and_the_gate_follows(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(PAST - 20, PAST + 6)]}, PAST + 60)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", series, begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        with daemon(settings) as (_daemon, api):
            decision = eventually("the breach is found", api.decisions)[0]["id"]
            assert shell(settings, "gate", "ham-01")[0] == 1
            assert httpx.get(f"{api.url}/api/v1/gates/lodz", timeout=60).status_code == 409
            assert shell(settings, "decisions", "resume", decision, "--reason", "too early")[0] == 1
            assert shell(settings, "decisions", "acknowledge", decision, "--actor", "anna")[0] == 0
            assert shell(settings, "decisions", "acknowledge", decision, "--rev", "1")[0] == 1
            eventually("it recovers", lambda: api.decisions()[0]["grounds"][0]["recovered_at"])
            eventually(
                "it is resumed", lambda: shell(settings, "decisions", "resume", decision, "--reason", "ok")[0] == 0
            )
            assert shell(settings, "gate", "ham-01")[0] == 0
            assert httpx.get(f"{api.url}/api/v1/gates/lodz", timeout=60).status_code == 200
            acts = [(act["act"], act["actor"]) for act in api.decisions()[0]["acts"]]
            assert [act for act, _actor in acts] == ["acknowledge", "resume"]
            assert acts[0][1] == "anna"


def test_an_outage_of_prometheus_loses_no_breach_and_shortens_none(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(PAST + 6, PAST + 20)]}, PAST + 90)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", series, begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        port = int(server.url.rsplit(":", 1)[1])
        with daemon(settings) as (_daemon, api):
            eventually("everything is evaluated", lambda: _states(api) == {"ok"})
            server.stop()
            eventually("the failure is shown", lambda: "error" in _states(api))
            time.sleep(max(0.0, begin + PAST + 24 - time.time()))
            server.start(port=port)
            found = eventually("the breach is caught up", api.decisions)
            assert [one["opened_at"] for one in found] == [at(begin + PAST + 6 + HOLD)]
            assert found[0]["detected_late"]


def test_a_restart_in_the_middle_of_a_window_changes_nothing(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({"ham-01": [(PAST + 4, PAST + 30)]}, PAST + 60)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", series, begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        with daemon(settings) as (_daemon, api):
            eventually("it is pending", lambda: "pending" in _states(api))
        with daemon(settings) as (_daemon, api):
            found = eventually("it opens", api.decisions)
            assert [one["opened_at"] for one in found] == [at(begin + PAST + 4 + HOLD)]
            assert found[0]["grounds"][0]["links"][0]["url"].endswith(f"d={found[0]['id']}")


def test_a_broken_reload_changes_nothing_and_a_good_one_counts_from_the_next_slot(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    series = story({}, PAST + 60)
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", series, begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        with daemon(settings) as (_daemon, api):
            eventually("everything is evaluated", lambda: _states(api) == {"ok"})
            good = (rules / "stop-rules.yaml").read_text()
            (rules / "stop-rules.yaml").write_text(good.replace("threshold", "treshold"))
            assert httpx.post(f"{api.url}/-/reload", timeout=60).status_code >= 400
            assert "stopwatch_config_last_reload_successful 0" in httpx.get(f"{api.url}/metrics", timeout=60).text
            changed = int(time.time())
            (rules / "stop-rules.yaml").write_text(good.replace("threshold: 10", "threshold: 1"))
            assert httpx.post(f"{api.url}/-/reload", timeout=60).status_code == 200
            found = eventually("the stricter limit opens", api.decisions)
            assert found[0]["opened_at"] >= at(changed - 3)


def test_a_manual_stop_of_all_sites_closes_every_gate_until_it_is_resolved(tmp_path: Path) -> None:
    begin = int(time.time()) - PAST
    rules = write_rules(tmp_path / "rules", SITES, datetime.fromtimestamp(begin, UTC))
    with prometheus(tmp_path / "prometheus", story({}, PAST + 60), begin) as server:
        settings = settings_for(tmp_path, rules, server.url)
        with daemon(settings) as (_daemon, api):
            code, output = shell(
                settings, "pause", "--all", "--criterion", "sev1", "--reason", "db down", "--format", "json"
            )
            assert code == 0, output
            stop = json.loads(output)
            assert stop["scope"] == "_all"
            assert {site: shell(settings, "gate", site)[0] for site in SITES} == dict.fromkeys(SITES, 1)
            assert {site["paused"] for site in api.get("/api/v1/status")["sites"]} == {True}
            ground = stop["grounds"][0]["id"]
            words = ("decisions", "resolve", stop["id"], "--ground", ground, "--reason", "db is up")
            assert shell(settings, *words)[0] == 0
            assert shell(settings, "decisions", "resume", stop["id"], "--reason", "all fine")[0] == 0
            assert {site: shell(settings, "gate", site)[0] for site in SITES} == dict.fromkeys(SITES, 0)


def _states(api: Api) -> set[str | None]:
    return {site["state"] for site in api.get("/api/v1/status")["sites"]}


def _second(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())


def _stamp(second: int) -> str:
    instant = datetime.fromtimestamp(second, UTC)
    return instant.strftime("%Y%m%dT%H%M%SZ" if instant.second else "%Y%m%dT%H%MZ")
