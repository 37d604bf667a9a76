"""Every fault that can be ordered, as the real client sees it and as the channel looks afterwards."""

import http.client
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.demo.slack.pace import Buckets
from tests.demo.slack.conftest import CHANNEL, TOKEN, UNPACED, Clock

CUT = (ConnectionError, http.client.HTTPException, OSError)


def raw(slack: SlackEmulator, text: str = "x") -> httpx.Response:
    headers = {"authorization": f"Bearer {TOKEN}"}
    body = {"channel": CHANNEL, "text": text}
    return httpx.post(f"{slack.api_url}chat.postMessage", json=body, headers=headers, trust_env=False, timeout=60)


@pytest.mark.parametrize("said", ["7", "0.5", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", None])
def test_retry_after_may_say_anything(slack: SlackEmulator, said: str | None) -> None:
    slack.fault(Fault("status", status=429, retry_after=said, body='{"ok":false,"error":"ratelimited"}'))
    answer = raw(slack)
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, said)
    assert slack.messages(CHANNEL) == []


@pytest.mark.parametrize("status", [408, 500, 502])
def test_an_error_page_of_a_proxy(client: WebClient, slack: SlackEmulator, status: int) -> None:
    slack.fault(Fault("status", status=status))
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert error.value.response.status_code == status
    assert slack.messages(CHANNEL) == []


@pytest.mark.parametrize("body", ["{}", "[]", "null", "", "<html>"])
def test_a_body_that_makes_no_sense(slack: SlackEmulator, body: str) -> None:
    slack.fault(Fault("status", status=200, body=body, content_type="application/json"))
    assert raw(slack).text == body


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited", "internal_error", "never_heard_of"])
@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after accept"])
def test_any_code_with_status_200(
    client: WebClient,
    slack: SlackEmulator,
    code: str,
    accepted: bool,  # noqa: FBT001 - a column
) -> None:
    slack.fault(Fault("error", error=code, accepted=accepted))
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert error.value.response["error"] == code
    assert len(slack.messages(CHANNEL)) == int(accepted)


@pytest.mark.parametrize("accepted", [False, True], ids=["before", "after accept"])
def test_a_reset_connection(client: WebClient, slack: SlackEmulator, accepted: bool) -> None:  # noqa: FBT001 - a column
    slack.fault(Fault("reset", accepted=accepted))
    with pytest.raises(CUT):
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert len(slack.messages(CHANNEL)) == int(accepted)
    assert slack.log()[-1].status is None


def test_a_timeout_after_accept(slack: SlackEmulator) -> None:
    client = WebClient(TOKEN, base_url=slack.api_url, retry_handlers=[], timeout=1)
    slack.fault(Fault("hang", accepted=True, seconds=1.5))
    with pytest.raises(OSError, match="timed out"):
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert len(slack.messages(CHANNEL)) == 1


def test_a_late_commit_appears_after_the_client_gave_up(client: WebClient, slack: SlackEmulator, clock: Clock) -> None:
    slack.fault(Fault("late", seconds=30.0))
    with pytest.raises(CUT):
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert client.conversations_history(channel=CHANNEL)["messages"] == []
    clock.ahead += 31
    assert len(client.conversations_history(channel=CHANNEL)["messages"]) == 1


@pytest.mark.parametrize("seconds", [0.0, 30.0], ids=["at once", "after a while"])
def test_accepted_but_lost(client: WebClient, slack: SlackEmulator, clock: Clock, seconds: float) -> None:
    slack.fault(Fault("lost", seconds=seconds))
    assert client.chat_postMessage(channel=CHANNEL, text="x")["ok"]
    clock.ahead += 31
    assert client.conversations_history(channel=CHANNEL)["messages"] == []
    assert [item["lost"] for item in slack.messages(CHANNEL, gone=True)] == [True]


def test_a_slow_answer_is_still_an_answer(client: WebClient, slack: SlackEmulator) -> None:
    slack.fault(Fault("slow", seconds=0.05))
    assert client.chat_postMessage(channel=CHANNEL, text="x")["ok"]


def test_faults_strike_the_method_and_channel_they_name_and_are_used_up(
    client: WebClient, slack: SlackEmulator
) -> None:
    slack.fault(Fault("error", method="chat.update", skip=1, times=2))
    slack.fault(Fault("error", channel="C0ELSEWHERE"))
    ts = client.chat_postMessage(channel=CHANNEL, text="x")["ts"]
    outcomes = []
    for text in "abcd":
        try:
            client.chat_update(channel=CHANNEL, ts=ts, text=text)
            outcomes.append("done")
        except SlackApiError:
            outcomes.append("refused")
    assert outcomes == ["done", "refused", "refused", "done"]


def test_chance_strikes_a_share_of_the_calls_the_same_way_each_time(slack: SlackEmulator) -> None:
    with slack.held() as workspace:
        workspace.faults.add(Fault("error", times=None, chance=0.5))
        struck = sum(workspace.faults.strike("chat.postMessage", CHANNEL) is not None for _ in range(400))
    assert 150 < struck < 250


def test_a_channel_takes_a_burst_and_then_one_message_a_second(
    client: WebClient, slack: SlackEmulator, clock: Clock
) -> None:
    with slack.held() as workspace:
        workspace.buckets = Buckets(Pace(per_second=0.01, burst=2))
    for _ in range(2):
        client.chat_postMessage(channel=CHANNEL, text="x")
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x")
    assert error.value.response.status_code == 429
    assert int(error.value.response.headers["Retry-After"]) <= 100
    clock.ahead += 100
    assert client.chat_postMessage(channel=CHANNEL, text="x")["ok"]


def test_a_method_has_a_tier_per_minute(slack: SlackEmulator, client: WebClient) -> None:
    with slack.held() as workspace:
        workspace.buckets = Buckets(Pace(per_second=0, tiers=True))
    codes = set()
    for _ in range(25):
        try:
            client.usergroups_users_list(usergroup="S0ONCALL")
        except SlackApiError as error:
            codes.add(error.response.status_code)
    assert codes == {429}


def test_faults_are_ordered_listed_and_cleared_over_http(control: httpx.Client, slack: SlackEmulator) -> None:
    order: list[dict[str, Any]] = [{"kind": "status", "status": 502, "times": None}, {"kind": "lost"}]
    told = control.post("faults", json=order).json()
    assert [item["left"] for item in told["waiting"]] == [-1, 1]
    assert raw(slack).status_code == 502
    control.delete("faults")
    assert raw(slack).status_code == 200
    assert control.post("faults", json={"kind": "explosion"}).status_code == 422


def test_the_world_is_changed_over_http(control: httpx.Client, slack: SlackEmulator) -> None:
    control.post("channels", json={"id": CHANNEL, "archived": True})
    assert raw(slack).json()["error"] == "is_archived"
    control.post("channels", json={"id": CHANNEL, "archived": False})
    control.post("tokens", json={"token": TOKEN, "state": "token_revoked"})
    assert raw(slack).json()["error"] == "token_revoked"
    control.post("tokens", json={"token": TOKEN})
    assert control.post("settings", json={"history_lag": 2.5, "per_second": 0}).json()["ok"]
    assert control.post("settings", json={"histry_lag": 2.5}).status_code == 422
    assert control.get("state").json()["settings"]["history_lag"] == 2.5
    ts = control.post("messages", json={"channel": CHANNEL, "user": "U0BEN", "text": "ack"}).json()["ts"]
    control.post("delete", json={"channel": CHANNEL, "ts": ts})
    assert [item["deleted"] for item in control.get("messages").json()] == [True]
    assert control.get("violations").json() == []
    assert [item["method"] for item in control.get("log").json()] == ["chat.postMessage"] * 2
    assert control.post("reset").json()["ok"]
    assert control.get("messages").json() == []
    assert control.post("messages", json={"channel": CHANNEL}).status_code == 422
    assert control.post("messages", json={"channel": "C0X", "user": "U0BEN", "text": "x"}).status_code == 409


def test_a_server_with_a_call_on_hold_stops_all_the_same() -> None:
    with SlackEmulator(pace=UNPACED) as slack:
        slack.fault(Fault("hang", seconds=600))
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{slack.api_url}auth.test", timeout=0.2, trust_env=False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(slack.page_url, timeout=5, trust_env=False)
