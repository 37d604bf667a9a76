"""Exit gates over ten days of a real Prometheus at a step of a minute: one passes, one fails, one cannot be proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.core.audit import content_hash
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.core.records import Activation
from stopwatch.store.connect import open_store
from tests.stories.exit_past import OBSERVED, SITES, eleven_days, gap_of, is_night, whole_minute, write_plan

pytestmark = pytest.mark.slow

SLOTS = 10 * 24 * 60 + 1


@dataclass(frozen=True, slots=True)
class Site:
    """A rule folder, a database and a Prometheus with eleven days up to *end*."""

    folder: Path
    prometheus: str
    end: datetime

    def run(self, *words: str) -> Result:
        """Run ``stopwatch`` in this process."""
        env = {
            "STOPWATCH_CONFIG": str(self.folder / "rules"),
            "STOPWATCH_PROMETHEUS_URL": self.prometheus,
            "STOPWATCH_DATABASE_URL": f"sqlite:///{self.folder}/records.db",
        }
        return CliRunner().invoke(main, list(words), env=env)

    def judged(self, phase: str, code: int) -> dict[str, Any]:
        """Judge *phase*, which ends with *code*, and return the answer."""
        result = self.run("gate", phase, "--format", "json")
        assert result.exit_code == code, result.output
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def record(self, *entries: Entry) -> None:
        """Record what people do."""
        store = open_store(f"sqlite:///{self.folder}/records.db")
        with store.writing() as tx:
            for each in entries:
                tx.record(each)
        store.close()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, datetime]]:
    end = whole_minute(datetime.now(UTC))
    with eleven_days(tmp_path_factory.mktemp("past"), end) as url:
        yield url, end


@pytest.fixture
def site(past: tuple[str, datetime], tmp_path: Path) -> Site:
    """Everything is live for ten and a half days, and every runbook is recorded."""
    url, end = past
    went_live = end - OBSERVED - timedelta(hours=12)
    write_plan(tmp_path / "rules", went_live, min_volume=300_000, sign_offs=["warehouse-lead"])
    store = open_store(f"sqlite:///{tmp_path}/records.db")
    with store.writing() as tx:
        for one in SITES:
            tx.save_activation(Activation("exit", SiteId(one), went_live, "cli:ida", went_live))
    store.close()
    made = Site(tmp_path, url, end)
    at = end - timedelta(hours=1)
    made.record(
        *[entry("exit", EntryKind.RUNBOOK, phase, actor="cli:ida", at=at) for phase in SITES.values()],
        *[
            entry("exit", EntryKind.SIGN_OFF, phase, "warehouse-lead", actor="cli:ida", at=at)
            for phase in SITES.values()
        ],
    )
    return made


def rule_of(answer: dict[str, Any], rule: str = "order-failures") -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in answer["record"]["rules"] if row["rule"] == rule)
    return found


def nights(begin: datetime, end: datetime) -> int:
    """Count the minutes whose five minutes before hold fewer than a hundred orders."""
    return sum(_orders(begin + timedelta(minutes=one)) < 100 for one in range(int((end - begin).total_seconds() // 60)))


def _orders(at: datetime) -> float:
    return sum(2 if is_night(at - timedelta(minutes=back)) else 40 for back in range(5))


def test_ten_quiet_days_pass_and_nights_are_counted_as_low_volume(site: Site) -> None:
    answer = site.judged("pilot", 0)
    assert (answer["open"], answer["verdict"], answer["reasons"]) == (True, "pass", [])
    seen = rule_of(answer)
    start = datetime.fromisoformat(answer["record"]["windows"][0]["start"])
    assert seen["slots"] == SLOTS
    assert seen["low_volume"] == pytest.approx(nights(start, start + OBSERVED), abs=2)
    assert (seen["missing"], seen["breaching"], seen["breaches"], seen["coverage"]) == (0, 0, [], 1.0)
    assert (seen["pauses"], seen["blind_slots"]) == (0, 0)
    assert rule_of(answer, "belt-load")["mode"] == "observe"


def test_what_counters_prove_is_said_and_what_ratios_cannot_is_not(site: Site) -> None:
    kpis = {row["kpi"]: row for row in site.judged("pilot", 0)["record"]["kpis"]}
    proof, orders = kpis["order_failures"]["proof"], 10 * (8 * 60 * 2 + 16 * 60 * 40)
    assert proof["attempts"] == pytest.approx(orders, rel=0.002)
    assert proof["failures"] == pytest.approx(orders / 100, rel=0.01)
    assert proof["windows"] in {10 * 24 * 12 - 1, 10 * 24 * 12}
    assert proof["text"] == "at least 98.9 % at 95 %, valid whenever looked at"
    assert kpis["order_failures"]["volume"] == pytest.approx(orders, rel=0.002)
    assert (kpis["load"]["proof"], kpis["load"]["unproven"]) == (
        None,
        "the KPI names no counters of failures and attempts",
    )


def test_a_breach_of_twenty_minutes_fails_the_gate_and_is_named(site: Site) -> None:
    answer = site.judged("wave-1", 1)
    assert answer["verdict"] == "fail"
    (reason,) = answer["reasons"]
    assert (reason["code"], reason["site"], reason["rule"]) == ("breach", "lodz", "order-failures")
    (breach,) = rule_of(answer)["breaches"]
    lasted = datetime.fromisoformat(breach["recovered_at"]) - datetime.fromisoformat(breach["pending_since"])
    assert timedelta(minutes=30) <= lasted <= timedelta(minutes=45)
    assert rule_of(answer)["longest_breaching_seconds"] == pytest.approx(20 * 60, abs=240)


def test_reports_hold_the_window_against_a_baseline_that_was_frozen_from_the_same_source(site: Site) -> None:
    went_live = site.end - OBSERVED - timedelta(hours=12)
    frozen = site.run("rollout", "baseline", "ham-01", "--window", "11h", "--until", rfc3339(went_live))
    assert frozen.exit_code == 0, frozen.output
    site.judged("pilot", 0)
    whole = site.run("report", "gate", "pilot").stdout
    section = whole.partition("## KPIs before and after\n")[2].partition("\n## ")[0]
    assert section.startswith("\nBy their medians all 2 KPIs are within the band of the baseline.\n")
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ham-01")]
    assert [row[1:6] for row in rows] == [
        ["Orders that fail", "1 %", "1 %", "1 %", "1 %"],
        ["Load of the belt", "40 %", "40 %", "40 %", "40 %"],
    ]
    assert rows[1][6] == "as before, within the band"
    before, after = (int(text.split(" of ")[0].replace(",", "").rstrip(" |")) for text in rows[1][7:9])
    assert before == 661
    assert after in {4800, 4801}, "every three minutes of ten days, with or without both ends"
    assert (
        "By their medians all 2 KPIs are within the band"
        in site.run("report", "gate", "pilot", "--format", "slack").stdout
    )
    assert 'class="timeline changes"' in site.run("report", "gate", "pilot", "--format", "html").stdout
    pack = site.run("report", "handover").stdout
    assert "No baseline of lodz is frozen, so nothing can be compared there" in pack
    assert "| ham-01 | Load of the belt | 40 % | 40 % |" in pack


def test_a_gap_makes_the_gate_not_provable_and_says_how_much_is_missing(site: Site) -> None:
    answer = site.judged("wave-2", 1)
    assert answer["verdict"] == "not_provable"
    assert [reason["code"] for reason in answer["reasons"]] == ["coverage", "blind"]
    seen = rule_of(answer)
    begin, end = gap_of(site.end)
    assert seen["missing"] == pytest.approx((end - begin).total_seconds() / 60, abs=5)
    assert seen["coverage"] == pytest.approx(1 - seen["missing"] / (seen["slots"] - seen["low_volume"]))
    assert 0.9 < seen["coverage"] < 0.95


def test_a_judgement_is_kept_with_its_evidence_and_shown_again_without_prometheus(site: Site) -> None:
    judged = site.judged("wave-1", 1)
    alone = Site(site.folder, "http://127.0.0.1:1", site.end)
    again = alone.run("gate", "wave-1", "--show", "--format", "json")
    assert (again.exit_code, json.loads(again.stdout)) == (1, judged)
    numbered = alone.run("gate", "wave-1", "--show", str(judged["number"]), "--format", "json")
    assert json.loads(numbered.stdout) == judged
    assert content_hash(judged["record"]) == judged["evidence"]
    listed = json.loads(alone.run("gate", "wave-1", "--list", "--format", "json").stdout)["judgements"]
    assert [(row["number"], row["verdict"], row["calls"]) for row in listed] == [(judged["number"], "fail", [])]


def test_the_go_of_a_person_is_kept_with_the_judgement_and_against_it_for_good(site: Site) -> None:
    refused = site.run("gate", "wave-1", "--go", "--reason", "ship it")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "stopwatch: wave-1 was never judged; run: stopwatch gate wave-1\n",
    )
    site.judged("wave-1", 1)
    went = site.run("gate", "wave-1", "--go", "--reason", "known cause", "--actor", "cli:ida")
    assert went.exit_code == 0, went.output
    assert "GO for wave-1 by cli:ida" in went.stdout
    assert "AGAINST the judgement (fail): known cause" in went.stdout
    shown = site.run("gate", "wave-1", "--show")
    assert "AGAINST the judgement (fail): known cause" in shown.stdout
    assert site.run("audit", "verify").exit_code == 0


def test_what_is_missing_is_said_as_the_command_that_records_it_and_then_the_phase_passes(
    site: Site, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    write_plan(fresh / "rules", site.end - OBSERVED - timedelta(hours=12), sign_offs=["warehouse-lead"])
    store = open_store(f"sqlite:///{fresh}/records.db")
    with store.writing() as tx:
        went_live = site.end - OBSERVED - timedelta(hours=12)
        tx.save_activation(Activation("exit", SiteId("ham-01"), went_live, "cli:ida", went_live))
    store.close()
    alone = Site(fresh, site.prometheus, site.end)
    wants = [reason["wants"] for reason in alone.judged("pilot", 1)["reasons"]]
    assert wants == [
        "stopwatch rollout sign-off pilot --role warehouse-lead",
        "stopwatch rollout runbook pilot --link URL --note TEXT",
    ]
    for want in wants:
        done = alone.run(*want.replace("URL", "https://wiki.example/r").replace("TEXT", "retries").split()[1:])
        assert done.exit_code == 0, done.output
    assert alone.judged("pilot", 0)["verdict"] == "pass"


def test_words_stand_first_then_what_is_missing_then_the_numbers(site: Site) -> None:
    lines = site.run("gate", "wave-2").stdout.splitlines()
    assert lines[0] == "wave-2 is not provable: nothing bad is known, but 2 demands cannot be proven"
    assert lines[1].startswith("graz: ")
    assert any(line.startswith("  missing  order-failures at graz: 91.") for line in lines)
    assert any(line.startswith("  to pass  at least 95.0 %: ") for line in lines)
    assert any(line.startswith("graz   order-failures   not provable") for line in lines)
    assert any("no proof possible: the KPI names no counters of failures and attempts" in line for line in lines)


def test_a_prometheus_that_is_gone_proves_nothing_and_is_no_failure_of_the_site(site: Site) -> None:
    answer = Site(site.folder, "http://127.0.0.1:1", site.end).judged("pilot", 1)
    assert answer["verdict"] == "not_provable"
    assert {reason["code"] for reason in answer["reasons"]} == {"errors"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["gate", "nowhere"], 2, "the plan has no site and no phase nowhere", id="an unknown place"),
        pytest.param(["gate", "lodz", "--list"], 2, "lodz is a site", id="a site has no judgements"),
        pytest.param(["gate", "pilot", "--go"], 2, "--reason goes with --go", id="no reason"),
        pytest.param(["gate", "pilot", "--go", "--reason", " "], 1, "a go needs a reason", id="an empty reason"),
        pytest.param(["gate", "pilot", "--show", "--list"], 2, "give one of", id="two at once"),
        pytest.param(["gate", "pilot", "--show", "x"], 2, "--show takes the number", id="no number"),
        pytest.param(["gate", "pilot", "--show", "99"], 2, "pilot has no judgement 99; see --list", id="no such one"),
    ],
)
def test_what_cannot_be_meant_is_said_and_ends_with_its_code(
    site: Site, words: list[str], code: int, message: str
) -> None:
    result = site.run(*words)
    assert result.exit_code == code
    assert message in result.stderr
