"""What people do reaches the app: signed over HTTP and over Socket Mode, with modals, commands and response URLs."""

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from stopwatch.demo.slack import SlackEmulator
from tests.demo.slack.conftest import CHANNEL, Clock
from tests.demo.slack.test_blocks import actions, button, modal, overflow, plain

CARD = [actions(button(0, action_id="acknowledge", value="d|1|1"), overflow(2))]


class App(ThreadingHTTPServer):
    """A small app: keeps what it gets and answers what it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.got: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.answer: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/slack/interactions"


class Answering(BaseHTTPRequestHandler):
    server: App

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.put((dict(self.headers.items()), body))
        self.send_response(200)
        self.send_header("content-length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def app(slack: SlackEmulator) -> Iterator[App]:
    server = App()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with slack.held() as workspace:
        workspace.settings.request_url = server.url
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def payload_of(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    return told


def card(client: WebClient) -> str:
    return str(client.chat_postMessage(channel=CHANNEL, text="PAUSED", blocks=CARD)["ts"])


def clicked(ts: str, **more: object) -> dict[str, object]:
    return {"channel": CHANNEL, "ts": ts, "action_id": "acknowledge", "user": "U0ANNA", **more}


def test_a_click_arrives_signed_with_everything_slack_sends(
    client: WebClient, slack: SlackEmulator, control: httpx.Client, app: App, clock: Clock
) -> None:
    ts = card(client)
    told = control.post("click", json=clicked(ts)).json()
    headers, body = app.got.get(timeout=5)
    payload = payload_of(body)
    clock.ahead = 0.0
    assert told["outcomes"][0]["status"] == 200
    secret = slack.workspace.settings.signing_secret
    assert SignatureVerifier(secret).is_valid(body, headers["x-slack-request-timestamp"], headers["x-slack-signature"])
    assert {"type", "user", "team", "channel", "container", "message", "trigger_id", "response_url"} <= set(payload)
    assert (payload["container"]["message_ts"], payload["user"]["id"]) == (ts, "U0ANNA")
    (action,) = payload["actions"]
    assert (action["action_id"], action["value"], action["type"]) == ("acknowledge", "d|1|1", "button")


def test_two_clicks_differ_and_copies_do_not(client: WebClient, control: httpx.Client, app: App) -> None:
    ts = card(client)
    control.post("click", json=clicked(ts, times=2))
    control.post("click", json=clicked(ts, copies=2))
    stamps = [payload_of(app.got.get(timeout=5)[1])["actions"][0]["action_ts"] for _ in range(4)]
    assert len(set(stamps)) == 3
    assert stamps[2] == stamps[3]


def test_a_menu_sends_the_option_that_was_chosen(client: WebClient, control: httpx.Client, app: App) -> None:
    ts = card(client)
    control.post("click", json=clicked(ts, action_id="more", value="v1"))
    (action,) = payload_of(app.got.get(timeout=5)[1])["actions"]
    assert action["selected_option"]["value"] == "v1"
    assert control.post("click", json=clicked(ts, action_id="more", value="v9")).status_code == 409


def test_nobody_can_click_what_is_not_there(client: WebClient, control: httpx.Client, app: App) -> None:
    assert control.post("click", json=clicked("1.2")).status_code == 409
    assert control.post("click", json=clicked(card(client), action_id="launch")).status_code == 409


def test_a_modal_is_opened_filled_in_refused_and_closed(
    client: WebClient, slack: SlackEmulator, control: httpx.Client, app: App
) -> None:
    control.post("click", json=clicked(card(client)))
    trigger = payload_of(app.got.get(timeout=5)[1])["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=modal())["view"]["id"]
    assert control.post("submit", json={"view": view, "user": "U0ANNA"}).status_code == 409
    app.answer = b'{"response_action": "errors", "errors": {"reason": "too short"}}'
    control.post("submit", json={"view": view, "user": "U0ANNA", "values": {"reason": "x"}})
    submitted = payload_of(app.got.get(timeout=5)[1])
    assert submitted["view"]["state"]["values"]["reason"]["reason"]["value"] == "x"
    assert submitted["view"]["private_metadata"] == "d|1|1"
    assert "too short" in httpx.get(slack.page_url, trust_env=False, timeout=60).text
    app.answer = b""
    control.post("submit", json={"view": view, "user": "U0ANNA", "values": {"reason": "carrier is back"}})
    assert [item["open"] for item in control.get("views").json()] == [False]
    assert slack.violations() == []


def test_an_input_that_nobody_touched_holds_what_it_began_with(
    client: WebClient, control: httpx.Client, app: App
) -> None:
    control.post("click", json=clicked(card(client)))
    trigger = payload_of(app.got.get(timeout=5)[1])["trigger_id"]
    picker = {"type": "datetimepicker", "action_id": "end", "initial_date_time": 1795260000}
    words = {"type": "plain_text_input", "action_id": "reason", "initial_value": "belt B stands"}
    inputs = [
        {"type": "input", "block_id": element["action_id"], "label": plain("?"), "element": element}
        for element in (picker, words)
    ]
    view = client.views_open(trigger_id=trigger, view=modal(blocks=inputs))["view"]["id"]
    sent = control.post("submit", json={"view": view, "user": "U0ANNA"})
    assert sent.status_code == 200, sent.text
    values = payload_of(app.got.get(timeout=5)[1])["view"]["state"]["values"]
    assert values["end"]["end"]["selected_date_time"] == 1795260000
    assert values["reason"]["reason"]["value"] == "belt B stands"
    assert control.post("submit", json={"view": view, "user": "U0ANNA", "values": {"reason": ""}}).status_code == 409


def test_a_trigger_is_good_once_and_for_three_seconds(
    client: WebClient, control: httpx.Client, app: App, clock: Clock
) -> None:
    ts = card(client)
    codes = []
    for wait in (0.0, 4.0):
        control.post("click", json=clicked(ts))
        trigger = payload_of(app.got.get(timeout=5)[1])["trigger_id"]
        clock.ahead += wait
        for _ in range(2):
            try:
                client.views_open(trigger_id=trigger, view=modal())
                codes.append("opened")
            except SlackApiError as error:
                codes.append(error.response["error"])
    assert codes == ["opened", "exchanged_trigger_id", "expired_trigger_id", "expired_trigger_id"]


def test_a_view_is_updated_by_its_newest_hash_only(client: WebClient, control: httpx.Client, app: App) -> None:
    control.post("click", json=clicked(card(client)))
    trigger = payload_of(app.got.get(timeout=5)[1])["trigger_id"]
    view = client.views_open(trigger_id=trigger, view=modal())["view"]
    client.views_update(view_id=view["id"], hash=view["hash"], view=modal(title=plain("Again")))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal())


def test_commands_and_shortcuts(client: WebClient, control: httpx.Client, app: App) -> None:
    order = {"channel": CHANNEL, "user": "U0BEN", "command": "/pause", "text": "ham-01 sev1"}
    control.post("command", json=order)
    fields = parse_qs(app.got.get(timeout=5)[1].decode())
    assert (fields["command"], fields["text"], fields["user_id"]) == (["/pause"], ["ham-01 sev1"], ["U0BEN"])
    about = {"channel": CHANNEL, "ts": card(client), "user": "U0BEN", "callback_id": "pause"}
    control.post("shortcut", json=about)
    assert payload_of(app.got.get(timeout=5)[1])["type"] == "message_action"


def test_a_response_url_takes_five_answers(client: WebClient, control: httpx.Client, app: App) -> None:
    control.post("click", json=clicked(card(client)))
    url = payload_of(app.got.get(timeout=5)[1])["response_url"]
    codes = [httpx.post(url, json={"text": "noted"}, trust_env=False, timeout=60).status_code for _ in range(6)]
    assert codes == [200] * 5 + [404]
    assert control.get("responses").json() == [{"text": "noted"}] * 5


def test_without_a_listener_the_click_says_so(client: WebClient, slack: SlackEmulator) -> None:
    with pytest.raises(ValueError, match="no request URL"):
        slack.control("click", **clicked(card(client)))


class OneSession(SocketModeClient):
    """slack_sdk's own, which connects anew when it is told to disconnect, whatever it was told about reconnecting."""

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 – the signature of slack_sdk
        """Stay away."""


def test_socket_mode_carries_clicks_and_acknowledgements(
    client: WebClient, slack: SlackEmulator, control: httpx.Client
) -> None:
    got: queue.Queue[SocketModeRequest] = queue.Queue()

    def listen(session: BaseSocketModeClient, request: SocketModeRequest) -> None:
        got.put(request)
        session.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload={"text": "noted"}))

    session = OneSession("xapp-demo", web_client=WebClient(base_url=slack.api_url), auto_reconnect_enabled=False)
    session.socket_mode_request_listeners.append(listen)
    session.connect()
    try:
        ts = card(client)
        told = control.post("click", json=clicked(ts, copies=2, transport="socket")).json()
        first, again = got.get(timeout=5), got.get(timeout=5)
        assert [item["answer"] for item in told["outcomes"]] == [{"text": "noted"}] * 2
        assert (first.type, first.envelope_id) == ("interactive", again.envelope_id)
        assert control.post("disconnect").json()["closed"] == 1
        assert control.get("state").json()["sessions"] == 0
    finally:
        session.close()
