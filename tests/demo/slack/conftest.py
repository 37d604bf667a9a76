"""One emulator for all tests of this folder, emptied before each, on a clock that tests can move."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from slack_sdk import WebClient

from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.demo.slack.pace import Buckets
from stopwatch.demo.slack.records import Channel

TOKEN = "xoxb-demo"
CHANNEL = "C0HYPERCARE"
UNPACED = Pace(per_second=0, tiers=False)


@dataclass(slots=True)
class Clock:
    """Real time, plus what a test adds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def running(clock: Clock) -> Iterator[SlackEmulator]:
    tokens = {TOKEN, "xapp-demo"}
    with SlackEmulator(tokens=tokens, channels={CHANNEL: "hypercare"}, pace=UNPACED, clock=clock) as slack:
        yield slack


@pytest.fixture
def slack(running: SlackEmulator) -> SlackEmulator:
    running.reset()
    with running.held() as workspace:
        workspace.buckets = Buckets(UNPACED)
        workspace.tokens = dict.fromkeys((TOKEN, "xapp-demo"), "good")
        workspace.channels = {CHANNEL: Channel(CHANNEL, "hypercare")}
    return running


@pytest.fixture
def client(slack: SlackEmulator) -> WebClient:
    return WebClient(TOKEN, base_url=slack.api_url, retry_handlers=[], timeout=5)


@pytest.fixture
def control(slack: SlackEmulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{slack.page_url}control/", trust_env=False, timeout=10) as http:
        yield http
