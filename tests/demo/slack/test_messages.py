"""Posting, updating and deleting through the real client, and what people and the log see of it."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from stopwatch.demo.slack import SlackEmulator
from tests.demo.slack.conftest import CHANNEL

METADATA = {"event_type": "stopwatch_decision", "event_payload": {"key": "d-1/root", "kind": "root", "rev": 1}}
SECTION = [{"type": "section", "text": {"type": "mrkdwn", "text": "*PAUSED* ham-01"}}]


def refused(error: "pytest.ExceptionInfo[SlackApiError]") -> str:
    return str(error.value.response["error"])


def test_the_same_post_twice_is_two_messages(client: WebClient, slack: SlackEmulator) -> None:
    stamps = {client.chat_postMessage(channel=CHANNEL, text="PAUSED", client_msg_id="one")["ts"] for _ in range(2)}
    assert len(stamps) == len(slack.messages(CHANNEL)) == 2
    assert slack.violations() == ["chat.postMessage: unknown argument client_msg_id"] * 2


def test_stamps_are_text_with_six_decimals_and_grow(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=CHANNEL, text="x")["ts"] for _ in range(5)]
    assert stamps == sorted(stamps)
    assert all(len(stamp.partition(".")[2]) == 6 for stamp in stamps)


def test_a_channel_may_be_named_when_posting_and_the_answer_gives_its_id(client: WebClient) -> None:
    assert client.chat_postMessage(channel="#hypercare", text="x")["channel"] == CHANNEL


def test_an_update_takes_the_id_only(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel="#hypercare", ts=ts, text="y")
    assert refused(error) == "channel_not_found"


def test_text_without_blocks_removes_the_blocks_and_marks_the_message_as_edited(
    client: WebClient, slack: SlackEmulator
) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=SECTION)["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="y")
    (message,) = slack.messages(CHANNEL)
    assert (message["text"], message["blocks"], message["edited_at"] is None) == ("y", [], False)


def test_an_update_with_blocks_shows_no_edited_mark(client: WebClient, slack: SlackEmulator) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x", blocks=SECTION)["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="y", blocks=SECTION)
    assert slack.messages(CHANNEL)[0]["edited_at"] is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(None, METADATA, id="not given: stays"),
        pytest.param({}, None, id="empty: removed"),
    ],
)
def test_metadata_on_update(
    client: WebClient, slack: SlackEmulator, given: dict[str, object] | None, kept: object
) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x", metadata=METADATA)["ts"]
    client.chat_update(channel=CHANNEL, ts=ts, text="y", metadata=given)
    assert slack.messages(CHANNEL)[0]["metadata"] == kept


def test_metadata_comes_back_only_when_all_of_it_is_asked_for(client: WebClient) -> None:
    client.chat_postMessage(channel=CHANNEL, text="x", metadata=METADATA)
    plain = client.conversations_history(channel=CHANNEL)["messages"][0]
    full = client.conversations_history(channel=CHANNEL, include_all_metadata=True)["messages"][0]
    assert plain["metadata"] == {"event_type": "stopwatch_decision"}
    assert full["metadata"] == METADATA


def test_slack_fills_in_ids_and_defaults_of_blocks(client: WebClient) -> None:
    client.chat_postMessage(channel=CHANNEL, text="x", blocks=SECTION)
    (block,) = client.conversations_history(channel=CHANNEL)["messages"][0]["blocks"]
    assert block["block_id"]
    assert block["text"]["verbatim"] is False


def test_a_thread_that_names_no_message_is_posted_at_top_level(client: WebClient, slack: SlackEmulator) -> None:
    client.chat_postMessage(channel=CHANNEL, text="x", thread_ts="1700000000.000001")
    assert slack.messages(CHANNEL)[0]["thread_ts"] is None
    assert len(client.conversations_history(channel=CHANNEL)["messages"]) == 1


def test_replies_stay_out_of_the_history_unless_broadcast(client: WebClient) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    client.chat_postMessage(channel=CHANNEL, text="quiet", thread_ts=root)
    client.chat_postMessage(channel=CHANNEL, text="loud", thread_ts=root, reply_broadcast=True)
    shown = client.conversations_history(channel=CHANNEL)["messages"]
    assert [item["text"] for item in shown] == ["loud", "root"]
    assert shown[0]["subtype"] == "thread_broadcast"
    assert shown[1]["reply_count"] == 2
    below = client.conversations_replies(channel=CHANNEL, ts=root)["messages"]
    assert [item["text"] for item in below] == ["root", "quiet", "loud"]


def test_a_deleted_root_leaves_a_tombstone_only_while_it_has_replies(client: WebClient) -> None:
    alone, parent = (client.chat_postMessage(channel=CHANNEL, text=name)["ts"] for name in ("alone", "parent"))
    client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=parent)
    for ts in (alone, parent):
        client.chat_delete(channel=CHANNEL, ts=ts)
    shown = client.conversations_history(channel=CHANNEL)["messages"]
    assert [item.get("subtype") for item in shown] == ["tombstone"]


def test_what_a_person_wrote_cannot_be_edited_or_deleted(client: WebClient, slack: SlackEmulator) -> None:
    ts = slack.say(CHANNEL, "U0ANNA", "ack")
    with pytest.raises(SlackApiError) as edited:
        client.chat_update(channel=CHANNEL, ts=ts, text="y")
    with pytest.raises(SlackApiError) as deleted:
        client.chat_delete(channel=CHANNEL, ts=ts)
    assert (refused(edited), refused(deleted)) == ("cant_update_message", "cant_delete_message")


def test_a_message_deleted_by_a_person_is_not_found(client: WebClient, slack: SlackEmulator) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    slack.delete(CHANNEL, ts)
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=CHANNEL, ts=ts, text="y")
    assert refused(error) == "message_not_found"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        pytest.param({"archived": True}, "is_archived", id="archived"),
        pytest.param({"member": False}, "not_in_channel", id="not invited"),
        pytest.param({"writable": False}, "restricted_action", id="admins only"),
    ],
)
def test_a_channel_that_cannot_be_written_to(
    client: WebClient, slack: SlackEmulator, order: dict[str, bool], code: str
) -> None:
    channel = slack.channel(CHANNEL)
    for name, value in order.items():
        setattr(channel, name, value)
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert refused(error) == code


@pytest.mark.parametrize(
    ("state", "code"),
    [
        pytest.param("token_revoked", "token_revoked", id="revoked"),
        pytest.param("account_inactive", "account_inactive", id="app removed"),
    ],
)
def test_a_token_can_be_revoked_and_renewed(client: WebClient, slack: SlackEmulator, state: str, code: str) -> None:
    slack.token_state("xoxb-demo", state)
    with pytest.raises(SlackApiError) as error:
        client.auth_test()
    assert refused(error) == code
    slack.token_state("xoxb-demo")
    assert client.auth_test()["ok"]


def test_the_edit_window_closes(client: WebClient, slack: SlackEmulator) -> None:
    with slack.held() as workspace:
        workspace.settings.edit_window = -1.0
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    with pytest.raises(SlackApiError) as error:
        client.chat_update(channel=CHANNEL, ts=ts, text="y")
    assert refused(error) == "edit_window_closed"


@pytest.mark.parametrize(
    ("length", "update", "code"),
    [
        pytest.param(40_000, False, None, id="the longest post"),
        pytest.param(40_001, False, "msg_too_long", id="a longer post"),
        pytest.param(4_000, True, None, id="the longest update"),
        pytest.param(4_001, True, "msg_too_long", id="a longer update"),
    ],
)
def test_text_has_a_limit(client: WebClient, length: int, update: bool, code: str | None) -> None:  # noqa: FBT001 - a column
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    args = {"channel": CHANNEL, "text": "y" * length} | ({"ts": ts} if update else {})
    answer = client.api_call("chat.update" if update else "chat.postMessage", json=args) if code is None else None
    if code is not None:
        with pytest.raises(SlackApiError) as error:
            client.api_call("chat.update" if update else "chat.postMessage", json=args)
        assert refused(error) == code
    else:
        assert answer is not None
        assert answer["ok"]


def test_an_ephemeral_message_is_in_no_history(client: WebClient, slack: SlackEmulator) -> None:
    client.chat_postEphemeral(channel=CHANNEL, user="U0ANNA", text="only the on-call group may resume")
    assert client.conversations_history(channel=CHANNEL)["messages"] == []
    assert slack.messages(CHANNEL)[0]["only_for"] == "U0ANNA"


def test_a_permalink_leads_to_the_page(client: WebClient, slack: SlackEmulator) -> None:
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    link = client.chat_getPermalink(channel=CHANNEL, message_ts=ts)["permalink"]
    assert link == f"{slack.page_url}archives/{CHANNEL}/p{ts.replace('.', '')}"
