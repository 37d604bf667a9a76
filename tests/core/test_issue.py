"""The issue log as a function of the ledger: newest versions, history, overdue targets, reviews."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.hypercare import issue_log, unreviewed
from stopwatch.core.issue import issues, next_id, open_issues, written
from stopwatch.core.issue_wire import issue_json, issues_csv
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import HypercarePlan
from tests.core.hypercare import HAM, LIVE, NOW, PLAN, held, issue_entry

DAY = timedelta(days=1)


def test_the_newest_entry_counts_and_the_history_says_who_changed_what() -> None:
    log = [
        issue_entry(1, severity="sev2", status="open"),
        issue_entry(2, at=NOW + DAY, severity="sev3", status="open", note="printers are spare", actor="cli:bo"),
        issue_entry(3, at=NOW + 2 * DAY, severity="sev3", status="resolved"),
    ]
    (issue,) = issues(log)
    assert (issue.severity, issue.status, issue.open) == ("sev3", "resolved", False)
    assert [one.changes for one in issue.history] == [
        ("opened",),
        ("severity sev2 → sev3",),
        ("status open → resolved",),
    ]
    assert (issue.history[1].actor, issue.history[1].note) == ("cli:bo", "printers are spare")
    assert (issue.opened_at, issue.resolved_at) == (NOW, NOW + 2 * DAY)


def test_a_reopened_issue_is_open_and_resolved_at_no_time() -> None:
    log = [issue_entry(1), issue_entry(2, status="resolved"), issue_entry(3, status="open")]
    assert [(one.open, one.resolved_at) for one in issues(log)] == [(True, None)]


def test_a_note_on_a_resolved_issue_does_not_move_when_it_was_resolved() -> None:
    log = [issue_entry(1), issue_entry(2, status="resolved"), issue_entry(3, at=NOW + DAY, status="resolved", note="x")]
    assert issues(log)[0].resolved_at == NOW


def test_open_issues_come_worst_first_then_by_age() -> None:
    log = [issue_entry(1, "a-1", severity="sev3"), issue_entry(2, "a-2", severity="sev1"), issue_entry(3, "a-3")]
    assert [one.id for one in open_issues(log)] == ["a-2", "a-3", "a-1"]


def test_ids_count_the_issues_of_their_site() -> None:
    log = [issue_entry(1), issue_entry(2, status="resolved"), issue_entry(3, "lodz-1", scope="lodz")]
    assert (next_id(log, HAM), next_id(log, "lodz"), next_id([], "lodz")) == ("ham-01-2", "lodz-2", "lodz-1")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param({"severity": "sev5", "description": "x"}, "severity", id="unknown severity"),
        pytest.param({"description": "x"}, "severity", id="no severity"),
        pytest.param({"severity": "sev1", "description": " "}, "text", id="no words"),
        pytest.param({"severity": "sev1", "description": "x", "status": "done"}, "status", id="unknown status"),
        pytest.param({"severity": "sev1", "description": "x", "target": "soon"}, "target", id="no day"),
        pytest.param({"severity": "sev1", "description": "x" * 2001}, "description", id="too long"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(said: dict[str, object], field: str) -> None:
    with pytest.raises(ActIncompleteError) as refused:
        written(None, said, identity="ham-01-1")
    assert refused.value.field == field


def test_a_change_of_nothing_is_refused_and_a_note_alone_is_none() -> None:
    before = written(None, {"severity": "sev2", "description": "x"}, identity="ham-01-1")
    with pytest.raises(ActIncompleteError, match="nothing would change"):
        written(before, {"severity": "sev2"}, identity="ham-01-1")
    noted = written(before, {"note": "seen"}, identity="ham-01-1")
    assert noted == before | {"note": "seen"}
    assert "note" not in written(noted, {"owner": "Ida"}, identity="ham-01-1")


def test_an_empty_text_takes_a_field_back() -> None:
    before = written(None, {"severity": "sev2", "description": "x", "owner": "Ida"}, identity="i")
    assert written(before, {"owner": ""}, identity="i")["owner"] is None


@pytest.mark.parametrize(
    ("at", "overdue"),
    [
        pytest.param(datetime(2026, 11, 30, 22, 59, tzinfo=UTC), False, id="the target day at the site"),
        pytest.param(datetime(2026, 11, 30, 23, 1, tzinfo=UTC), True, id="the day after at the site, not yet in UTC"),
    ],
)
def test_an_issue_is_overdue_when_its_target_day_is_over_where_its_site_is(at: datetime, *, overdue: bool) -> None:
    log = issue_log(PLAN, LIVE, [issue_entry(1, target="2026-11-30")], now=at, zone=ZoneInfo)
    assert [one.overdue for one in log] == [overdue]
    done = issue_log(PLAN, LIVE, [issue_entry(1, target="2026-11-30", status="resolved")], now=at, zone=ZoneInfo)
    assert [one.overdue for one in done] == [False]


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        pytest.param([], True, id="nobody looked"),
        pytest.param([issue_entry(2, at=NOW + DAY, note="seen")], False, id="somebody said something"),
        pytest.param([held(2, at=NOW + DAY)], False, id="a checkpoint was held"),
        pytest.param([held(2, at=NOW + DAY, phase="wave-1")], True, id="a checkpoint of another phase"),
        pytest.param([issue_entry(2, status="resolved")], False, id="it is resolved"),
        pytest.param(
            [Entry(2, "r", EntryKind.GO, "pilot", "go", {"go": True}, "cli:ida", NOW)], False, id="the phase was left"
        ),
    ],
)
def test_an_open_issue_wants_to_be_looked_at_every_day(more: list[Entry], *, waits: bool) -> None:
    entries = [issue_entry(1), *more]
    assert bool(unreviewed(PLAN, LIVE, entries, now=NOW + timedelta(hours=26, seconds=1))) is waits
    assert not unreviewed(PLAN, LIVE, entries, now=NOW + timedelta(hours=26))


def test_the_plan_says_within_what_time_an_issue_is_looked_at() -> None:
    plan = replace(PLAN, hypercare=HypercarePlan(reviewed_within=2 * DAY))
    assert not unreviewed(plan, LIVE, [issue_entry(1)], now=NOW + 2 * DAY)
    assert unreviewed(plan, LIVE, [issue_entry(1)], now=NOW + 2 * DAY + timedelta(seconds=1))


def test_issues_of_a_site_that_is_not_live_wait_for_nobody() -> None:
    assert not unreviewed(PLAN, {}, [issue_entry(1)], now=NOW + 9 * DAY)


def test_the_log_as_json_and_csv_computes_nothing() -> None:
    entries = [issue_entry(1, description='=HYPERLINK("http://x","y")', target="2026-11-22", owner="-Ida")]
    log = issue_log(PLAN, LIVE, entries, now=NOW + 3 * DAY, zone=ZoneInfo)
    assert issue_json(log[0])["overdue"] is True
    heading, row = issues_csv(log).splitlines()
    assert heading.startswith("id,site,severity,status,description,workaround,owner,target,overdue,unreviewed")
    assert row.startswith("""ham-01-1,ham-01,sev2,open,"'=HYPERLINK(""http://x"",""y"")",,'-Ida,2026-11-22,true,true""")
