"""A request proves its origin as Slack's own library would prove it, and nothing malformed raises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from stopwatch.slack.signature import proof_of

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"payload=%7B%7D"


def headers(body: bytes = BODY, *, secret: str = SECRET, age_seconds: int = 0) -> dict[str, str]:
    """Sign as Slack's library does."""
    stamp = str(int(NOW.timestamp()) - age_seconds)
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": str(signature)}


@pytest.mark.parametrize(
    ("age_seconds", "good"),
    [
        pytest.param(0, True, id="now"),
        pytest.param(300, True, id="five minutes old"),
        pytest.param(301, False, id="older"),
        pytest.param(-300, True, id="five minutes ahead"),
        pytest.param(-301, False, id="further ahead"),
    ],
)
def test_a_signature_is_good_for_five_minutes(age_seconds: int, *, good: bool) -> None:
    proof = proof_of(headers(age_seconds=age_seconds), BODY, secret=SECRET, now=NOW)
    assert (proof is not None) is good


@given(st.text(max_size=300))
def test_what_slacks_library_signs_is_proven_and_no_other_body_is(text: str) -> None:
    body = text.encode()
    assert proof_of(headers(body), body, secret=SECRET, now=NOW)
    assert proof_of(headers(body), body + b"x", secret=SECRET, now=NOW) is None
    assert proof_of(headers(body, secret="other"), body, secret=SECRET, now=NOW) is None


@given(
    st.dictionaries(st.sampled_from(["x-slack-signature", "x-slack-request-timestamp", "x"]), st.text(max_size=80)),
    st.binary(max_size=50),
)
def test_nothing_malformed_raises_or_proves_anything(given_headers: dict[str, str], body: bytes) -> None:
    assert proof_of(given_headers, body, secret=SECRET, now=NOW + timedelta(days=1)) is None


def test_without_a_secret_nothing_is_proven() -> None:
    assert proof_of(headers(secret="x"), BODY, secret="", now=NOW) is None


def test_a_body_over_the_limit_proves_nothing() -> None:
    body = b"x" * (256 * 1024 + 1)
    assert proof_of(headers(body), body, secret=SECRET, now=NOW) is None
