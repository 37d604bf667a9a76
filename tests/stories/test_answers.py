"""People answer from Slack, over real HTTP and a real Socket Mode session, also when two want the same at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act
from stopwatch.core.inbox import Receipt, Way
from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.demo.slack import people
from stopwatch.slack.inbound import asked
from stopwatch.watch.acts.commands import act, pause
from tests.stories.answering import (
    ANNA,
    BEN,
    CARLA,
    CHANNEL,
    Floor,
    answering_of,
    floor,
    in_hours,
    now,
    request,
    shown_rev,
)

pytestmark = pytest.mark.slow

SECRETS = ("response_url", "trigger_id", "verification-token-is-deprecated")


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
    name = {ANNA: "anna", BEN: "ben"}[winner.removeprefix("slack:")]
    assert f"{name} confirmed the pause" in told[0]
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
