"""Every answer of Slack has a class: the documented codes by name, everything else as ambiguous."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.outbox import Effect
from stopwatch.slack.classify import CODES, effect_of, effect_of_answer, retry_after

DOCUMENTED = json.loads((Path(__file__).parent / "documented_codes.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
POST = "chat.postMessage"


@pytest.mark.parametrize("method", DOCUMENTED["methods"])
def test_every_documented_code_is_classified(method: str) -> None:
    documented = {*DOCUMENTED["methods"][method], *DOCUMENTED["shared"]}
    assert documented - set(CODES) == set()


def test_every_classified_code_is_documented_or_an_age_old_one() -> None:
    documented = {code for codes in DOCUMENTED["methods"].values() for code in codes} | {*DOCUMENTED["shared"]}
    assert set(CODES) - documented == {"unknown_method"}


@pytest.mark.parametrize(
    ("effect", "codes"),
    [
        pytest.param(
            Effect.AMBIGUOUS, "internal_error fatal_error request_timeout service_unavailable", id="ambiguous"
        ),
        pytest.param(Effect.THROTTLED, "ratelimited rate_limited", id="not sent, hold the channel"),
        pytest.param(
            Effect.BAD_FORMAT,
            "invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long metadata_too_large "
            "invalid_metadata_format invalid_metadata_schema metadata_must_be_sent_from_app",
            id="our fault",
        ),
        pytest.param(
            Effect.BAD_DESTINATION,
            "channel_not_found not_in_channel is_archived restricted_action restricted_action_read_only_channel "
            "restricted_action_of_tomorrow",
            id="destination broken",
        ),
        pytest.param(
            Effect.BAD_APP,
            "invalid_auth not_authed account_inactive token_revoked token_expired missing_scope",
            id="app broken",
        ),
        pytest.param(Effect.GONE, "message_not_found cant_update_message edit_window_closed", id="card gone"),
        pytest.param(Effect.AMBIGUOUS, "a_code_of_tomorrow", id="unknown"),
    ],
)
def test_the_table_is_as_agreed(effect: Effect, codes: str) -> None:
    assert {effect_of(code, method=POST) for code in codes.split()} == {effect}


@pytest.mark.parametrize(
    ("status", "code", "effect"),
    [
        pytest.param(500, None, Effect.AMBIGUOUS, id="HTML of a gateway"),
        pytest.param(503, "service_unavailable", Effect.AMBIGUOUS, id="503 with a code"),
        pytest.param(500, "channel_not_found", Effect.AMBIGUOUS, id="500 whatever it says"),
        pytest.param(408, None, Effect.AMBIGUOUS, id="408"),
        pytest.param(200, None, Effect.AMBIGUOUS, id="JSON without ok"),
        pytest.param(404, None, Effect.AMBIGUOUS, id="404 of somebody else"),
        pytest.param(429, None, Effect.THROTTLED, id="429"),
        pytest.param(429, "invalid_auth", Effect.THROTTLED, id="429 with any code"),
        pytest.param(500, "ratelimited", Effect.THROTTLED, id="ratelimited with any status"),
        pytest.param(403, "invalid_auth", Effect.BAD_APP, id="a code with another status"),
    ],
)
def test_status_and_code_together_decide(status: int, code: str | None, effect: Effect) -> None:
    assert effect_of_answer(status, code, method=POST) is effect


def test_a_channel_that_may_not_be_read_is_no_broken_app() -> None:
    assert effect_of("missing_scope", method="conversations.history") is Effect.BAD_DESTINATION
    assert effect_of("missing_scope", method=POST) is Effect.BAD_APP


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7, id="whole"),
        pytest.param(" 0.5 ", 0.5, id="fraction"),
        pytest.param(None, 30, id="missing"),
        pytest.param("", 30, id="empty"),
        pytest.param("soon", 30, id="garbage"),
        pytest.param("nan", 30, id="no number"),
        pytest.param("-5", 1, id="negative"),
        pytest.param("0", 1, id="zero"),
        pytest.param("86400", 3600, id="a day"),
        pytest.param("inf", 3600, id="for ever"),
        pytest.param("Sat, 21 Nov 2026 10:15:20 GMT", 20, id="date"),
        pytest.param("Sat, 21 Nov 2026 10:15:20 -0000", 20, id="date without zone"),
        pytest.param("Sat, 21 Nov 2026 09:00:00 GMT", 1, id="date in the past"),
        pytest.param("Sat, 21 Nov 2099 09:00:00 GMT", 3600, id="date far away"),
    ],
)
def test_retry_after_is_read_in_every_spelling(header: str | None, seconds: float) -> None:
    assert retry_after(header, now=NOW) == timedelta(seconds=seconds)


@given(st.text())
def test_any_retry_after_yields_a_bounded_wait(header: str) -> None:
    assert timedelta(0) < retry_after(header, now=NOW) <= timedelta(hours=1)
