"""Runs the emulator in the foreground, for ``stopwatch demo slack`` and ``python -m stopwatch.demo.slack``."""

import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from stopwatch.demo.slack.emulator import SlackEmulator
from stopwatch.demo.slack.workspace import Settings


def tell(line: str) -> None:
    """Write *line* to standard output at once, for whoever reads it through a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(
    *,
    port: int = 8080,
    tokens: Sequence[str] = ("xoxb-demo", "xapp-demo"),
    channels: Mapping[str, str] | None = None,
    request_url: str | None = None,
    say: Callable[[str], None] = tell,
) -> None:
    """
    Serve until SIGINT or SIGTERM; *say* gets the addresses once the server answers.

    Raises:
        OSError: The port is taken.

    """
    over = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    settings = Settings(request_url=request_url)
    with SlackEmulator(port=port, tokens=tokens, channels=channels, settings=settings) as slack:
        say(f"channel  {slack.page_url}")
        say(f"API      STOPWATCH_SLACK_BASE_URL={slack.api_url}")
        for token in tokens:
            name = "APP" if token.startswith("xapp-") else "BOT"
            say(f"token    STOPWATCH_SLACK_{name}_TOKEN={token}")
        say(f"secret   STOPWATCH_SLACK_SIGNING_SECRET={settings.signing_secret}")
        for channel in slack.workspace.channels:
            say(f"post to  STOPWATCH_SLACK_CHANNEL={channel}")
        over.wait()
