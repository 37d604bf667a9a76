"""What Slack knows about people: groups for five minutes, names for a day, both asked on a real Slack emulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.outbox import Effect, MessageKind
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.slack.names import named_decision, named_message
from stopwatch.slack.people import SlackPeople
from stopwatch.slack.story import title
from tests.slack.decisions import CHANNEL, act_body, acted, item, opened

TOKEN = "xoxb-people"
ONCALL = frozenset({"U0ANNA", "U0BEN"})


@pytest.fixture
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator(tokens=(TOKEN,), pace=Pace(per_second=0, tiers=False)) as made:
        yield made
        assert made.violations() == []


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_members_of_a_group_are_known_for_five_minutes_and_no_longer(slack: SlackEmulator) -> None:
    clock = Hands()
    people = SlackPeople(TOKEN, slack.api_url, now=clock)
    assert people.members("S0ONCALL") == ONCALL
    slack.control("settings", groups_fail="internal_error")
    clock.now += timedelta(minutes=4, seconds=59)
    assert people.members("S0ONCALL") == ONCALL
    clock.now += timedelta(seconds=1)
    assert people.members("S0ONCALL") is None
    clock.now -= timedelta(hours=1)
    assert people.members("S0ONCALL") is None
    slack.control("settings", groups_fail=None)
    assert people.members("S0ONCALL") == ONCALL
    assert people.members("S0NOBODY") is None


def test_a_name_is_asked_for_once_a_day_and_an_unknown_one_again_after_minutes(slack: SlackEmulator) -> None:
    clock = Hands()
    people = SlackPeople(TOKEN, slack.api_url, now=clock)
    assert [people.name_of("U0ANNA"), people.name_of("U0ANNA"), people.name_of("U0ZOE")] == ["anna", "anna", None]
    clock.now += timedelta(hours=23)
    assert [people.name_of("U0ANNA"), people.name_of("U0ZOE")] == ["anna", None]
    assert [call.args["user"] for call in slack.log("users.info")] == ["U0ANNA", "U0ZOE", "U0ZOE"]


def test_only_the_person_himself_reads_a_whisper(slack: SlackEmulator) -> None:
    people = SlackPeople(TOKEN, slack.api_url, now=Hands())
    assert people.whisper(CHANNEL, "U0ANNA", "too late").effect is Effect.SENT
    assert people.whisper("C0GONE", "U0ANNA", "too late").effect is Effect.BAD_DESTINATION
    assert [(said["text"], said["only_for"]) for said in slack.messages(CHANNEL)] == [("too late", "U0ANNA")]


def test_a_dialog_whose_trigger_is_over_is_refused_in_words(slack: SlackEmulator) -> None:
    people = SlackPeople(TOKEN, slack.api_url, now=Hands())
    view: dict[str, object] = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "T"},
        "blocks": [{"type": "divider"}],
    }
    assert people.open("0.0.0", view).code != "ok"


def test_who_acted_from_slack_is_shown_by_name_and_never_as_a_mention() -> None:
    decision = acted(opened(), Act.ACKNOWLEDGE, 2, actor="slack:U0ANNA")

    def called(user: str) -> str | None:
        return {"U0ANNA": "Anna <!channel>"}.get(user)

    def nobody(_user: str) -> str | None:
        return None

    shown = named_decision(decision, called)
    assert "acknowledged by Anna <!channel>" in title(shown)
    assert named_decision(decision, nobody).acts == decision.acts
    body = act_body(decision) | {"items": [{"body": {"actor": "slack:U0ANNA", "text": "slack:U0ANNA"}}]}
    told = named_message(item(decision, MessageKind.ACT, "1", body), called)
    assert told.body["actor"] == "slack:Anna <!channel>"
    assert told.body["items"] == [{"body": {"actor": "slack:Anna <!channel>", "text": "slack:U0ANNA"}}]
