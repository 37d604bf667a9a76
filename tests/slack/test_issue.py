"""The issue log's dialogs and words: as their golden files say, and taken by Slack whatever an issue says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stopwatch.core.hypercare import Logged
from stopwatch.core.inbox import Declaration
from stopwatch.core.issue import MEANINGS, SEVERITIES, issues
from stopwatch.core.phase import HypercarePlan
from stopwatch.demo.slack.payloads import accept_view
from stopwatch.slack.issue import issue_modal, issue_told
from stopwatch.slack.modal import ISSUE_BLOCKS, errors_of, fields_of
from stopwatch.slack.names import named_issue
from stopwatch.slack.payload import Payload
from tests.core.hypercare import PLAN, issue_entry
from tests.slack.test_declaring import HOSTILE, plan
from tests.slack.test_golden import compare

DAY = timedelta(days=1)
TARGETED = replace(PLAN, hypercare=HypercarePlan(targets={"sev1": DAY, "sev2": 3 * DAY}))
PAGE = "https://stopwatch.example/issues#ham-01-1"
FRESH: dict[str, Any] = {"owner": "Mia", "target": "2026-11-30", "workaround": "bin the second", "attributable": True}


def logged(*changes: dict[str, Any], overdue: bool = False, **first: Any) -> Logged:  # noqa: ANN401 - JSON values
    """An issue that began as *first* says and went through *changes*."""
    bodies: list[dict[str, Any]] = [first]
    for change in changes:
        bodies.append(bodies[-1] | change)
    entries = [issue_entry(at + 1, actor="slack:U0ANNA", **body) for at, body in enumerate(bodies)]
    return Logged(issues(entries)[0], overdue, unreviewed=False)


RESOLVED = logged({"status": "resolved", "owner": "Bo", "note": "fixed with 4.12.1"}, **FRESH)
VIEWS = {
    "issue_new": issue_modal(TARGETED, channel="C1", typed="HAM labels print twice"),
    "issue_change": issue_modal(TARGETED, channel="C1", known=logged({"note": "printer two"}, overdue=True, **FRESH)),
}
TOLD = {
    "issue_told_new": issue_told(PLAN, logged(**FRESH), address=PAGE),
    "issue_told_bare": issue_told(PLAN, logged(severity="sev4"), address=None),
    "issue_told_changed": issue_told(PLAN, RESOLVED, address=PAGE),
    "issue_told_overdue": issue_told(PLAN, logged({"note": "seen"}, overdue=True, target="2026-11-20"), address=PAGE),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_dialog_is_what_its_golden_file_says(name: str) -> None:
    compare(name, Payload(name, (accept_view(VIEWS[name]),)))


@pytest.mark.parametrize("name", TOLD)
def test_a_person_is_told_what_the_golden_file_says(name: str) -> None:
    compare(name, Payload(TOLD[name]))


def element(view: Any, block: str) -> Any:  # noqa: ANN401 - JSON objects
    """The element of a block."""
    return next(each for each in view["blocks"] if each.get("block_id") == block)["element"]


def inputs(view: Any) -> list[str]:  # noqa: ANN401 - a JSON object
    """The blocks that take something."""
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize("sizes", [(1,), (100, 101), (1000,), (3,) * 150], ids=str)
def test_slack_takes_the_dialog_of_a_plan_of_any_size(sizes: tuple[int, ...]) -> None:
    view = accept_view(issue_modal(plan(*sizes, name=HOSTILE), channel="C1", said=HOSTILE))
    assert (view["callback_id"], view["private_metadata"]) == (Declaration.ISSUE, "C1")


def test_slack_takes_the_dialog_and_the_words_of_a_hostile_issue() -> None:
    known = logged(
        {"note": HOSTILE}, description=HOSTILE, owner=HOSTILE * 5, workaround=HOSTILE, severity="none", target="never"
    )
    assert accept_view(issue_modal(PLAN, channel="C1", known=known))
    assert "<!channel>" not in issue_told(PLAN, known, address=PAGE)
    assert "<!channel>" not in str(issue_modal(PLAN, channel="C1", known=known)["blocks"][0])  # type: ignore[index] # JSON


@pytest.mark.parametrize(
    ("typed", "said", "place", "words"),
    [
        pytest.param("ham-01 labels print twice", "", "site:ham-01", "labels print twice", id="a site and words"),
        pytest.param("Wave-1", "", "phase:wave-1", None, id="a phase"),
        pytest.param("labels print twice", "", None, "labels print twice", id="words alone"),
        pytest.param("all labels", "", None, "all labels", id="an issue is nowhere and everywhere at once"),
        pytest.param("", "", None, None, id="nothing"),
        pytest.param("", "belt B stands", None, "belt B stands", id="a message"),
        pytest.param(
            "",
            "PAUSED ham-01 (pilot) · ham-01-20261121T1015Z",
            "site:ham-01",
            "PAUSED ham-01 (pilot) · ham-01-20261121T1015Z",
            id="a card",
        ),
    ],
)
def test_what_is_known_is_filled_in_already(typed: str, said: str, place: str | None, words: str | None) -> None:
    view = issue_modal(PLAN, channel="C1", typed=typed, said=said)
    chosen = element(view, "scope").get("initial_option")
    assert (chosen["value"] if chosen else None) == place
    assert element(view, "description").get("initial_value") == words


def test_every_severity_says_what_it_means_in_the_menu() -> None:
    options = element(VIEWS["issue_new"], "severity")["options"]
    assert [option["value"] for option in options] == list(SEVERITIES) == list(MEANINGS)
    assert [option["description"]["text"] for option in options] == list(MEANINGS.values())


def test_the_dialog_of_an_issue_shows_how_it_stands_and_which_entries_were_seen() -> None:
    view = issue_modal(PLAN, channel="C1", known=RESOLVED)
    assert view["private_metadata"] == "C1|ham-01-1|2"
    assert element(view, "status")["initial_option"]["value"] == "resolved"
    assert element(view, "target")["initial_date"] == date(2026, 11, 30).isoformat()
    assert (element(view, "owner")["initial_value"], element(view, "attributable")["initial_option"]["value"]) == (
        "Bo",
        "yes",
    )


def test_who_said_the_last_word_is_shown_by_name() -> None:
    named = named_issue(RESOLVED, {"U0ANNA": "Anna"}.get)
    assert "Last word: Anna, <!date^" in str(issue_modal(PLAN, channel="C1", known=named)["blocks"])


def test_every_block_of_both_dialogs_can_be_named_by_an_error() -> None:
    assert {*inputs(VIEWS["issue_new"]), *inputs(VIEWS["issue_change"])} == set(ISSUE_BLOCKS)
    for block in ISSUE_BLOCKS:
        assert errors_of(Declaration.ISSUE, block, "no")["errors"] == {block: "no"}


def test_a_chosen_day_is_read() -> None:
    values = {
        "target": {"target": {"type": "datepicker", "selected_date": "2026-11-30"}},
        "attributable": {"attributable": {"type": "radio_buttons", "selected_option": {"value": "yes"}}},
    }
    assert fields_of(values) == {"target": "2026-11-30", "attributable": "yes"}
    assert fields_of({"target": {"target": {"type": "datepicker", "selected_date": None}}}) == {}
