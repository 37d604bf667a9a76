"""Dialogs that Slack takes, whatever a decision is called, and what comes back from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stopwatch.core.decision import Act
from stopwatch.demo.slack.payloads import accept_view
from stopwatch.slack.modal import TITLES, errors_of, fields_of, modal
from tests.slack.decisions import OPENED, every_card, opened, rule_ground

HOSTILE = "<!channel> *_~` :fire: & > \u202e" * 30
BLOCKS = {
    Act.OVERRIDE: "category reason end link",
    Act.DISMISS: "category reason",
    Act.ROLL_BACK: "what from to reason",
    Act.RESUME: "reason",
    Act.CLOSE: "reason",
    Act.ATTACH: "link reason",
}
PENDING = [("printer-queue", OPENED), (HOSTILE, None)] * 20


def dialog(act: Act, name: str = "open", longest: timedelta = timedelta(hours=4)) -> Any:  # noqa: ANN401 - a JSON object
    """A dialog on one of the cards."""
    decision = every_card()[name]
    return modal(act, decision, "id|1|1", now=OPENED, override_max=longest, pending=PENDING)


@pytest.mark.parametrize("act", TITLES)
def test_a_dialog_has_the_blocks_of_the_interfaces(act: Act) -> None:
    view = dialog(act)
    assert (view["callback_id"], view["private_metadata"]) == (act.value, "id|1|1")
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == BLOCKS[act].split()


@pytest.mark.parametrize("act", TITLES)
@pytest.mark.parametrize("name", every_card())
def test_slack_takes_the_dialog_of_every_act_on_every_card(act: Act, name: str) -> None:
    assert accept_view(dialog(act, name))


@pytest.mark.parametrize("act", TITLES)
def test_slack_takes_a_dialog_about_a_hostile_decision(act: Act) -> None:
    decision = opened(rule_ground(summary={"site_name": HOSTILE, "kpi_title": HOSTILE}))
    view: Any = modal(act, decision, "id|1|1", now=OPENED, override_max=timedelta(hours=4), pending=PENDING)
    assert accept_view(view)
    assert "<!channel>" not in str(view)


def test_a_resume_names_the_rules_that_count_already() -> None:
    words = str(dialog(Act.RESUME)["blocks"][1])
    assert "printer-queue, since <!date^" in words
    assert "and 30 more" in words
    assert "printer-queue" not in str(dialog(Act.CLOSE))


@pytest.mark.parametrize(
    ("longest", "ahead"),
    [
        pytest.param(timedelta(hours=4), timedelta(hours=2), id="two hours by default"),
        pytest.param(timedelta(minutes=30), timedelta(minutes=30), id="the plan's longest"),
        pytest.param(timedelta(seconds=20), timedelta(seconds=20), id="less than a minute"),
    ],
)
def test_the_end_is_set_to_what_the_plan_allows(longest: timedelta, ahead: timedelta) -> None:
    end = next(block for block in dialog(Act.OVERRIDE, longest=longest)["blocks"] if block.get("block_id") == "end")
    assert end["element"]["initial_date_time"] == int((OPENED + ahead).timestamp())


def test_what_was_entered_is_read_from_every_kind_of_element() -> None:
    values = {
        "category": {"a": {"type": "static_select", "selected_option": {"value": "false_alarm"}}},
        "reason": {"b": {"type": "plain_text_input", "value": "load test"}},
        "end": {"c": {"type": "datetimepicker", "selected_date_time": int(OPENED.timestamp())}},
        "link": {"d": {"type": "url_text_input", "value": None}},
    }
    assert fields_of(values) == {"category": "false_alarm", "reason": "load test", "end": "2026-11-21T10:15:00+00:00"}


@pytest.mark.parametrize("values", [None, [], "x", {"a": None}, {"a": {"b": 1}}, {"a": {"b": {"selected_option": 3}}}])
def test_values_that_are_none_give_no_fields(values: object) -> None:
    assert fields_of(values) == {}


def test_an_instant_beyond_all_bounds_is_no_field() -> None:
    assert fields_of({"end": {"c": {"selected_date_time": 10**30}}}) == {}


@pytest.mark.parametrize("act", TITLES)
@pytest.mark.parametrize("block", ["reason", "end", "grounds"])
def test_an_error_names_a_block_of_its_own_dialog(act: Act, block: str) -> None:
    answer: Any = errors_of(act, block, "too late")
    assert answer["response_action"] == "errors"
    assert set(answer["errors"]) <= set(BLOCKS[act].split())
