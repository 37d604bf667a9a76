"""The page of metrics: names, labels, types and values, and series that go when they have no value."""

import re
import subprocess
import threading
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.kpi import PhaseId
from stopwatch.core.rule import Combine
from stopwatch.core.state import Reported
from stopwatch.core.status import GateStatus, OutboxStatus
from stopwatch.telemetry import families
from stopwatch.telemetry.board import board_text
from stopwatch.telemetry.family import Kind
from stopwatch.telemetry.metrics import Metrics
from tests.telemetry.pictures import NOW, WRITTEN, blind, picture, rule, site
from tests.telemetry.test_hypercare_gauges import STATUS

EVERY = (*families.BOARD, *families.PROCESS)


def fresh() -> Metrics:
    return Metrics(version="1.2.3", now=lambda: NOW)


def filled() -> Metrics:
    """Metrics that have seen one of everything."""
    metrics = fresh()
    seen = picture(site("ham-01", rule("5xx", Reported.PENDING), blind("latency")))
    gate = GateStatus(PhaseId("pilot"), GateVerdict.FAIL, NOW, go=True)
    metrics.observe_status(replace(seen, standing=replace(seen.standing, gates=(gate,))))
    metrics.observe_outbox(OutboxStatus({"slack": 3}, 1, NOW - timedelta(seconds=90), slack_up=False))
    metrics.observe_evaluation(duration_seconds=0.2, lateness_seconds=-1)
    metrics.expect_sources(["default", "eu"])
    metrics.count_query("default", "timeout")
    metrics.observe_answers("default", seconds=[0.02, 7.0], size_bytes=4096, unknown=3)
    metrics.count_slots("default", judged=12, caught_up=4, missed=9)
    metrics.observe_watched("default", 5)
    metrics.observe_step(timedelta(minutes=1))
    metrics.observe_hypercare(STATUS)
    metrics.observe_database(65536)
    metrics.observe_writable(writable=True)
    metrics.expect_notifiers(["slack", "webhook"])
    metrics.count_escalation("slack")
    metrics.observe_skew("default", timedelta(seconds=-2.5))
    metrics.observe_reload(good=True, at=NOW)
    metrics.observe_leader(leader=True)
    metrics.observe_acknowledged(timedelta(seconds=42))
    metrics.count_dead("channel_not_found")
    metrics.count_slack_error("chat.postMessage", "ratelimited")
    metrics.count_notifier_error("webhook", "timeout")
    metrics.count_degraded("root")
    metrics.count_lost_found()
    metrics.count_duplicates(2)
    metrics.count_interaction("acknowledge", "socket", "applied")
    return metrics


def parsed(page: bytes) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(page.decode())}


def ours(page: bytes) -> dict[str, Metric]:
    """Every family that is not about the process alone."""
    return {name: family for name, family in parsed(page).items() if not name.startswith("process_")}


def series(page: bytes) -> dict[str, float]:
    """Every series of the page that is ours, as it is written, with its value."""
    lines = [line for line in page.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_page_holds_what_the_table_of_families_says() -> None:
    page = ours(filled().render())
    assert {name.removeprefix("stopwatch_") for name in page} == {
        family.name.removesuffix("_total") for family in EVERY
    }
    for family in EVERY:
        found = page[family.full_name.removesuffix("_total")]
        assert (found.type, found.documentation) == (family.kind.value, family.meaning)
        labels = {frozenset(set(sample.labels) - {"le"}) for sample in found.samples}
        assert labels == {frozenset(family.labels)}, family.name


def test_total_is_on_counters_and_on_nothing_else() -> None:
    assert [family.name for family in EVERY if family.name.endswith("_total") != (family.kind is Kind.COUNTER)] == []


def test_every_number_of_a_rule_is_shown() -> None:
    page = series(filled().render())
    place = '{site="ham-01",phase="pilot",rule="5xx"}'
    assert page[f"stopwatch_kpi_threshold{place}"] == 0.05
    assert page[f"stopwatch_rule_pending_seconds{place}"] == 240
    assert page[f"stopwatch_window_breaching_slots{place}"] == 5
    assert page[f"stopwatch_window_required_slots{place}"] == 16
    assert page[f"stopwatch_window_coverage_ratio{place}"] == 0.9375
    assert page['stopwatch_last_slot_timestamp_seconds{site="ham-01",rule="5xx"}'] == NOW.timestamp() - 60
    assert page['stopwatch_kpi_value{site="ham-01",phase="pilot",kpi="error_ratio"}'] == 0.074


def test_the_state_of_a_rule_is_a_set_of_which_one_is_true() -> None:
    page = series(filled().render())
    states = {
        state: page[f'stopwatch_rule_state{{site="ham-01",phase="pilot",rule="5xx",state="{state}"}}']
        for state in ("ok", "pending", "no_data", "error", "recovering", "breached")
    }
    assert states == {"ok": 0, "pending": 1, "no_data": 0, "error": 0, "recovering": 0, "breached": 0}


def test_a_rule_of_which_nothing_is_known_has_no_series_but_its_state() -> None:
    named = [name for name in series(filled().render()) if 'rule="latency"' in name]
    assert {name.partition("{")[0] for name in named} == {"stopwatch_rule_state"}


def test_decisions_of_a_site_are_counted_by_kind_from_zero_on() -> None:
    page = series(filled().render())
    place = '{site="ham-01",phase="pilot"'
    assert page[f"stopwatch_site_paused{place}}}"] == 1
    assert page[f"stopwatch_decisions_open{place}}}"] == 1
    assert page[f'stopwatch_decisions_total{place},kind="rule"}}'] == 2
    assert page[f'stopwatch_decisions_total{place},kind="manual"}}'] == 0
    assert page['stopwatch_decision_unacknowledged_seconds{site="ham-01"}'] == 300


def test_a_wide_stop_counts_once_under_its_scope_from_zero_on() -> None:
    page = series(filled().render())
    assert page['stopwatch_decisions_total{site="_all",phase="",kind="manual"}'] == 1
    assert page['stopwatch_decisions_total{site="_pilot",phase="pilot",kind="manual"}'] == 0


def test_a_site_that_cannot_be_judged_is_told_from_one_that_can() -> None:
    page = series(board_text(picture(replace(site("ham-01"), blind=True), site("lodz"))).encode())
    assert page['stopwatch_site_blind{site="ham-01",phase="pilot"}'] == 1
    assert page['stopwatch_site_blind{site="lodz",phase="pilot"}'] == 0


def test_what_a_rule_compares_can_be_joined_to_its_numbers() -> None:
    page = series(filled().render())
    place = '{site="ham-01",phase="pilot",rule="5xx"'
    assert page[f'stopwatch_rule_info{place},kpi="error_ratio",op=">",severity="page",mode="enforce"}}'] == 1
    assert page['stopwatch_kpi_info{kpi="error_ratio",unit="ratio",better="lower"}'] == 1
    assert page['stopwatch_kpi_volume{site="ham-01",phase="pilot",kpi="error_ratio"}'] == 420


def test_a_rule_of_several_conditions_names_no_single_kpi() -> None:
    several = replace(WRITTEN, combine=Combine.ALL, criteria=WRITTEN.criteria * 2)
    text = board_text(picture(site("ham-01", replace(rule("both"), written=several))))
    assert 'rule="both",kpi="",op="",severity="page",mode="enforce"} 1\n' in text


def test_the_process_shows_its_memory_and_start() -> None:
    page = series(fresh().render())
    assert page["process_resident_memory_bytes"] > 0
    assert page["process_start_time_seconds"] > 0


def test_what_the_daemon_says_about_itself() -> None:
    page = series(filled().render())
    expected = {
        "stopwatch_last_evaluation_timestamp_seconds": NOW.timestamp(),
        "stopwatch_evaluation_duration_seconds_count": 1,
        'stopwatch_evaluation_lateness_seconds_bucket{le="0.1"}': 1,
        'stopwatch_prometheus_queries_total{outcome="ok",source="default"}': 0,
        'stopwatch_prometheus_queries_total{outcome="ok",source="eu"}': 0,
        'stopwatch_prometheus_queries_total{outcome="timeout",source="default"}': 1,
        'stopwatch_prometheus_query_duration_seconds_bucket{le="5.0",source="default"}': 1,
        'stopwatch_prometheus_query_duration_seconds_count{source="default"}': 2,
        'stopwatch_prometheus_query_duration_seconds_count{source="eu"}': 0,
        'stopwatch_prometheus_response_bytes_total{source="default"}': 4096,
        'stopwatch_prometheus_unknown_series{source="default"}': 3,
        'stopwatch_slots_judged_total{source="default"}': 12,
        'stopwatch_slots_caught_up_total{source="default"}': 4,
        'stopwatch_slots_missed_total{source="default"}': 9,
        'stopwatch_slots_missed_total{source="eu"}': 0,
        'stopwatch_watched_rules{source="default"}': 5,
        "stopwatch_database_size_bytes": 65536,
        "stopwatch_database_writable": 1,
        'stopwatch_escalations_total{notifier="slack"}': 1,
        'stopwatch_escalations_total{notifier="webhook"}': 0,
        'stopwatch_interactions_total{action="acknowledge",result="applied",transport="thread"}': 0,
        'stopwatch_interactions_total{action="other",result="rejected",transport="http"}': 0,
        'stopwatch_clock_skew_seconds{source="default"}': -2.5,
        "stopwatch_config_last_reload_successful": 1,
        "stopwatch_config_last_reload_success_timestamp_seconds": NOW.timestamp(),
        "stopwatch_leader": 1,
        'stopwatch_build_info{version="1.2.3"}': 1,
        'stopwatch_outbox_pending{notifier="slack"}': 3,
        "stopwatch_outbox_oldest_seconds": 90,
        "stopwatch_outbox_unknown": 1,
        'stopwatch_outbox_dead_total{reason="channel_not_found"}': 1,
        "stopwatch_slack_up": 0,
        'stopwatch_slack_api_errors_total{code="ratelimited",method="chat.postMessage"}': 1,
        "stopwatch_time_to_acknowledge_seconds_sum": 42,
        'stopwatch_degraded_total{kind="root"}': 1,
        'stopwatch_degraded_total{kind="act"}': 0,
        "stopwatch_lost_found_total": 1,
        "stopwatch_duplicates_removed_total": 2,
    }
    assert {name: page[name] for name in expected} == expected


def test_nothing_is_shown_of_what_has_no_value_yet() -> None:
    page = series(fresh().render())
    absent = (
        "last_evaluation",
        "clock_skew",
        "config_last",
        "outbox_pending",
        "outbox_oldest",
        "slack_up",
        "decision",
        "kpi",
    )
    assert [name for name in page if name.removeprefix("stopwatch_").startswith(absent)] == []
    assert not [name for name in page if "_created" in name]


def test_series_of_a_site_that_left_the_plan_go_with_it() -> None:
    metrics = fresh()
    metrics.observe_status(picture(site("ham-01", rule("5xx")), site("lodz", rule("5xx"), rule("latency"))))
    assert 'rule="latency"' in metrics.render().decode()
    metrics.observe_status(picture(site("ham-01", rule("5xx"))))
    page = metrics.render().decode()
    assert "lodz" not in page
    assert 'rule="latency"' not in page


def test_a_failed_reload_keeps_the_time_of_the_files_in_force() -> None:
    metrics = fresh()
    metrics.observe_reload(good=True, at=NOW)
    metrics.observe_reload(good=False, at=NOW + timedelta(hours=1))
    page = series(metrics.render())
    assert page["stopwatch_config_last_reload_successful"] == 0
    assert page["stopwatch_config_last_reload_success_timestamp_seconds"] == NOW.timestamp()


@pytest.mark.parametrize(
    ("value", "written"), [(float("inf"), "+Inf"), (float("-inf"), "-Inf"), (float("nan"), "NaN"), (1e-7, "1e-07")]
)
def test_numbers_are_written_as_prometheus_reads_them(value: float, written: str) -> None:
    text = board_text(picture(site("ham-01", replace(rule("5xx"), threshold=value))))
    assert f'stopwatch_kpi_threshold{{site="ham-01",phase="pilot",rule="5xx"}} {written}\n' in text


def test_hostile_names_cannot_break_the_page() -> None:
    name = 'a"b\\c\nd'
    page = parsed(board_text(picture(site(name, rule(name)))).encode())
    assert {sample.labels["rule"] for sample in page["stopwatch_rule_state"].samples} == {name}


def test_promtool_finds_nothing_to_complain_about() -> None:
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=filled().render(), capture_output=True, check=False, timeout=30
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_the_compressed_page_is_one_gzip_member_that_holds_the_same() -> None:
    metrics = filled()
    for view in (picture(site("lodz", rule("5xx"))), picture(), picture(*(site(f"s{n}") for n in range(300)))):
        metrics.observe_status(view)
        unpacking = zlib.decompressobj(wbits=31)
        plain = unpacking.decompress(metrics.render(compressed=True))
        assert (unpacking.eof, unpacking.unused_data) == (True, b"")
        assert ours(plain).keys() == ours(metrics.render()).keys()
        assert plain.endswith(board_text(view).encode())


def test_scrapes_and_observations_in_many_threads_leave_whole_pages() -> None:
    metrics, pages = filled(), list[bytes]()
    views = [picture(*(site(f"s{n}", rule("5xx")) for n in range(size))) for size in (0, 1, 20)]

    def observe() -> None:
        for turn in range(60):
            metrics.observe_status(views[turn % 3])
            metrics.count_query(f"source-{turn % 7}")

    def scrape() -> None:
        pages.extend(metrics.render() for _ in range(20))

    threads = [threading.Thread(target=work) for work in (observe, observe, scrape, scrape)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sizes = {len(re.findall(rb"^stopwatch_site_paused\{", page, re.MULTILINE)) for page in pages}
    assert len(pages) == 40
    assert sizes <= {0, 1, 20}
