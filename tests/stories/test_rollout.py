"""A whole rollout in six simulated weeks, through command line and HTTP only, over a real Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stopwatch.demo.prometheus import PrometheusServer, create_blocks, free_port
from stopwatch.demo.slack import Pace, SlackEmulator
from tests.stories.moved import Moved, Office, agreeing
from tests.stories.sink import Sink
from tests.stories.weeks import write_past, write_plan
from tests.stories.world import eventually

CHANNEL = "C0HYPERCARE"


def day(number: int, hour: int = 8, minute: int = 0) -> datetime:
    """Return a time of March 2026."""
    return datetime(2026, 3, number, hour, minute, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> Moved:
    return Moved(tmp_path)


@pytest.fixture
def slack(clock: Moved) -> Iterator[SlackEmulator]:
    with SlackEmulator(tokens=("xoxb-story",), pace=Pace(per_second=0, tiers=False), clock=clock.time) as emulator:
        yield emulator


@pytest.fixture
def office(tmp_path: Path, clock: Moved, slack: SlackEmulator) -> Iterator[Office]:
    """A terminal and a daemon, with Prometheus, Slack and a second notifier; nothing has been recorded yet."""
    with ExitStack() as stack:
        server = PrometheusServer(tmp_path / "tsdb", retention="100y")
        create_blocks(write_past(tmp_path / "past.om"), server.storage, longest_block="48h")
        stack.enter_context(server)
        source = stack.enter_context(agreeing(server.url, clock))
        sink = stack.enter_context(Sink())
        port = free_port()
        settings = {
            "STOPWATCH_CONFIG": str(write_plan(tmp_path / "rules", sink.url)),
            "STOPWATCH_DATABASE_URL": f"sqlite:///{tmp_path}/records.db",
            "STOPWATCH_PROMETHEUS_URL": source,
            "STOPWATCH_LISTEN": f"127.0.0.1:{port}",
            "STOPWATCH_SLACK_BASE_URL": slack.api_url,
            "STOPWATCH_SLACK_BOT_TOKEN": "xoxb-story",
            "STOPWATCH_SLACK_CHANNEL": CHANNEL,
            "STOPWATCH_WEBHOOK_URL": sink.url,
            "STOPWATCH_LINK_HOSTS_PRIVATE": "true",
            "STOPWATCH_API_TOKENS_FILE": str(tmp_path / "tokens.yaml"),
            "STOPWATCH_CATCH_UP": "60d",
        }
        made = Office(clock, settings, f"http://127.0.0.1:{port}", "", tmp_path / "daemon.log")
        clock.set(day(2))
        token = made.run("token", "story")
        (tmp_path / "tokens.yaml").write_text(f"tokens:\n{token.out}")
        made.token = token.err.split()[-1]
        try:
            yield made
        finally:
            made.stop()


def decisions(office: Office, site: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.get(f"/api/v1/decisions?site={site}").json()["decisions"]
    return found


def decision(office: Office, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = office.get(f"/api/v1/decisions/{identity}").json()
    return found


def acknowledge(office: Office, identity: str) -> None:
    rev = decision(office, identity)["rev"]
    told = office.post(f"/api/v1/decisions/{identity}/acknowledge", rev=rev, reason="I am here")
    assert told.status_code == 200, told.text


def site_of(office: Office, site: str) -> dict[str, Any]:
    sites = office.get("/api/v1/status").json()["sites"]
    found: dict[str, Any] = next(row for row in sites if row["site"] == site)
    return found


def unmet(office: Office, site: str) -> set[str]:
    answer = office.run("rollout", "ready", site, "--format", "json", code=1).json()
    told = office.get(f"/api/v1/readiness/{site}").json()
    assert [row | {"why": ""} for row in told["items"]] == [row | {"why": ""} for row in answer["items"]]
    return {row["item"] for row in answer["items"] if not row["met"]}


def before_and_after(report: str) -> tuple[str, dict[tuple[str, str], list[str]]]:
    """What a report in Markdown says of KPIs before and after: its sentence, and per site and KPI the other cells."""
    section = report.partition("## KPIs before and after\n")[2].partition("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| ")][1:]
    return section.strip().splitlines()[0], {(row[0], row[1]): row[2:] for row in rows}


def make_ready(office: Office, *sites: str, items: Sequence[str] = ("dry-run",)) -> None:
    """Record everything that the checklists of *sites* demand of people."""
    office.run_all(
        *(
            ("rollout", "done", site, item, "--link", "https://wiki.example/it", "--actor", "qa")
            for site in sites
            for item in items
        ),
        *(("rollout", "baseline", site, "--window", "14d", "--actor", "engineering") for site in sites),
        *(("rollout", "rehearse", site, "--what", "flag", "--took", "8m", "--note", "in staging") for site in sites),
    )


def pass_drill(office: Office, site: str) -> None:
    """Begin a drill and answer it."""
    identity = office.run("drill", site, "--format", "json").json()["id"]
    acknowledge(office, identity)
    eventually("the drill ends", lambda: decision(office, identity)["state"] == "closed")


def pause_of(office: Office, site: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = eventually(
        "it is paused", lambda: [one for one in decisions(office, site) if one["paused"]]
    )
    return found[-1]


@pytest.mark.slow
def test_a_pilot_goes_live_once_its_checklist_is_met_and_nothing_is_frozen(office: Office) -> None:
    _readiness_fails_and_is_fixed(office)
    assert "every hash fits" in office.run("audit", "verify").out


@pytest.mark.long
def test_a_rollout_from_a_checklist_that_fails_to_a_wave_that_stops_and_what_is_handed_over(
    office: Office, slack: SlackEmulator
) -> None:
    _readiness_fails_and_is_fixed(office)
    first = _pilot_breaches_and_is_rolled_back(office)
    _roll_back_is_verified(office, slack, first)
    _second_try_is_watched_until_it_passes(office)
    second = _wave_one_opens_and_one_site_stops(office)
    _wave_two_stays_closed(office, second)
    _the_pack_tells_all_of_it(office, first, second)
    assert "every hash fits" in office.run("audit", "verify").out


def _readiness_fails_and_is_fixed(office: Office) -> None:
    office.restart(day(2))
    everything = {"dry-run", "rollback-plan", "rehearsal", "drill", "baseline"}
    assert unmet(office, "ham-01") == everything
    refused = office.run("rollout", "activate", "ham-01", "--version", "4.12.0", code=1).err
    assert "frozen by inventory" in refused
    assert "dry-run (qa): not recorded" in refused
    assert site_of(office, "ham-01")["rules"] == []
    make_ready(office, "ham-01", items=("dry-run", "rollback-plan"))
    pass_drill(office, "ham-01")
    assert unmet(office, "ham-01") == set()
    office.restart(day(3))
    office.run("rollout", "ready", "ham-01")
    office.run("rollout", "activate", "ham-01", "--version", "4.12.0", "--actor", "ida")


def _pilot_breaches_and_is_rolled_back(office: Office) -> str:
    office.restart(day(4, 10))
    found = pause_of(office, "ham-01")
    identity: str = found["id"]
    assert [ground["rule"] for ground in found["grounds"]] == ["order-failures"]
    gate = office.get("/api/v1/gates/lodz")
    assert (gate.status_code, gate.json()["reasons"][0]["decision"]) == (409, identity)
    acknowledge(office, identity)
    office.run("decisions", "confirm", identity, "--reason", "labels fail", "--actor", "ben")
    words = ["--what", "flag", "--from", "4.12.0", "--to", "4.11.3", "--reason", "labels fail", "--actor", "ben"]
    office.run("decisions", "roll-back", identity, *words, "--link", "https://tickets.example/7")
    assert decision(office, identity)["state"] == "rolled_back"
    return identity


def _roll_back_is_verified(office: Office, slack: SlackEmulator, identity: str) -> None:
    office.restart(day(4, 13))
    eventually("it is verified", lambda: decision(office, identity)["state"] == "verified")
    eventually("people are told", lambda: "verified the rollback" in json.dumps(slack.messages(CHANNEL)))


def _second_try_is_watched_until_it_passes(office: Office) -> None:
    office.restart(day(5))
    office.run("rollout", "ready", "ham-01")
    office.run("rollout", "activate", "ham-01", "--version", "4.12.1", "--actor", "ida")
    office.restart(day(12, 9))
    first = office.run("gate", "pilot", "--format", "json", code=1).json()
    assert first["verdict"] == "not_provable"
    assert {reason["code"] for reason in first["reasons"]} >= {"coverage", "blind", "sign-off", "runbook"}
    assert office.get("/api/v1/gates/pilot").status_code == 409
    signed = ["--role", "warehouse-lead", "--actor", "Anna Schulz"]
    office.run("rollout", "sign-off", "pilot", *signed)
    office.run("rollout", "runbook", "pilot", "--link", "https://wiki.example/labels", "--note", "retries")
    office.restart(day(16))
    passed = office.run("gate", "pilot", "--format", "json").json()
    assert (passed["verdict"], passed["reasons"]) == ("pass", [])
    said, rows = before_and_after(office.run("report", "gate", "pilot", "--format", "md").out)
    assert said == "By their medians all 2 KPIs are within the band of the baseline."
    assert rows["ham-01", "Seconds to pack an order"][4] == "better: 0.75 times the baseline, within the band"
    assert rows["ham-01", "Orders that fail"][:2] == ["1 %", "1 %"]
    office.run("gate", "pilot", "--go", "--reason", "seven quiet days", "--actor", "ida")
    assert office.get("/api/v1/gates/pilot").status_code == 200


def _wave_one_opens_and_one_site_stops(office: Office) -> str:
    assert unmet(office, "lodz") == {"dry-run", "rehearsal", "baseline"}
    sites = ("lodz", "lyon", "porto")
    make_ready(office, *sites)
    office.run_all(*(("rollout", "ready", site) for site in sites))
    office.run_all(*(("rollout", "activate", site, "--actor", "ida") for site in sites))
    office.restart(day(18, 10))
    found = pause_of(office, "lodz")
    assert [site_of(office, site)["paused"] for site in ("ham-01", *sites)] == [False, True, False, False]
    office.run("gate", "lodz", code=1)
    office.run("gate", "lyon")
    return str(found["id"])


def _wave_two_stays_closed(office: Office, identity: str) -> None:
    gate = office.run("gate", "madrid", "--format", "json", code=1).json()
    assert [reason["decision"] for reason in gate["reasons"]] == [identity]
    wave = office.get("/api/v1/rollout").json()["phases"][2]
    assert [site["entry"]["open"] for site in wave["sites"]] == [False] * 6
    assert {site["entry"]["reasons"][0]["decision"] for site in wave["sites"]} == {identity}
    page = office.get("/readiness/madrid")
    assert (page.status_code, "phase wave-1 has not passed its exit" in page.text) == (200, True)
    refused = office.run("rollout", "activate", "madrid", code=1).err
    assert identity in refused
    assert "phase wave-1 has not passed its exit" in refused


def _the_pack_tells_all_of_it(office: Office, first: str, second: str) -> None:
    pack = office.run("report", "handover", "--format", "md").out
    told = [first, second, "Hamburg", "4.12.1", "warehouse-lead", "Anna Schulz", "https://wiki.example/labels"]
    assert [words for words in told if words not in pack] == []
    said, rows = before_and_after(pack)
    assert {site for site, _kpi in rows} == {"ham-01", "lodz", "lyon", "porto"}
    assert "OUTSIDE it" not in said
    assert office.get("/reports/handover").status_code == 200
    _said, rows = before_and_after(office.run("report", "checkpoint", "--phase", "wave-1", "--format", "md").out)
    assert rows["lyon", "Orders that fail"][4].endswith("as before, within the band")
    summary = office.run("report", "gate", "pilot", "--format", "md").out
    assert "seven quiet days" in summary
