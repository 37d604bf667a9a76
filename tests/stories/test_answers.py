"""People answer from Slack, over real HTTP and a real Socket Mode session, also when they race, forge and fail."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from stopwatch.app.answering import Answering
from stopwatch.app.listening import ThreadWords
from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act
from stopwatch.core.inbox import Receipt, Way
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.demo.slack import people
from stopwatch.demo.slack.delivery import signed
from stopwatch.slack.inbound import asked
from stopwatch.slack.people import SlackPeople
from stopwatch.watch.commands import act, pause
from tests.stories.answering import ANNA, BEN, CARLA, CHANNEL, SECRET, Floor, floor, in_hours

pytestmark = pytest.mark.slow

SECRETS = ("response_url", "trigger_id", "verification-token-is-deprecated")


@pytest.fixture(scope="module")
def by_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with floor(tmp_path_factory.mktemp("http")) as made:
        yield made
        assert made.slack.violations() == []


@pytest.fixture(scope="module")
def by_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    with floor(tmp_path_factory.mktemp("socket"), socket=True) as made:
        made.soon("the session is open", lambda: connected(made))
        yield made
        assert made.slack.violations() == []


@pytest.fixture(params=["http", "socket"])
def anyhow(request: pytest.FixtureRequest) -> Floor:
    """The floor on each transport."""
    made: Floor = request.getfixturevalue(f"by_{request.param}")
    return made


def connected(where: Floor) -> bool:
    """Whether a session of Socket Mode is open."""
    state = httpx.get(f"{where.slack.page_url}control/state", timeout=10, trust_env=False).json()
    return bool(state["sessions"])


def test_a_click_changes_the_decision_and_proves_who_did_it(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    assert anyhow.click(ts, "acknowledge", ANNA)["ok"]
    anyhow.soon("it is acknowledged", lambda: anyhow.state(decision) == "acknowledged")
    assert anyhow.acts(decision) == [("acknowledge", f"slack:{ANNA}")]
    row = next(row for row in anyhow.audited("acknowledge") if row["decision"] == decision)
    assert (row["actor"], row["transport"]) == (f"slack:{ANNA}", "slack")
    assert row["details"]["origin"]["team"] == "T0WAREHOUSE"
    assert row["details"]["origin"]["payload"]["user"]["id"] == ANNA
    assert [secret for secret in SECRETS if secret in json.dumps(row)] == []


def test_the_same_click_delivered_twice_counts_once(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    anyhow.click(ts, "confirm", ANNA, copies=2)
    anyhow.soon("it is confirmed", lambda: anyhow.state(decision) == "confirmed")
    assert anyhow.acts(decision) == [("confirm", f"slack:{ANNA}")]
    assert anyhow.whispers(ANNA) == []


def test_who_clicks_twice_in_a_hurry_is_not_told_off(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    assert anyhow.click(ts, "acknowledge", ANNA, times=2)["ok"]
    anyhow.soon("both are taken", lambda: anyhow.daemon.store.waiting() == [])
    assert anyhow.acts(decision) == [("acknowledge", f"slack:{ANNA}")]
    assert anyhow.whispers(ANNA) == []


def test_the_same_click_on_both_transports_counts_once(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    with by_http.slack.held() as workspace:
        payload = people.click(workspace, channel=CHANNEL, ts=ts, action_id="acknowledge", user=ANNA)
    answering = answering_of(by_http)
    assert by_http.post(*request(payload)) == 200
    assert answering.take(asked(payload, Way.SOCKET, "socket/e-1")).receipt is Receipt.REPEATED
    by_http.soon("it is acknowledged", lambda: by_http.state(decision) == "acknowledged")
    assert by_http.acts(decision) == [("acknowledge", f"slack:{ANNA}")]


def test_of_two_people_at_once_one_wins_and_the_other_learns_who(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    before = {user: len(anyhow.whispers(user)) for user in (ANNA, BEN)}
    racers = [threading.Thread(target=anyhow.click, args=(ts, "confirm", user)) for user in (ANNA, BEN)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    anyhow.soon("both are taken", lambda: anyhow.acts(decision) and anyhow.daemon.store.waiting() == [])
    ((done, winner),) = anyhow.acts(decision)
    loser = BEN if winner.endswith(ANNA) else ANNA
    told = anyhow.soon("the loser is told", lambda: anyhow.whispers(loser)[before[loser] :])
    assert done == "confirm"
    assert winner.removeprefix("slack:") in told[0] or "Anna" in told[0] or "Ben" in told[0]
    assert "confirmed the pause" in told[0]
    assert "rev 2" in told[0]
    assert len(anyhow.whispers(winner.removeprefix("slack:"))) == before[winner.removeprefix("slack:")]


def test_a_click_on_an_old_card_changes_nothing_and_says_what_happened_since(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    act(by_http.daemon.desk, decision, ActRequest(Act.CONFIRM, "cli:eva"), transport="cli", now=now(by_http))
    before = len(by_http.whispers(CARLA))
    assert by_http.click(ts, "acknowledge", CARLA)["ok"]
    told = by_http.soon("Carla is told", lambda: by_http.whispers(CARLA)[before:])
    assert "eva confirmed the pause" in told[0]
    assert by_http.acts(decision) == [("confirm", "cli:eva")]


def test_a_link_is_acknowledged_and_changes_nothing(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    links = [{"type": "button", "action_id": "link_logs", "action_ts": "1.0", "value": None}]
    with by_http.slack.held() as workspace:
        payload = people.click(workspace, channel=CHANNEL, ts=ts, action_id="acknowledge", user=ANNA)
    before = by_http.metric("link", "http", "noted")
    assert by_http.post(*request({**payload, "actions": links})) == 200
    assert by_http.metric("link", "http", "noted") == before + 1
    assert by_http.acts(decision) == []


# ------------------------------------------------------------------------------------------------------------- dialogs


def test_an_override_asks_for_category_reason_end_and_ticket(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    assert anyhow.click(ts, "override", ANNA)["ok"]
    view = anyhow.dialog()["view"]
    assert (view["callback_id"], view["private_metadata"]) == ("override", f"{decision}|1|1")
    entered = {"category": "accepted-risk", "reason": "peak hour"}
    answers = [
        anyhow.submit(ANNA, **entered, end=in_hours(9))["answer"],
        anyhow.submit(ANNA, **entered, end=in_hours(-1))["answer"],
        anyhow.submit(ANNA, category="x", reason="   ", end=in_hours(1))["answer"],
        anyhow.submit(ANNA, **entered, end=in_hours(1), link="ftp://tickets")["answer"],
    ]
    assert [answer["response_action"] for answer in answers] == ["errors"] * 4
    assert [list(answer["errors"]) for answer in answers] == [["end"], ["end"], ["reason"], ["link"]]
    assert anyhow.acts(decision) == []
    assert anyhow.submit(ANNA, **entered, end=in_hours(1), link="https://tickets.example/7")["answer"] is None
    anyhow.soon("it is overridden", lambda: anyhow.state(decision) == "overridden")
    overridden = anyhow.decision(decision).acts[-1]
    assert (overridden.reason, overridden.details["category"]) == ("peak hour", "accepted-risk")
    assert overridden.details["links"] == [{"kind": "ticket", "url": "https://tickets.example/7"}]


def test_an_override_of_fewer_grounds_than_there_are_by_now_is_stale(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    by_http.click(ts, "override", ANNA)
    site = by_http.decision(decision).site or SiteId("")
    pause(by_http.daemon.desk, Stop("fire", "smoke", "cli:lena", site=site), transport="cli", now=now(by_http))
    before = len(by_http.whispers(ANNA))
    assert by_http.submit(ANNA, category="x", reason="y", end=in_hours(1))["ok"]
    told = by_http.soon("Anna is told", lambda: by_http.whispers(ANNA)[before:])
    assert "Grounds were added since they were shown: fire" in told[0]
    assert by_http.acts(decision) == []


def test_a_roll_back_is_recorded_flagged_and_closed(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    assert by_http.choose(ts, decision, "roll-back", BEN)["ok"]
    entered = {"what": "release", "from": "4.12.0", "to": "4.11.7", "reason": "labels"}
    assert by_http.submit(BEN, **entered)["answer"] is None
    by_http.soon("nothing can verify it", lambda: by_http.state(decision) == "flagged")
    by_http.soon("the card says so", lambda: shown_rev(by_http, ts) == by_http.decision(decision).rev)
    assert by_http.click(ts, "close", ANNA)["ok"]
    assert by_http.submit(ANNA, reason="moved to INC-12")["answer"] is None
    by_http.soon("it is closed", lambda: by_http.state(decision) == "closed")
    assert [done for done, _who in by_http.acts(decision)] == ["roll-back", "rollback-flagged", "close"]


def test_a_resume_that_is_not_possible_opens_no_dialog_and_says_why(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    before, dialogs = len(by_http.whispers(BEN)), by_http.dialogs()
    assert by_http.choose(ts, decision, "resume", BEN)["ok"]
    told = by_http.soon("Ben is told", lambda: by_http.whispers(BEN)[before:])
    assert "neither recovered nor was resolved" in told[0]
    assert by_http.dialogs() == dialogs


# -------------------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize(
    ("act_name", "user", "why"),
    [
        pytest.param("override", CARLA, "Only the people and groups", id="not in the group"),
        pytest.param("resume", ANNA, "Only the people and groups", id="not listed"),
        pytest.param("dismiss", ANNA, "Nobody may dismiss from Slack", id="nobody is listed"),
    ],
)
def test_who_has_no_right_is_told_and_audited_and_changes_nothing(
    by_http: Floor, act_name: str, user: str, why: str
) -> None:
    decision, ts = by_http.stop()
    before, refused, dialogs = len(by_http.whispers(user)), len(by_http.audited("refused")), by_http.dialogs()
    if act_name == "override":
        by_http.click(ts, act_name, user)
    else:
        by_http.choose(ts, decision, act_name, user)
    told = by_http.soon("the person is told", lambda: by_http.whispers(user)[before:])
    assert why in told[0]
    row = by_http.audited("refused")[refused]
    assert (row["actor"], row["decision"], row["details"]["act"]) == (f"slack:{user}", decision, act_name)
    assert (by_http.acts(decision), by_http.dialogs()) == ([], dialogs)


def test_a_group_that_cannot_be_looked_up_lets_nobody_override_and_everybody_acknowledge(tmp_path: Path) -> None:
    with floor(tmp_path) as shop:
        decision, ts = shop.stop()
        shop.slack.control("settings", groups_fail="internal_error")
        assert shop.click(ts, "override", ANNA)["ok"]
        told = shop.soon("Anna is told", lambda: shop.whispers(ANNA))
        assert "could not be looked up" in told[0]
        assert len(shop.audited("refused")) == 1
        assert shop.click(ts, "acknowledge", ANNA)["ok"]
        shop.soon("it is acknowledged", lambda: shop.state(decision) == "acknowledged")
        shop.slack.control("settings", groups_fail=None)
        shop.soon("the card says so", lambda: shown_rev(shop, ts) == shop.decision(decision).rev)
        assert shop.click(ts, "override", ANNA)["ok"]
        assert shop.dialogs() == 1


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
        pytest.param(GOOD, {"age": -301}, 401, id="from the future"),
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


def test_a_word_in_the_thread_answers_once(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    words = ThreadWords(by_http.daemon, people_of(by_http), answering_of(by_http))
    by_http.slack.say(CHANNEL, ANNA, "what is this, ack it?", thread_ts=ts)
    by_http.slack.say(CHANNEL, BEN, "Ack.", thread_ts=ts)
    by_http.soon("it is acknowledged", lambda: [heard(words, by_http)] and by_http.state(decision) == "acknowledged")
    by_http.slack.say(CHANNEL, ANNA, "ack", thread_ts=ts)
    before = len(by_http.whispers(ANNA))
    again = ThreadWords(by_http.daemon, people_of(by_http), answering_of(by_http))
    told = by_http.soon("Anna learns who was first", lambda: heard(words, by_http)[before:])
    told = by_http.soon("and only once", lambda: heard(again, by_http)[before:])
    assert len(told) == 1
    assert "acknowledged" in told[0]
    assert by_http.acts(decision) == [("acknowledge", f"slack:{BEN}")]


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


# --------------------------------------------------------------------------------------------------------------- pieces


def heard(words: ThreadWords, where: Floor) -> list[str]:
    """Read the threads once more; return what Anna was told so far."""
    words.read()
    return where.whispers(ANNA)


def now(where: Floor) -> datetime:
    return where.daemon.clock.now()


def request(payload: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    """Sign *payload* as Slack would."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return body, signed(body, secret=SECRET, timestamp=int(time.time()))


def people_of(where: Floor) -> SlackPeople:
    return SlackPeople("xoxb-story", where.slack.api_url, now=where.daemon.clock.now)


def answering_of(where: Floor) -> Answering:
    """A second taker on the same inbox, whose own thread does not run."""
    return Answering(where.daemon, people_of(where), where.daemon.store)


def shown_rev(where: Floor, ts: str) -> int:
    """Return the revision that the card shows."""
    found = next(message for message in where.slack.messages(CHANNEL) if message["ts"] == ts)
    rev: int = found["metadata"]["event_payload"]["rev"]
    return rev
