"""People write into the issue log from Slack, over real HTTP and a real Socket Mode session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stopwatch.core.hypercare import Logged
from stopwatch.watch.acts.issues import log_of
from tests.stories.answering import ANNA, BEN, CARLA, CHANNEL, SITES, Floor, command

pytestmark = pytest.mark.slow

ENTERED = {"severity": "sev2", "description": "labels print twice", "owner": "Mia"}


def log(where: Floor) -> dict[str, Logged]:
    """Return the log by id."""
    plan = where.daemon.rule_set.plan
    with where.daemon.store.reading() as view:
        return {one.issue.id: one for one in log_of(view, plan, now=where.daemon.clock.now())}


def value(view: dict[str, Any], block: str) -> str | None:
    """Return what a block of a dialog begins with."""
    element = next(each["element"] for each in view["blocks"] if each.get("block_id") == block)
    option = element.get("initial_option")
    found: str | None = option["value"] if option else element.get("initial_value")
    return found


def test_an_issue_is_written_changed_and_resolved_from_the_command(anyhow: Floor) -> None:
    site, before = SITES[40], len(log(anyhow))
    assert command(anyhow, ANNA, f"issue {site} labels print")["ok"]
    view = anyhow.dialog()["view"]
    assert (view["callback_id"], value(view, "scope"), value(view, "description")) == (
        "issue",
        f"site:{site}",
        "labels print",
    )
    assert list(anyhow.submit(ANNA, **ENTERED, workaround="x" * 2001)["answer"]["errors"]) == ["workaround"]
    assert anyhow.submit(ANNA, **ENTERED, target="2035-01-31")["answer"] is None
    anyhow.soon("it is in the log", lambda: len(log(anyhow)) == before + 1)
    identity, logged = next((name, one) for name, one in log(anyhow).items() if one.issue.scope == site)
    issue = logged.issue
    assert (issue.opened_by, issue.owner, str(issue.target)) == (f"slack:{ANNA}", "Mia", "2035-01-31")
    told = anyhow.soon("she is told", lambda: [text for text in anyhow.whispers(ANNA) if identity in text])
    assert f"*{identity}* (sev2, open) is in the issue log of {site.title()}" in told[-1]
    assert f"On the page `/issues`, or change it with `/stop-rollout issue {identity}`" in told[-1]
    row = anyhow.audited("issue.open")[-1]
    assert (row["actor"], row["transport"], row["details"]["item"]) == (f"slack:{ANNA}", "slack", identity)
    assert row["details"]["origin"]["payload"]["user"]["id"] == ANNA
    assert not [secret for secret in ("response_url", "trigger_id") if secret in json.dumps(row)]

    assert command(anyhow, BEN, f"issue {identity}")["ok"]
    assert (value(anyhow.dialog()["view"], "owner"), value(anyhow.dialog()["view"], "status")) == ("Mia", "open")
    assert list(anyhow.submit(BEN, status="resolved")["answer"]["errors"]) == ["note"]
    assert anyhow.submit(BEN, status="resolved", note="fixed with 4.12.1")["answer"] is None
    anyhow.soon("it is resolved", lambda: not log(anyhow)[identity].issue.open)
    last = log(anyhow)[identity].issue.history[-1]
    assert (last.actor, last.note) == (f"slack:{BEN}", "fixed with 4.12.1")
    assert anyhow.slack.violations() == []


def test_a_message_becomes_an_issue_and_two_deliveries_are_one(by_http: Floor) -> None:
    before = len(log(by_http))
    ts = by_http.slack.say(CHANNEL, CARLA, "parcels without labels at dock 4")
    assert by_http.slack.control("shortcut", channel=CHANNEL, ts=ts, user=ANNA, callback_id="issue")["ok"]
    held = by_http.dialog()["view"]
    assert value(held, "description") == "parcels without labels at dock 4"
    order = {"view": held["id"], "user": ANNA, "values": {**ENTERED, "scope": f"site:{SITES[41]}"}, "copies": 2}
    outcomes = by_http.slack.control("submit", **order)["outcomes"]
    assert [outcome["answer"] for outcome in outcomes] == [None, None]
    by_http.soon("it is in the log", lambda: len(log(by_http)) == before + 1)
    assert by_http.metric("issue", "http", "applied") >= 1


def test_a_card_brings_its_site_along(by_http: Floor) -> None:
    decision, ts = by_http.stop()
    assert by_http.slack.control("shortcut", channel=CHANNEL, ts=ts, user=ANNA, callback_id="issue")["ok"]
    assert value(by_http.dialog()["view"], "scope") == f"site:{by_http.decision(decision).site}"


@pytest.mark.parametrize(
    ("user", "words", "answer"),
    [
        pytest.param(CARLA, "issue", "plan lists under slack.rights.issue may do that", id="without the right"),
        pytest.param(ANNA, f"issue {SITES[42]}-9", f"No issue {SITES[42]}-9", id="an issue that is not there"),
    ],
)
def test_who_cannot_be_helped_is_told_where_he_typed_it(anyhow: Floor, user: str, words: str, answer: str) -> None:
    dialogs = anyhow.dialogs()
    outcome = command(anyhow, user, words)
    assert outcome["answer"]["response_type"] == "ephemeral"
    assert answer in outcome["answer"]["text"]
    assert anyhow.dialogs() == dialogs


def test_who_writes_from_a_channel_without_us_is_told_in_ours(by_http: Floor) -> None:
    by_http.slack.control("channels", id="C0ELSEWHERE", member=False)
    order = {"channel": "C0ELSEWHERE", "user": BEN, "command": "/stop-rollout", "text": f"issue {SITES[43]}"}
    assert by_http.slack.control("command", **order)["ok"]
    assert by_http.submit(BEN, **ENTERED)["answer"] is None
    by_http.soon("he is told", lambda: [text for text in by_http.whispers(BEN) if f"{SITES[43]}-1" in text])
