"""A chart in the thread: a file that nobody sees, then a message that shows it; words where files are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stopwatch.core.outbox import Delivery, Detail, Effect, MessageKind
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.slack.pictures import ALT_MOST, PATIENCE, SlackPictures, shown
from stopwatch.slack.upload import COMPLETE, PLACE, PUT, Picture
from tests.slack.decisions import CHANNEL, item, opened, root
from tests.slack.test_client import found, row_of
from tests.slack.test_golden import compare

TOKEN = "xoxb-pictures"
PICTURE = Picture(b"\x89PNG\r\n\x1a\n" + b"x" * 500, "Integration 5xx · Hamburg <ham-01>", "Newest 7.4 %, limit 5 %.")
DECISION = opened()
ROW = row_of(item(DECISION, MessageKind.IMAGE, "g", {"ground": "g", "evidence": "ab" * 32}))


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator(tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(per_second=0, tiers=False)) as made:
        yield made


@pytest.fixture(autouse=True)
def fresh(slack: SlackEmulator) -> Iterator[None]:
    with slack.held() as workspace:
        workspace.reset()
        workspace.settings.file_delay = 0.0
    yield
    assert slack.violations() == []


def notifier(slack: SlackEmulator, picture: Picture | None = PICTURE) -> SlackPictures:
    return SlackPictures(TOKEN, slack.api_url, now=lambda: datetime.now(UTC), picture_of=lambda _sha256: picture)


def card(slack: SlackEmulator) -> str:
    sent = notifier(slack).post(row_of(root(DECISION)), DECISION, thread=None, detail=Detail.FULL)
    assert sent.ts is not None
    return sent.ts


def send(
    slack: SlackEmulator, thread: str, detail: Detail = Detail.FULL, picture: Picture | None = PICTURE
) -> Delivery:
    return notifier(slack, picture).post(ROW, DECISION, thread=thread, detail=detail)


def reply(slack: SlackEmulator, thread: str) -> dict[str, Any]:
    (shown,) = [message for message in slack.messages(CHANNEL) if message["ts"] != thread]
    return shown


def uploads(slack: SlackEmulator) -> int:
    return sum(call.method == PLACE for call in slack.log())


def test_the_message_is_what_its_golden_file_says() -> None:
    compare("picture", shown(ROW.message, DECISION, PICTURE, "F0000000042"))


def test_the_picture_stands_in_the_thread_like_any_other_message(slack: SlackEmulator) -> None:
    thread = card(slack)
    sent = send(slack, thread)
    message = reply(slack, thread)
    assert (sent.effect, sent.ts, message["thread_ts"]) == (Effect.SENT, message["ts"], thread)
    assert message["text"] == "Evidence abababababab: Integration 5xx · Hamburg &lt;ham-01&gt;"
    payload = {"decision": DECISION.id, "kind": "image", "key": ROW.message.key, "rev": ROW.message.rev}
    assert message["metadata"] == {"event_type": "stopwatch_decision", "event_payload": payload}
    block = message["blocks"][0]
    assert (block["title"]["text"], block["alt_text"]) == (PICTURE.title, PICTURE.words)
    with slack.held() as workspace:
        assert workspace.files[block["slack_file"]["id"]]["content"] == PICTURE.png
    assert found(notifier(slack).find(ROW, thread=thread)) == [sent.ts]


def test_the_file_itself_is_shared_with_nobody(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread)
    (completed,) = [call for call in slack.log() if call.method == COMPLETE]
    assert set(completed.args) == {"files"}
    assert not reply(slack, thread)["files"]


@pytest.mark.parametrize(
    ("method", "fault", "effect"),
    [
        pytest.param(PLACE, {"kind": "status", "status": 500}, Effect.NOT_SENT, id="no place, 500"),
        pytest.param(
            PLACE, {"kind": "status", "status": 429, "retry_after": "7"}, Effect.THROTTLED, id="no place, 429"
        ),
        pytest.param(PLACE, {"kind": "error", "error": "missing_scope"}, Effect.BAD_FORMAT, id="no right to files"),
        pytest.param(PLACE, {"kind": "error", "error": "restricted_action"}, Effect.BAD_FORMAT, id="no files here"),
        pytest.param(PLACE, {"kind": "error", "error": "token_revoked"}, Effect.BAD_APP, id="no token"),
        pytest.param(PUT, {"kind": "status", "status": 503}, Effect.NOT_READY, id="bytes not taken"),
        pytest.param(COMPLETE, {"kind": "status", "status": 503}, Effect.NOT_READY, id="completed perhaps"),
        pytest.param(COMPLETE, {"kind": "reset", "accepted": True}, Effect.NOT_READY, id="completed, not said"),
        pytest.param(COMPLETE, {"kind": "error", "error": "storage_limit_reached"}, Effect.BAD_FORMAT, id="no room"),
    ],
)
def test_an_upload_that_fails_has_sent_nothing(
    slack: SlackEmulator, method: str, fault: dict[str, object], effect: Effect
) -> None:
    thread = card(slack)
    slack.fault(Fault.from_json({"method": method, **fault}))
    outcome = send(slack, thread)
    assert (outcome.effect, outcome.step) == (effect, method)
    assert [message["ts"] for message in slack.messages(CHANNEL)] == [thread]


@pytest.mark.parametrize(
    ("fault", "effect"),
    [
        pytest.param({"kind": "reset", "accepted": True}, Effect.AMBIGUOUS, id="answer lost"),
        pytest.param({"kind": "error", "error": "channel_not_found"}, Effect.BAD_DESTINATION, id="no channel"),
        pytest.param({"kind": "error", "error": "invalid_metadata_format"}, Effect.BAD_FORMAT, id="no metadata"),
        pytest.param({"kind": "error", "error": "invalid_slack_file"}, Effect.NOT_READY, id="file not ready"),
    ],
)
def test_the_message_that_shows_it_ends_as_any_message_does(
    slack: SlackEmulator, fault: dict[str, object], effect: Effect
) -> None:
    thread = card(slack)
    slack.fault(Fault.from_json({"method": "chat.postMessage", **fault}))
    assert send(slack, thread).effect is effect


def test_a_file_that_slack_still_works_on_is_waited_for_and_not_uploaded_again(slack: SlackEmulator) -> None:
    thread, clock = card(slack), [datetime.now(UTC)]
    pictures = SlackPictures(TOKEN, slack.api_url, now=lambda: clock[0], picture_of=lambda _sha256: PICTURE)
    with slack.held() as workspace:
        workspace.settings.file_delay = 600.0
    for _ in range(3):
        outcome = pictures.post(ROW, DECISION, thread=thread, detail=Detail.FULL)
        assert (outcome.effect, outcome.code) == (Effect.NOT_READY, "invalid_blocks")
    assert uploads(slack) == 1
    with slack.held() as workspace:
        for file in workspace.files.values():
            file["ready_at"] = workspace.now()
    assert pictures.post(ROW, DECISION, thread=thread, detail=Detail.FULL).effect is Effect.SENT
    assert uploads(slack) == 1


@pytest.mark.parametrize(
    "passed",
    [pytest.param(PATIENCE, id="two minutes"), pytest.param(-timedelta(hours=1), id="the clock was set back")],
)
def test_patience_with_a_picture_ends(slack: SlackEmulator, passed: timedelta) -> None:
    thread, clock = card(slack), [datetime.now(UTC)]
    pictures = SlackPictures(TOKEN, slack.api_url, now=lambda: clock[0], picture_of=lambda _sha256: PICTURE)
    slack.fault(Fault.from_json({"method": PUT, "kind": "status", "status": 503, "times": None}))
    assert pictures.post(ROW, DECISION, thread=thread, detail=Detail.FULL).effect is Effect.NOT_READY
    clock[0] += passed
    assert pictures.post(ROW, DECISION, thread=thread, detail=Detail.FULL).effect is Effect.BAD_FORMAT


@pytest.mark.parametrize("detail", [Detail.COMPACT, Detail.TEXT, Detail.BARE])
def test_where_files_are_refused_the_same_numbers_are_told(slack: SlackEmulator, detail: Detail) -> None:
    thread = card(slack)
    sent = send(slack, thread, detail)
    message = reply(slack, thread)
    assert (message["ts"], message["thread_ts"]) == (sent.ts, thread)
    assert "Newest 7.4 %, limit 5 %." in message["text"] + str(message.get("blocks"))
    assert found(notifier(slack).find(ROW, thread=thread)) == [sent.ts]


def test_what_cannot_be_drawn_is_said(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread, picture=None)
    message = reply(slack, thread)
    assert message["text"].startswith("The evidence could not be drawn.")


def test_words_longer_than_slack_takes_are_clipped(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread, picture=Picture(PICTURE.png, "x" * 1000, "y" * 5000))
    message = reply(slack, thread)
    block = message["blocks"][0]
    assert (len(block["alt_text"]), len(block["title"]["text"])) == (ALT_MOST, 150)


def test_an_address_that_takes_nothing_leaves_nothing_behind(slack: SlackEmulator) -> None:
    thread = card(slack)
    wrong = Picture(b"", "title", "words")
    outcome = notifier(slack, wrong).post(ROW, DECISION, thread=thread, detail=Detail.FULL)
    assert outcome.effect is not Effect.SENT
    assert [message["ts"] for message in slack.messages(CHANNEL)] == [thread]
