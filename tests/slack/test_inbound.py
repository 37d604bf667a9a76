"""What Slack sends is understood as one deed, whatever else it holds, and nothing hostile raises."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.audit import canonical_json
from stopwatch.core.decision import Act
from stopwatch.core.inbox import Declaration, Way
from stopwatch.slack.inbound import UnreadableError, asked, payload_of, place_of

VALUE = "ham-01-20261121T1015Z|3|2"


def click(action_id: str = "acknowledge", **changes: object) -> dict[str, Any]:
    """A click as Slack sends it."""
    action = {"type": "button", "action_id": action_id, "block_id": "acts", "action_ts": "11.5", "value": VALUE}
    return {
        "type": "block_actions",
        "user": {"id": "U0ANNA", "username": "anna", "team_id": "T0"},
        "team": {"id": "T0", "domain": "warehouse"},
        "token": "secret-1",
        "trigger_id": "secret-2",
        "response_url": "https://hooks.example/secret-3",
        "container": {"type": "message", "message_ts": "10.5", "channel_id": "C0"},
        "message": {"token": "secret-4", "text": "PAUSED"},
        "actions": [action | changes],
    }


def submission(act: str = "close", **values: str) -> dict[str, Any]:
    """A dialog as Slack sends it."""
    state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    view = {"id": "V1", "callback_id": act, "private_metadata": VALUE, "state": {"values": state}}
    return {"type": "view_submission", "user": {"id": "U0ANNA"}, "team": None, "view": view, "response_urls": ["s"]}


def test_a_click_is_a_deed_with_what_was_seen() -> None:
    understood = asked(click(), Way.HTTP, "http/1")
    deed = understood.deed
    assert deed is not None
    assert (deed.act, deed.user, deed.team, deed.actor) == (Act.ACKNOWLEDGE, "U0ANNA", "T0", "slack:U0ANNA")
    assert (deed.decision, deed.rev, deed.shown) == ("ham-01-20261121T1015Z", 3, 2)
    assert (deed.key, deed.ticket) == ("click/U0ANNA/acknowledge/11.5/10.5", "http/1")
    assert not understood.dialog


def test_what_is_kept_of_a_payload_holds_no_secret() -> None:
    deed = asked(click(), Way.HTTP, None).deed
    assert deed is not None
    assert "secret" not in json.dumps(dict(deed.origin))
    assert deed.origin["message"] == {"text": "PAUSED"}


def test_the_menu_says_which_act_it_means() -> None:
    chosen = {"text": {"type": "plain_text", "text": "Dismiss…"}, "value": f"{VALUE}|dismiss"}
    understood = asked(click("more", value=None, selected_option=chosen), Way.SOCKET, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.value, understood.dialog) == (Act.DISMISS, VALUE, True)


def test_a_dialog_hands_back_what_the_button_carried() -> None:
    understood = asked(submission(reason="moved"), Way.HTTP, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.deed.rev, understood.deed.fields) == (Act.CLOSE, 3, {"reason": "moved"})
    assert understood.submitted


@pytest.mark.parametrize(
    ("payload", "action"),
    [
        pytest.param(click("link_dashboard", value=None), "link", id="a link"),
        pytest.param(click("resolve"), "other", id="an act that Slack does not offer"),
        pytest.param(click("more", value=None), "other", id="an empty menu"),
        pytest.param(click(value="ham-01"), "other", id="a value without revision"),
        pytest.param(click(value="ham-01|1|99999999999"), "other", id="a number beyond bounds"),
        pytest.param(click() | {"user": None}, "other", id="nobody"),
        pytest.param(click() | {"user": {"id": "anna; drop"}}, "other", id="no user id"),
        pytest.param(click() | {"actions": []}, "other", id="no action"),
        pytest.param(submission("acknowledge"), "other", id="a dialog that does not exist"),
        pytest.param({"type": "view_closed"}, "other", id="a dialog that was closed"),
        pytest.param({}, "other", id="nothing"),
    ],
)
def test_whatever_is_no_act_needs_nothing_done(payload: dict[str, Any], action: str) -> None:
    understood = asked(payload, Way.HTTP, None)
    assert (understood.deed, understood.action) == (None, action)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.data())
def test_no_payload_breaks_the_reader_and_what_is_kept_can_be_kept(data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from([click(), submission(reason="x"), click("more"), COMMAND]))
    where = data.draw(st.sampled_from(list(payload)))
    broken = payload | {where: data.draw(json_values)}
    deed = asked(broken, Way.HTTP, None).deed
    if deed is not None:
        canonical_json(dict(deed.origin)).encode()
        canonical_json(dict(deed.fields)).encode()


@given(st.binary(max_size=200))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    for sent in (body, b"payload=" + body):
        try:
            payload_of(sent)
        except UnreadableError:
            continue


def test_a_form_gives_its_payload() -> None:
    assert payload_of(urlencode({"payload": json.dumps(click())}).encode()) == click()
    assert payload_of(b"command=%2Fstop&text=") == {"command": "/stop", "text": ""}


# -------------------------------------------------------------------------------------------------------- manual stops

COMMAND = {
    "command": "/stop-rollout",
    "text": "ham-01",
    "user_id": "U0ANNA",
    "team_id": "T0",
    "channel_id": "C0",
    "token": "secret-1",
    "trigger_id": "secret-2",
    "response_url": "https://hooks.example/secret-3",
}
STATE = {"scope": {"scope": {"selected_option": {"value": "site:ham-01"}}}, "link": {"link": {"value": None}}}
VIEW = {"id": "V1", "callback_id": "pause", "private_metadata": "C0", "state": {"values": STATE}}


def test_a_command_asks_for_the_dialog_of_a_stop_and_keeps_no_secret() -> None:
    understood = asked(COMMAND, Way.SOCKET, "socket/1")
    deed = understood.deed
    assert deed is not None
    assert (deed.act, deed.user, deed.team, deed.decision) == (Declaration.PAUSE, "U0ANNA", "T0", "")
    assert (understood.dialog, understood.command, understood.trigger) == (True, True, "secret-2")
    assert (understood.value, understood.typed) == ("C0", "ham-01")
    assert "secret" not in f"{deed.key}{json.dumps(dict(deed.origin))}"
    assert asked(COMMAND | {"trigger_id": "secret-9"}, Way.SOCKET, None).deed != deed


def test_a_shortcut_brings_the_message_along() -> None:
    message = {"type": "message_action", "callback_id": "pause", "message_ts": "10.5", "action_ts": "11.5"}
    payload = click() | message | {"channel": {"id": "C7"}, "container": None, "message": {"text": "belt B stands"}}
    understood = asked(payload, Way.HTTP, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.deed.key) == (Declaration.PAUSE, "shortcut/U0ANNA/11.5/10.5")
    assert (understood.said, understood.value, understood.dialog) == ("belt B stands", "C7", True)


def test_the_dialog_of_a_stop_is_a_deed_about_no_decision() -> None:
    understood = asked({"type": "view_submission", "user": {"id": "U0ANNA"}, "view": VIEW}, Way.HTTP, None)
    assert understood.deed is not None
    assert (understood.deed.key, understood.deed.fields) == ("dialog/U0ANNA/V1", {"scope": "site:ham-01"})
    assert (understood.submitted, place_of(understood.deed)) == (True, "C0")


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(COMMAND | {"user_id": "anna; drop"}, id="no user id"),
        pytest.param(COMMAND | {"trigger_id": None}, id="no trigger"),
        pytest.param({"type": "message_action", "callback_id": "other"}, id="another shortcut"),
        pytest.param({"type": "message_action", "callback_id": "pause"}, id="a shortcut of nobody"),
        pytest.param({"type": "view_submission", "view": VIEW}, id="a dialog of nobody"),
    ],
)
def test_half_a_manual_stop_needs_nothing_done(payload: dict[str, Any]) -> None:
    assert asked(payload, Way.HTTP, None).deed is None


# ------------------------------------------------------------------------------------------------------- the issue log


@pytest.mark.parametrize(
    ("text", "act", "typed"),
    [
        pytest.param("issue", Declaration.ISSUE, "", id="alone"),
        pytest.param(" Issue  ham-01 labels print twice", Declaration.ISSUE, "ham-01 labels print twice", id="words"),
        pytest.param("issues ham-01-3", Declaration.ISSUE, "ham-01-3", id="in the plural"),
        pytest.param("issuer", Declaration.PAUSE, "issuer", id="a word that only begins so"),
        pytest.param("ham-01 issue", Declaration.PAUSE, "ham-01 issue", id="further behind"),
    ],
)
def test_a_command_that_begins_with_issue_is_for_the_issue_log(text: str, act: Declaration, typed: str) -> None:
    understood = asked(COMMAND | {"text": text}, Way.SOCKET, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.typed, understood.dialog, understood.command) == (act, typed, True, True)
    assert understood.deed.fields == ({"words": typed} if act is Declaration.ISSUE else {})


def test_a_message_goes_into_the_issue_log_by_a_shortcut_of_its_own() -> None:
    message = {"type": "message_action", "callback_id": "issue", "message_ts": "10.5", "action_ts": "11.5"}
    understood = asked(click() | message | {"message": {"text": "belt B stands"}}, Way.HTTP, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.said, understood.dialog) == (Declaration.ISSUE, "belt B stands", True)


@pytest.mark.parametrize(
    ("metadata", "issue", "rev", "place"),
    [
        pytest.param("C0", None, None, "C0", id="a new one"),
        pytest.param("C0|ham-01-3|2", "ham-01-3", 2, "C0", id="a known one"),
        pytest.param("|ham-01-3|2", "ham-01-3", 2, None, id="asked for in no channel"),
        pytest.param("C0|ham-01-3|many", None, None, "C0", id="nothing of ours"),
    ],
)
def test_the_dialog_of_an_issue_says_which_one_and_what_was_seen(
    metadata: str, issue: str | None, rev: int | None, place: str | None
) -> None:
    values = {"note": {"note": {"value": "fixed"}}}
    view = {"id": "V2", "callback_id": "issue", "private_metadata": metadata, "state": {"values": values}}
    understood = asked({"type": "view_submission", "user": {"id": "U0ANNA"}, "view": view}, Way.HTTP, None)
    assert understood.deed is not None
    assert (understood.deed.act, understood.deed.key, understood.submitted) == (
        Declaration.ISSUE,
        "dialog/U0ANNA/V2",
        True,
    )
    assert (understood.deed.fields.get("issue"), understood.deed.rev) == (issue, rev)
    assert place_of(understood.deed) == place
