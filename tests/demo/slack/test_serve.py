"""The emulator as a program of its own."""

import signal
import subprocess
import sys

import pytest
from slack_sdk import WebClient


@pytest.mark.slow
def test_it_prints_its_addresses_serves_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-m", "stopwatch.demo.slack", "--port", "0", "--token", "xoxb-a", "--channel", "C0A=a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        client = WebClient("xoxb-a", base_url=lines[1].strip().partition("=")[2], retry_handlers=[])
        assert client.chat_postMessage(channel="C0A", text="x")["ok"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert "STOPWATCH_SLACK_BOT_TOKEN=xoxb-a" in lines[2]
    assert "STOPWATCH_SLACK_CHANNEL=C0A" in lines[4]
