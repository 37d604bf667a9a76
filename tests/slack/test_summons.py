"""Messages that call people say whom, why and since when, and no foreign word becomes a mention."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from stopwatch.core.decision import Act, Decision, Ground
from stopwatch.core.opening import join
from stopwatch.core.outbox import Detail, Message, MessageKind
from stopwatch.slack.card import CardTerms, card
from stopwatch.slack.summons import blind_words, call_words, is_broadcast, mentions, on_call_words, reminder_words
from stopwatch.slack.thread import thread_item
from tests.slack.decisions import CHANNEL, OPENED, SUMMARY, acted, manual_ground, opened, overridden, root, rule_ground

SINCE = "2026-11-21T10:16:15Z"


def test_a_call_names_the_place_and_who_has_not_answered() -> None:
    words = call_words({"since": SINCE, "state": "open", "mentions": ["U0ANNA", "S0ONCALL"]}, opened())
    assert words.startswith("<@U0ANNA> <!subteam^S0ONCALL> *Unanswered since <!date^")
    assert "Hamburg (ham-01) is paused and nobody has acknowledged it." in words


def test_a_call_about_an_undecided_pause_names_who_saw_it_without_mentioning_him() -> None:
    words = call_words({"since": SINCE, "state": "acknowledged"}, acted(opened(), Act.ACKNOWLEDGE, 7))
    assert words.startswith("*Acknowledged, undecided since <!date^")
    assert "anna saw that Hamburg (ham-01) is paused, and nobody decided" in words


@pytest.mark.parametrize(
    "identity",
    ["@here", "!channel", "U0ANNA>", "<!here>", "S0 ONCALL", "here", "", "u0anna", None, 7],
)
def test_what_is_no_id_mentions_nobody(identity: object) -> None:
    assert mentions({"mentions": [identity]}) == ""


def test_hostile_names_stay_words() -> None:
    hostile = "*<!channel>* :siren: <https://evil.example|here>"
    body = {"site": "ham-01", "site_name": hostile, "since": SINCE, "rules": [{"rule": hostile, "why": "no_data"}]}
    for words in (blind_words(body), blind_words(body | {"over": SINCE}), reminder_words({"holding": [hostile]})):
        assert "<!channel>" not in words
        assert "<https" not in words
        assert ":siren:" not in words


@pytest.mark.parametrize("body", [{}, {"rules": 7, "mentions": "U0ANNA", "since": 3, "holding": {}, "site": None}])
def test_missing_and_malformed_facts_still_make_a_message(body: dict[str, object]) -> None:
    for kind in (MessageKind.ESCALATION, MessageKind.REMINDER, MessageKind.BLIND):
        for detail in Detail:
            assert thread_item(Message("key", kind, CHANNEL, None, 0, body), None, detail).text


@pytest.mark.parametrize(
    ("kind", "act", "aloud"),
    [
        (MessageKind.ESCALATION, None, True),
        (MessageKind.ACT, "override", True),
        (MessageKind.ACT, "resume", True),
        (MessageKind.ACT, "acknowledge", False),
        (MessageKind.GROUND, None, False),
        (MessageKind.REMINDER, None, False),
        (MessageKind.SUMMARY, "override", False),
    ],
)
def test_only_escalation_override_and_resume_are_shown_in_the_channel(
    kind: MessageKind, act: str | None, *, aloud: bool
) -> None:
    assert is_broadcast(Message("key", kind, CHANNEL, None, 1, {"act": act})) is aloud


# ------------------------------------------------------------------------------------------------------------ the card


@pytest.mark.parametrize("detail", [Detail.FULL, Detail.COMPACT, Detail.TEXT, Detail.BARE])
def test_the_first_card_calls_who_is_on_call(detail: Detail) -> None:
    written = json.dumps(asdict(card(opened(), root(opened()), CardTerms(), detail)))
    assert written.count("On call: <@U0ANNA>") == 1


def declared(on_call: object, actor: str = "cli:lena") -> Ground:
    facts = {**(manual_ground().summary or {}), "severity": "page", "actor": actor, "on_call": on_call}
    return replace(manual_ground(), summary=facts)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        pytest.param(opened(), "On call: <@U0ANNA>", id="a rule that pages"),
        pytest.param(opened(rule_ground(summary={**SUMMARY, "severity": "notify"})), "", id="a rule that notifies"),
        pytest.param(opened(rule_ground(summary={**SUMMARY, "drill": True})), "", id="a drill"),
        pytest.param(opened(declared("S0NIGHT")), "On call: <!subteam^S0NIGHT>", id="a group"),
        pytest.param(opened(rule_ground(summary={**SUMMARY, "on_call": "anna"})), "", id="no id"),
        pytest.param(opened(declared(["U0ANNA", "U0BEN"])), "On call: <@U0ANNA> <@U0BEN>", id="a wide stop"),
        pytest.param(opened(declared("U0ANNA", "slack:U0ANNA")), "", id="who declared it"),
        pytest.param(acted(opened(), Act.ACKNOWLEDGE, 2), "", id="somebody has answered"),
        pytest.param(
            join(overridden(), declared(None), now=OPENED + timedelta(minutes=16)), "On call: <@U0ANNA>", id="again"
        ),
    ],
)
def test_a_card_calls_nobody_who_knows_or_need_not(decision: Decision, words: str) -> None:
    assert on_call_words(decision) == words
