"""People stop the rollout from Slack, by command and by shortcut, over real HTTP and a real Socket Mode session."""

from __future__ import annotations

import json

import pytest

from tests.stories.answering import ANNA, BEN, CARLA, CHANNEL, SITES, Floor, command, shown_rev

pytestmark = pytest.mark.slow


def stopped(where: Floor, site: str) -> str | None:
    """Return the live decision of a site."""
    with where.daemon.store.reading() as view:
        found = view.live_decision("story", site)
    return found.id if found else None


def next_site(where: Floor) -> str:
    """Return a site that nobody has stopped yet."""
    where.opened += 1
    return SITES[where.opened - 1]


def test_a_command_opens_a_dialog_and_the_dialog_a_pause(anyhow: Floor) -> None:
    site = next_site(anyhow)
    assert command(anyhow, ANNA, site)["ok"]
    view = anyhow.dialog()["view"]
    element = next(block["element"] for block in view["blocks"] if block["block_id"] == "scope")
    assert (view["callback_id"], element["initial_option"]["value"]) == ("pause", f"site:{site}")
    entered = {"scope": f"site:{site}", "criterion": "operational-blocker", "reason": "belt B stands"}
    answer = anyhow.submit(ANNA, **entered, link="ftp://tickets")["answer"]
    assert list(answer["errors"]) == ["link"]
    assert anyhow.submit(ANNA, **entered, link="https://tickets.example/9")["answer"] is None
    decision = anyhow.soon("the site is paused", lambda: stopped(anyhow, site))
    row = next(row for row in anyhow.audited("pause") if row["decision"] == decision)
    assert (row["actor"], row["transport"], row["reason"]) == (f"slack:{ANNA}", "slack", "belt B stands")
    assert row["details"]["origin"]["payload"]["user"]["id"] == ANNA
    assert "response_url" not in json.dumps(row)
    ts = anyhow.soon("its card stands", lambda: anyhow.card(decision))
    card = next(message for message in anyhow.slack.messages(CHANNEL) if message["ts"] == ts)
    assert "declared by anna: “belt B stands”" in json.dumps(card["blocks"], ensure_ascii=False)
    assert "https://tickets.example/9" in json.dumps(card["blocks"])


def test_a_command_is_written_down_before_it_is_answered_and_counts_once(by_http: Floor) -> None:
    before, dialogs = by_http.metric("pause", "http", "asked"), by_http.dialogs()
    order = {"channel": CHANNEL, "user": BEN, "command": "/stop-rollout", "text": "", "copies": 2}
    first, again = by_http.slack.control("command", **order)["outcomes"]
    assert (first["status"], again["status"]) in {(200, 200), (200, 401)}
    assert (by_http.metric("pause", "http", "asked"), by_http.dialogs()) == (before + 1, dialogs + 1)


def test_who_may_not_stop_is_told_where_he_typed_it_and_audited(anyhow: Floor) -> None:
    dialogs, refused = anyhow.dialogs(), len(anyhow.audited("refused"))
    outcome = command(anyhow, CARLA)
    assert outcome["ok"]
    assert outcome["answer"]["response_type"] == "ephemeral"
    assert "Only the people and groups that the plan lists under slack.rights.pause" in outcome["answer"]["text"]
    assert anyhow.dialogs() == dialogs
    (row,) = anyhow.audited("refused")[refused:]
    assert (row["actor"], row["details"]["act"]) == (f"slack:{CARLA}", "pause")


def test_a_message_becomes_the_reason_of_a_stop(anyhow: Floor) -> None:
    site = next_site(anyhow)
    ts = anyhow.slack.say(CHANNEL, CARLA, "parcels without labels at dock 4")
    assert anyhow.slack.control("shortcut", channel=CHANNEL, ts=ts, user=ANNA, callback_id="pause")["ok"]
    reason = next(block for block in anyhow.dialog()["view"]["blocks"] if block["block_id"] == "reason")
    assert reason["element"]["initial_value"] == "parcels without labels at dock 4"
    entered = {"scope": f"site:{site}", "criterion": "sev1", "reason": "parcels without labels"}
    assert anyhow.submit(ANNA, **entered)["answer"] is None
    anyhow.soon("the site is paused", lambda: stopped(anyhow, site))


def test_a_stop_joins_the_pause_that_stands(by_http: Floor) -> None:
    decision, _ts = by_http.stop()
    site = by_http.decision(decision).site
    command(by_http, ANNA, str(site))
    by_http.submit(ANNA, scope=f"site:{site}", criterion="operational-blocker", reason="belt B stands")
    by_http.soon("it has two grounds", lambda: len(by_http.decision(decision).grounds) == 2)


def test_a_ticket_is_attached_from_the_menu(anyhow: Floor) -> None:
    decision, ts = anyhow.stop()
    assert anyhow.choose(ts, decision, "attach", ANNA)["ok"]
    assert anyhow.dialog()["view"]["callback_id"] == "attach"
    assert list(anyhow.submit(ANNA, link="tickets/7")["answer"]["errors"]) == ["link"]
    assert anyhow.submit(ANNA, link="https://tickets.example/7")["answer"] is None
    anyhow.soon("it is attached", lambda: anyhow.acts(decision) == [("attach", f"slack:{ANNA}")])
    anyhow.soon("the card shows it", lambda: "https://tickets.example/7" in json.dumps(anyhow.slack.messages(CHANNEL)))
    assert shown_rev(anyhow, ts) == 1
