"""The emulator as an object: starts the server in a thread and tells what Slack would know."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from fastapi import FastAPI

from stopwatch.demo.slack.control import add_control, message_facts
from stopwatch.demo.slack.faults import Fault
from stopwatch.demo.slack.pace import Pace
from stopwatch.demo.slack.page import add_page
from stopwatch.demo.slack.people import say
from stopwatch.demo.slack.records import Call, Channel, Group, Person
from stopwatch.demo.slack.server import add_api, add_response_urls
from stopwatch.demo.slack.socket_mode import Sockets, add_socket
from stopwatch.demo.slack.wire import Connections, cuttable
from stopwatch.demo.slack.workspace import Settings, Workspace

PEOPLE = (
    Person("U0ANNA", "anna", "Anna Lindqvist"),
    Person("U0BEN", "ben", "Ben Okafor"),
    Person("U0CARLA", "carla", "Carla Moreau"),
)
GROUPS = {"S0ONCALL": ("warehouse-oncall", ("U0ANNA", "U0BEN"))}


class SlackEmulator:
    """
    A strict imitation of the Slack Web API on loopback.

    Shapes:
        tokens: Bot tokens (xoxb-…) and app tokens (xapp-…) that are let in.
        channels: Name by id.
        people, groups: Who lives here; a few people and one group by default.
        port: 0 takes a free one.
        pace: The rate limits; ``Pace(per_second=0, tiers=False)`` for none.
        clock: Seconds since the epoch, for tests that move time themselves.

    """

    def __init__(
        self,
        *,
        tokens: Collection[str] = ("xoxb-demo",),
        channels: Mapping[str, str] | None = None,
        people: Collection[Person] = PEOPLE,
        port: int = 0,
        pace: Pace | None = None,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.workspace = Workspace(clock, pace or Pace(), settings=settings or Settings())
        self.workspace.tokens |= dict.fromkeys(tokens, "good")
        named = {"C0HYPERCARE": "hypercare"} if channels is None else channels
        self.workspace.channels |= {key: Channel(key, name) for key, name in named.items()}
        self.workspace.people |= {person.id: person for person in people}
        for key, (handle, users) in GROUPS.items():
            self.workspace.groups[key] = Group(key, handle, list(users))
        self._wanted_port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    def start(self) -> Self:
        """
        Listen on loopback and come back once the server answers.

        Raises:
            OSError: The port is taken.

        """
        self._socket = socket.create_server(("127.0.0.1", self._wanted_port), backlog=256)
        self.port = int(self._socket.getsockname()[1])
        self.workspace.api_root = self.api_url
        connections: Connections = {}
        config = uvicorn.Config(
            build(self.workspace, connections),
            http=cuttable(connections),
            ws="websockets-sansio",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="slack-emulator", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Stop listening; calls that are being held are dropped."""
        if self._server is not None and self._thread is not None and self._socket is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(timeout=10)
            self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def page_url(self) -> str:
        """Where people see the channel."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def api_url(self) -> str:
        """What precedes the method name, for ``STOPWATCH_SLACK_BASE_URL``."""
        return f"{self.page_url}api/"

    @contextlib.contextmanager
    def held(self) -> Iterator[Workspace]:
        """The workspace, settled and locked, for whoever wants to look or set things up directly."""
        with self.workspace.lock:
            self.workspace.settle()
            yield self.workspace

    def control(self, path: str, **order: object) -> dict[str, Any]:
        """
        POST *order* to /control/*path*, such as click, submit, command or shortcut; tells what it says.

        Raises:
            ValueError: The order cannot be carried out.

        """
        answer = httpx.post(f"{self.page_url}control/{path}", json=order, timeout=30, trust_env=False)
        told: dict[str, Any] = answer.json()
        if answer.is_error:
            raise ValueError(told.get("error", "refused"))
        return told

    def messages(self, channel: str, *, gone: bool = False) -> list[dict[str, Any]]:
        """Every message people can see in *channel*, oldest first, with metadata; *gone*: deleted and lost ones too."""
        with self.held() as workspace:
            return [message_facts(item) for item in workspace.all_messages(channel) if gone or item.there]

    def log(self, method: str | None = None) -> list[Call]:
        """Every call so far, oldest first."""
        with self.held() as workspace:
            return [item for item in workspace.log if method in {None, item.method}]

    def violations(self) -> list[str]:
        """Every use of the API that Slack does not document; empty after a good test."""
        with self.held() as workspace:
            return [f"{item.method}: {item.what}" for item in workspace.violations]

    def reset(self) -> None:
        """Forget everything said, asked and ordered, and the settings; who and what exists stays."""
        with self.held() as workspace:
            workspace.settings = Settings()
            workspace.reset()

    def fault(self, fault: Fault) -> None:
        """Let *fault* strike the next calls it matches."""
        with self.held() as workspace:
            workspace.faults.add(fault)

    def token_state(self, token: str, state: str = "good") -> None:
        """Revoke or renew *token*; *state* is good or the error code that answers it."""
        with self.held() as workspace:
            workspace.tokens[token] = state

    def channel(self, channel: str) -> Channel:
        """The channel, to be archived or left by setting its members."""
        with self.held() as workspace:
            return workspace.channels[channel]

    def say(self, channel: str, user: str, text: str, *, thread_ts: str | None = None) -> str:
        """Post *text* as a person; gives the ts."""
        with self.held() as workspace:
            return say(workspace, channel, user, text, thread_ts=thread_ts)

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message as a person with the right to."""
        with self.held() as workspace:
            workspace.messages[channel][ts].deleted = True


def build(workspace: Workspace, connections: Connections) -> FastAPI:
    """The application: API, control, Socket Mode and the page."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    sockets = Sockets(workspace)
    add_api(app, workspace, connections)
    add_response_urls(app, workspace)
    add_socket(app, workspace, sockets)
    add_control(app, workspace, sockets)
    add_page(app, workspace)
    return app
