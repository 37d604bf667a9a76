"""Files: shared with a channel they appear there; shared with nobody, blocks may show them once looked through."""

from typing import Any
from urllib.error import HTTPError

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from stopwatch.demo.slack import Fault, SlackEmulator
from tests.demo.slack.conftest import CHANNEL, Clock

PNG = b"\x89PNG\r\n\x1a\n..."
INVALID = "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"


@pytest.fixture(autouse=True)
def delay(slack: SlackEmulator) -> None:
    with slack.held() as workspace:
        workspace.settings.file_delay = 30.0


def uploaded(client: WebClient, content: bytes = PNG) -> str:
    answer = client.files_upload_v2(content=content, filename="chart.png", title="Evidence")
    return str(answer["files"][0]["id"])


def image(**file: str) -> dict[str, Any]:
    return {"type": "image", "slack_file": file, "alt_text": "Newest 7.4 %"}


def show(client: WebClient, block: dict[str, Any]) -> str:
    return str(client.chat_postMessage(channel=CHANNEL, text="Evidence", blocks=[block])["ts"])


def refused(client: WebClient, block: dict[str, Any]) -> tuple[str, list[str]]:
    with pytest.raises(SlackApiError) as error:
        show(client, block)
    answer = error.value.response
    return answer["error"], answer["response_metadata"]["messages"]


def test_a_file_shared_with_a_channel_appears_after_a_while_without_metadata(
    client: WebClient, slack: SlackEmulator, clock: Clock
) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    client.files_upload_v2(channel=CHANNEL, thread_ts=root, content=PNG, filename="chart.png", title="Evidence")
    assert len(slack.messages(CHANNEL)) == 1
    clock.ahead += 31
    posted = slack.messages(CHANNEL)[-1]
    assert (posted["thread_ts"], posted["files"][0]["title"], posted["metadata"]) == (root, "Evidence", None)
    assert slack.violations() == []


def test_a_file_shared_with_nobody_is_shown_by_a_block_once_it_was_looked_through(
    client: WebClient, slack: SlackEmulator, clock: Clock
) -> None:
    file = uploaded(client)
    assert slack.messages(CHANNEL) == []
    assert refused(client, image(id=file)) == ("invalid_blocks", [INVALID])
    clock.ahead += 31
    show(client, image(id=file))
    page = httpx.get(slack.page_url, trust_env=False, timeout=60).text
    assert f'<img src="/files/{file}" alt="Newest 7.4 %">' in page
    assert httpx.get(f"{slack.page_url}files/{file}", trust_env=False, timeout=60).content == PNG
    assert slack.violations() == []


def test_a_message_may_be_changed_to_show_a_file(client: WebClient, clock: Clock) -> None:
    ts, file = client.chat_postMessage(channel=CHANNEL, text="x")["ts"], uploaded(client)
    clock.ahead += 31
    client.chat_update(channel=CHANNEL, ts=ts, text="Evidence", blocks=[image(id=file)])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param({"id": "F0000000001"}, INVALID, id="unknown"),
        pytest.param({"url": "https://files.slack.com/files-pri/T0-F0/x.png"}, INVALID, id="unknown address"),
        pytest.param(
            {"id": "https://x"},
            "[ERROR] input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]",
            id="no id",
        ),
        pytest.param(
            {},
            "[ERROR] must define either `id` or `url` [json-pointer:/blocks/0/slack_file]",
            id="neither id nor address",
        ),
        pytest.param(
            {"id": "F0000000001", "url": "https://files.slack.com/x.png"},
            "[ERROR] must define either `id` or `url` [json-pointer:/blocks/0/slack_file]",
            id="both",
        ),
    ],
)
def test_a_file_that_is_none_is_refused(client: WebClient, file: dict[str, str], said: str) -> None:
    assert refused(client, image(**file)) == ("invalid_blocks", [said])


def test_only_pictures_are_shown(client: WebClient, clock: Clock) -> None:
    file = uploaded(client, b"words")
    clock.ahead += 31
    assert refused(client, image(id=file)) == ("invalid_blocks", [INVALID])


def test_a_file_whose_upload_was_never_completed_is_not_shown(client: WebClient) -> None:
    place = client.files_getUploadURLExternal(filename="chart.png", length=len(PNG))
    httpx.post(place["upload_url"], content=PNG, trust_env=False, timeout=60)
    assert refused(client, image(id=place["file_id"])) == ("invalid_blocks", [INVALID])


def test_faults_strike_the_upload_itself(client: WebClient, slack: SlackEmulator) -> None:
    slack.fault(Fault("status", "upload", status=503))
    with pytest.raises(HTTPError, match="503") as error:
        uploaded(client)
    error.value.close()
    uploaded(client)
