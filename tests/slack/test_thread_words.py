"""In a thread exactly two words answer, said by people, after the card."""

from __future__ import annotations

from typing import Any

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.inbox import Deed
from stopwatch.slack.thread_words import answers_in, newest
from tests.slack.decisions import CHANNEL, ID, OPENED

ROOT = f"{OPENED.timestamp():.6f}"
LATER = f"{OPENED.timestamp() + 60:.6f}"


def message(text: str, **more: object) -> dict[str, Any]:
    """A reply of Anna's."""
    return {"type": "message", "user": "U0ANNA", "text": text, "ts": LATER, "thread_ts": ROOT, "team": "T0"} | more


def acts(*messages: dict[str, Any]) -> list[Deed]:
    """What counts of *messages*."""
    return [deed.act for deed in answers_in(messages, ID, channel=CHANNEL, thread=ROOT, since=OPENED)]


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("ack", Act.ACKNOWLEDGE),
        ("Acknowledge", Act.ACKNOWLEDGE),
        (" ACK. ", Act.ACKNOWLEDGE),
        ("confirm!", Act.CONFIRM),
    ],
)
def test_a_word_answers_however_it_is_written(text: str, act: Act) -> None:
    assert acts(message(text)) == [act]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(message("I will ack this"), id="within a sentence"),
        pytest.param(message("override"), id="an act that needs a right"),
        pytest.param(message("resume"), id="another one"),
        pytest.param(message("ack", bot_id="B0"), id="a bot"),
        pytest.param(message("ack", app_id="A0"), id="an app"),
        pytest.param(message("ack", subtype="thread_broadcast"), id="a special message"),
        pytest.param(message("ack", ts=ROOT), id="the card itself"),
        pytest.param(message("ack", ts=f"{OPENED.timestamp() - 1:.6f}"), id="before the pause came back"),
        pytest.param(message("ack", ts="soon"), id="no ts"),
        pytest.param(message("ack", user=None), id="nobody"),
        pytest.param(message("ack", user="anna"), id="no user id"),
        pytest.param(message("ack") | {"text": None}, id="no text"),
    ],
)
def test_nothing_else_answers(other: dict[str, Any]) -> None:
    assert acts(other) == []


def test_each_message_is_one_deed_with_its_author() -> None:
    (deed,) = answers_in([message("ack")], ID, channel=CHANNEL, thread=ROOT, since=OPENED)
    assert (deed.key, deed.actor, deed.rev, deed.team) == (f"word/{CHANNEL}/{LATER}", "slack:U0ANNA", None, "T0")


def test_the_next_reading_begins_after_the_newest_message() -> None:
    assert newest([message("a"), message("b", ts=ROOT), message("c", ts="x")], ROOT) == LATER
    assert newest([], ROOT) == ROOT
