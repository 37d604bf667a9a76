"""History, replies, pagination, the history lag, and the contract of arguments."""

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from stopwatch.demo.slack import SlackEmulator
from tests.demo.slack.conftest import CHANNEL, TOKEN, Clock


def test_pages_give_every_message_once_newest_first(client: WebClient) -> None:
    posted = [client.chat_postMessage(channel=CHANNEL, text=str(n))["ts"] for n in range(7)]
    seen: list[str] = []
    for _, page in zip(range(10), client.conversations_history(channel=CHANNEL, limit=3), strict=False):
        seen += [item["ts"] for item in page["messages"]]
    assert seen == list(reversed(posted))


def test_pages_of_a_thread_are_oldest_first(client: WebClient) -> None:
    root = client.chat_postMessage(channel=CHANNEL, text="root")["ts"]
    for n in range(4):
        client.chat_postMessage(channel=CHANNEL, text=str(n), thread_ts=root)
    first = client.conversations_replies(channel=CHANNEL, ts=root, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = client.conversations_replies(channel=CHANNEL, ts=root, limit=3, cursor=cursor)
    assert first["has_more"]
    assert [item["text"] for item in (*first["messages"], *rest["messages"])] == ["root", "0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("inclusive", "texts"),
    [pytest.param(False, ["2"], id="edges left out"), pytest.param(True, ["3", "2", "1"], id="edges taken in")],
)
def test_a_range_of_time(client: WebClient, inclusive: bool, texts: list[str]) -> None:  # noqa: FBT001 - a column
    stamps = [client.chat_postMessage(channel=CHANNEL, text=str(n))["ts"] for n in range(5)]
    found = client.conversations_history(channel=CHANNEL, oldest=stamps[1], latest=stamps[3], inclusive=inclusive)
    assert [item["text"] for item in found["messages"]] == texts


def test_the_history_lags_behind_the_post(client: WebClient, slack: SlackEmulator, clock: Clock) -> None:
    with slack.held() as workspace:
        workspace.settings.history_lag = 5.0
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    assert client.conversations_history(channel=CHANNEL)["messages"] == []
    client.chat_update(channel=CHANNEL, ts=ts, text="y")
    clock.ahead += 6
    assert [item["text"] for item in client.conversations_history(channel=CHANNEL)["messages"]] == ["y"]


@pytest.mark.parametrize(
    ("method", "args", "code"),
    [
        pytest.param("conversations.history", {"channel": "C0NOWHERE"}, "channel_not_found", id="unknown channel"),
        pytest.param("conversations.history", {"channel": "#hypercare"}, "channel_not_found", id="name for an id"),
        pytest.param("conversations.history", {"channel": CHANNEL, "cursor": "?"}, "invalid_cursor", id="cursor"),
        pytest.param("conversations.history", {"channel": CHANNEL, "limit": 1000}, "invalid_limit", id="limit"),
        pytest.param("conversations.replies", {"channel": CHANNEL, "ts": "1.2"}, "thread_not_found", id="thread"),
        pytest.param("users.info", {"user": "U0NOBODY"}, "user_not_found", id="person"),
        pytest.param("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam", id="group"),
        pytest.param("chat.everywhere", {}, "unknown_method", id="method"),
    ],
)
def test_what_does_not_exist(client: WebClient, method: str, args: dict[str, object], code: str) -> None:
    with pytest.raises(SlackApiError) as error:
        client.api_call(method, http_verb="GET", params=args)
    assert error.value.response["error"] == code


def test_people_and_groups_can_be_looked_up_and_groups_can_fail(client: WebClient, slack: SlackEmulator) -> None:
    assert client.users_info(user="U0ANNA")["user"]["tz"] == "Europe/Berlin"
    assert client.usergroups_users_list(usergroup="S0ONCALL")["users"] == ["U0ANNA", "U0BEN"]
    with slack.held() as workspace:
        workspace.settings.groups_fail = "internal_error"
    with pytest.raises(SlackApiError):
        client.usergroups_users_list(usergroup="S0ONCALL")


@pytest.mark.parametrize(
    ("method", "args", "violation"),
    [
        pytest.param("chat.postMessage", {"channel": CHANNEL, "text": "x", "colour": "red"}, "colour", id="unknown"),
        pytest.param("chat.postMessage", {"text": "x"}, "missing argument channel", id="missing"),
        pytest.param("chat.postMessage", {"channel": CHANNEL, "text": 5}, "must be a string", id="number for text"),
        pytest.param("chat.postMessage", {"channel": CHANNEL, "text": "x", "thread_ts": "1.2"}, "thread_ts", id="ts"),
        pytest.param("conversations.history", {"channel": CHANNEL}, "takes no JSON body", id="JSON for a form"),
        pytest.param("chat.everywhere", {}, "no such method", id="method"),
    ],
)
def test_a_breach_of_contract_is_recorded(
    slack: SlackEmulator, method: str, args: dict[str, object], violation: str
) -> None:
    httpx.post(
        f"{slack.api_url}{method}", json=args, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60
    )
    assert violation in slack.violations()[0]


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        pytest.param(b"{", "application/json", "invalid_json", id="broken JSON"),
        pytest.param(b"[]", "application/json", "json_not_object", id="a list"),
        pytest.param(b"\xff=1", "application/x-www-form-urlencoded", "invalid_charset", id="not UTF-8"),
        pytest.param(b"x", "text/csv", "invalid_post_type", id="another type"),
    ],
)
def test_an_unreadable_body_has_its_own_code(slack: SlackEmulator, body: bytes, kind: str, code: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": kind}
    answer = httpx.post(f"{slack.api_url}auth.test", content=body, headers=headers, trust_env=False, timeout=60).json()
    assert answer["error"] == code


def test_the_log_holds_every_call_without_its_token(client: WebClient, slack: SlackEmulator) -> None:
    client.chat_postMessage(channel=CHANNEL, text="x")
    httpx.get(f"{slack.api_url}auth.test", params={"token": TOKEN}, trust_env=False, timeout=60)
    assert [call.method for call in slack.log()] == ["chat.postMessage", "auth.test"]
    assert TOKEN not in repr(slack.log())


def test_a_scope_that_was_never_granted(client: WebClient, slack: SlackEmulator) -> None:
    with slack.held() as workspace:
        workspace.scopes.discard("channels:history")
    with pytest.raises(SlackApiError) as error:
        client.conversations_history(channel=CHANNEL)
    assert (error.value.response["error"], error.value.response["needed"]) == ("missing_scope", "channels:history")
