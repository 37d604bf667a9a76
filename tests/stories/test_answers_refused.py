"""Forgers, a database that takes nothing, words in threads, and sessions of Socket Mode that end."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from stopwatch.app.listening import ThreadWords
from stopwatch.demo.slack import people
from stopwatch.demo.slack.delivery import signed
from tests.stories.answering import (
    ANNA,
    BEN,
    CHANNEL,
    SECRET,
    Floor,
    answering_of,
    connected,
    floor,
    heard,
    now,
    people_of,
    request,
)

pytestmark = pytest.mark.slow

# ------------------------------------------------------------------------------------------------------------- forgers


def test_a_replayed_request_is_refused_and_changes_nothing(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    with by_http.slack.held() as workspace:
        payload = people.click(workspace, channel=CHANNEL, ts=ts, action_id="acknowledge", user=ANNA)
    caught = request(payload)
    assert [by_http.post(*caught) for _ in range(3)] == [200, 401, 401]
    by_http.soon("it is acknowledged", lambda: by_http.acts(decision))
    assert by_http.acts(decision) == [("acknowledge", f"slack:{ANNA}")]


GOOD = b"payload=%7B%22type%22%3A%22block_actions%22%7D"


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        pytest.param(GOOD, {}, 200, id="as it should be"),
        pytest.param(GOOD, {"x-slack-signature": "v0=" + "0" * 64}, 401, id="forged"),
        pytest.param(GOOD + b"+", {"body": GOOD}, 401, id="body changed after signing"),
        pytest.param(GOOD, {"age": 301}, 401, id="too old"),
        pytest.param(GOOD, {"age": -330}, 401, id="from the future"),
        pytest.param(GOOD, {"secret": "another"}, 401, id="another secret"),
        pytest.param(GOOD, {"x-slack-signature": ""}, 401, id="no signature"),
        pytest.param(GOOD, {"x-slack-signature": "v0=\u00e9"}, 401, id="signature beyond ASCII"),
        pytest.param(GOOD, {"x-slack-request-timestamp": ""}, 401, id="no timestamp"),
        pytest.param(GOOD, {"x-slack-request-timestamp": "soon"}, 401, id="timestamp in words"),
        pytest.param(GOOD, {"x-slack-request-timestamp": "1" * 5000}, 401, id="timestamp of 5000 digits"),
        pytest.param(GOOD, {"x-slack-request-timestamp": "nan"}, 401, id="timestamp is no number"),
        pytest.param(b"\xff\xfe\x00", {}, 401, id="signed but no text"),
        pytest.param(b"payload=", {}, 401, id="signed but empty"),
        pytest.param(b"payload=%5B%5D", {}, 401, id="signed but a list"),
        pytest.param(b"payload=%7B%22a%22%3ANaN%7D", {}, 401, id="signed but NaN"),
        pytest.param(b"payload=" + b"%5B" * 20_000, {}, 401, id="signed but too deep"),
        pytest.param(b"payload=" + b"a" * 262_145, {}, 413, id="too large"),
    ],
)
def test_only_what_slack_signed_just_now_is_let_in(
    by_http: Floor, body: bytes, changes: dict[str, object], status: int
) -> None:
    stamp = int(now(by_http).timestamp()) - int(str(changes.get("age", 0)))
    headers = signed(
        bytes(changes.get("body", body)),  # type: ignore[call-overload]  # rows hold bytes under this name
        secret=str(changes.get("secret", SECRET)),
        timestamp=stamp,
    )
    headers |= {name: str(value).encode("latin-1").decode("latin-1") for name, value in changes.items() if "-" in name}
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    assert by_http.post(body, raw) == status  # type: ignore[arg-type]  # httpx takes bytes as they are


# ---------------------------------------------------------------------------------------------------------- unwritable


def test_a_click_that_cannot_be_written_down_is_not_acknowledged(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    file = anyhow.settings.database_url.get_secret_value().removeprefix("sqlite:///")
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        outcome = anyhow.click(ts, "acknowledge", ANNA)["outcomes"][0]
        other.execute("ROLLBACK")
    other.close()
    assert not outcome["ok"]
    assert anyhow.daemon.store.waiting() == []
    assert anyhow.click(ts, "acknowledge", ANNA)["ok"]
    anyhow.soon("it is acknowledged", lambda: anyhow.state(decision) == "acknowledged")


# --------------------------------------------------------------------------------------------------------------- words


def test_a_word_in_the_thread_answers_once(tmp_path: Path) -> None:
    with floor(tmp_path) as shop:
        decision, ts = shop.stop()
        words = ThreadWords(shop.daemon, people_of(shop), answering_of(shop))
        shop.slack.say(CHANNEL, ANNA, "what is this, ack it?", thread_ts=ts)
        shop.slack.say(CHANNEL, BEN, "Ack.", thread_ts=ts)
        assert heard(words, shop) == []
        shop.soon("it is acknowledged", lambda: shop.state(decision) == "acknowledged")
        shop.slack.say(CHANNEL, ANNA, "ack", thread_ts=ts)
        again = ThreadWords(shop.daemon, people_of(shop), answering_of(shop))
        words.read()
        again.read()
        told = shop.soon("Anna learns who was first", lambda: shop.whispers(ANNA))
        assert len(told) == 1
        assert "ben acknowledged" in told[0]
        assert shop.acts(decision) == [("acknowledge", f"slack:{BEN}")]
        assert shop.slack.violations() == []


# ---------------------------------------------------------------------------------------------------------- Socket Mode


def test_a_session_that_ends_is_followed_by_the_next(by_socket: Floor) -> None:
    decision, ts = by_socket.stop()
    opened = len(by_socket.slack.log("apps.connections.open"))
    assert by_socket.slack.control("disconnect")["closed"] == 1
    by_socket.soon("a new session is asked for", lambda: len(by_socket.slack.log("apps.connections.open")) > opened)
    by_socket.soon("a click arrives", lambda: by_socket.click(ts, "acknowledge", ANNA, transport="http")["ok"])
    by_socket.soon("it is acknowledged", lambda: by_socket.state(decision) == "acknowledged")
    by_socket.soon("the session is open", lambda: connected(by_socket))


def test_a_bad_app_token_holds_nothing_up_and_is_tried_again(tmp_path: Path) -> None:
    with floor(tmp_path, socket=True, slack_app_token="xapp-revoked") as shop:
        shop.slack.token_state("xapp-revoked", "invalid_auth")
        decision, ts = shop.stop()
        shop.soon("it was tried", lambda: len(shop.slack.log("apps.connections.open")) > 1)
        assert shop.click(ts, "acknowledge", ANNA, transport="http")["ok"]
        shop.slack.token_state("xapp-revoked", "good")
        shop.soon("the session is open", lambda: connected(shop))
        shop.soon("it is acknowledged", lambda: shop.state(decision) == "acknowledged")
