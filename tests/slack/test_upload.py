"""A chart in the thread: uploaded in three steps, found by its file name, told in words where files are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stopwatch.core.outbox import Delivery, Detail, Effect, MessageKind, OutboxRow
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.slack.pictures import SlackPictures
from stopwatch.slack.upload import ALT_MOST, Picture, file_name
from tests.slack.decisions import CHANNEL, item, opened, root
from tests.slack.test_client import found, row_of

TOKEN = "xoxb-pictures"
PICTURE = Picture(b"\x89PNG\r\n\x1a\n" + b"x" * 500, "Integration 5xx · Hamburg <ham-01>", "Newest 7.4 %, limit 5 %.")
DECISION = opened()
ROW = row_of(item(DECISION, MessageKind.IMAGE, "g", {"ground": "g", "evidence": "ab" * 32}))


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackEmulator]:
    with SlackEmulator(tokens=[TOKEN], channels={CHANNEL: "hypercare"}, pace=Pace(per_second=0, tiers=False)) as made:
        with made.held() as workspace:
            workspace.settings.file_delay = 0.0
        yield made


@pytest.fixture(autouse=True)
def fresh(slack: SlackEmulator) -> Iterator[None]:
    with slack.held() as workspace:
        workspace.reset()
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


def test_the_picture_stands_in_the_thread_with_its_words(slack: SlackEmulator) -> None:
    thread = card(slack)
    sent = send(slack, thread)
    (shown,) = [message for message in slack.messages(CHANNEL) if message["ts"] != thread]
    assert (sent.effect, sent.ts) == (Effect.SENT, shown["files"][0]["id"])
    assert shown["thread_ts"] == thread
    assert shown["text"] == "Evidence abababababab: Integration 5xx · Hamburg &lt;ham-01&gt;"
    (file,) = shown["files"]
    assert (file["name"], file["title"], file["alt_txt"]) == (file_name(ROW.message.key), PICTURE.title, PICTURE.words)
    with slack.held() as workspace:
        assert workspace.files[file["id"]]["content"] == PICTURE.png


def test_it_is_found_again_by_the_name_of_its_file(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread)
    other = row_of(item(DECISION, MessageKind.IMAGE, "another", {}))
    (shown,) = [message["ts"] for message in slack.messages(CHANNEL) if message["ts"] != thread]
    assert found(notifier(slack).find(ROW, thread=thread)) == [shown]
    assert found(notifier(slack).find(other, thread=thread)) == []


@pytest.mark.parametrize(
    ("method", "fault", "effect"),
    [
        pytest.param(
            "files.getUploadURLExternal", {"kind": "status", "status": 500}, Effect.NOT_SENT, id="no place, 500"
        ),
        pytest.param(
            "files.getUploadURLExternal",
            {"kind": "status", "status": 429, "retry_after": "7"},
            Effect.THROTTLED,
            id="no place, 429",
        ),
        pytest.param(
            "files.getUploadURLExternal",
            {"kind": "error", "error": "missing_scope"},
            Effect.BAD_FORMAT,
            id="no right to files",
        ),
        pytest.param(
            "files.getUploadURLExternal", {"kind": "error", "error": "token_revoked"}, Effect.BAD_APP, id="no token"
        ),
        pytest.param(
            "files.completeUploadExternal", {"kind": "status", "status": 503}, Effect.AMBIGUOUS, id="shown perhaps"
        ),
        pytest.param(
            "files.completeUploadExternal",
            {"kind": "error", "error": "storage_limit_reached"},
            Effect.BAD_FORMAT,
            id="no room",
        ),
        pytest.param(
            "files.completeUploadExternal",
            {"kind": "error", "error": "channel_not_found"},
            Effect.BAD_DESTINATION,
            id="no channel",
        ),
    ],
)
def test_only_the_last_step_can_end_unknown(
    slack: SlackEmulator, method: str, fault: dict[str, object], effect: Effect
) -> None:
    thread = card(slack)
    slack.fault(Fault.from_json({"method": method, **fault}))
    assert send(slack, thread).effect is effect


@pytest.mark.parametrize("detail", [Detail.COMPACT, Detail.TEXT, Detail.BARE])
def test_where_files_are_refused_the_same_numbers_are_told(slack: SlackEmulator, detail: Detail) -> None:
    thread = card(slack)
    sent = send(slack, thread, detail)
    (shown,) = [message for message in slack.messages(CHANNEL) if message["ts"] != thread]
    assert (shown["ts"], shown["thread_ts"]) == (sent.ts, thread)
    assert "Newest 7.4 %, limit 5 %." in shown["text"] + str(shown.get("blocks"))
    assert found(notifier(slack).find(ROW, thread=thread)) == [sent.ts]


def test_what_cannot_be_drawn_is_said(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread, picture=None)
    (shown,) = [message for message in slack.messages(CHANNEL) if message["ts"] != thread]
    assert shown["text"].startswith("The evidence could not be drawn.")


def test_words_longer_than_slack_takes_are_clipped(slack: SlackEmulator) -> None:
    thread = card(slack)
    send(slack, thread, picture=Picture(PICTURE.png, "x" * 1000, "y" * 5000))
    (shown,) = [message for message in slack.messages(CHANNEL) if message["ts"] != thread]
    assert (len(shown["files"][0]["alt_txt"]), len(shown["files"][0]["title"])) == (ALT_MOST, 150)


def test_an_address_that_takes_nothing_leaves_nothing_behind(slack: SlackEmulator) -> None:
    thread = card(slack)
    row: OutboxRow = ROW
    wrong = Picture(b"", "title", "words")
    outcome = notifier(slack, wrong).post(row, DECISION, thread=thread, detail=Detail.FULL)
    assert outcome.effect is not Effect.SENT
    assert [message["ts"] for message in slack.messages(CHANNEL)] == [thread]
