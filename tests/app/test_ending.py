"""All parts are stopped at once; a post and a query under way hold the end for no longer than ten seconds."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stopwatch.app.ending import stop_together
from stopwatch.demo.prometheus import free_port
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.store.connect import open_store
from tests.stories.world import eventually, write_rules

PROMISED_SECONDS = 10
CHANNEL = "C0HYPERCARE"
TGKILL = {"x86_64": 234, "aarch64": 131}
"""The number of the system call that sends a signal to one thread; the kernel chooses itself for a whole process."""


class Deaf:
    """A server that takes connections, notes what was asked first, and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.asked: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        self.asked.append(connection.recv(65536).partition(b" HTTP/")[0])

    def close(self) -> None:
        for each in (self._socket, *self._open):
            each.close()


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    server = Deaf()
    yield server
    server.close()


def environment(tmp_path: Path, rules: Path, prometheus: str, slack: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "STOPWATCH_CONFIG": str(rules),
        "STOPWATCH_DATABASE_URL": f"sqlite:///{tmp_path}/stopwatch.db",
        "STOPWATCH_PROMETHEUS_URL": prometheus,
        "STOPWATCH_LISTEN": f"127.0.0.1:{free_port()}",
        "STOPWATCH_SLACK_BASE_URL": slack,
        "STOPWATCH_SLACK_BOT_TOKEN": "xoxb-story",
        "STOPWATCH_SLACK_CHANNEL": CHANNEL,
        "STOPWATCH_LOG_LEVEL": "debug",
    }


@contextmanager
def process(environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``stopwatch run`` as an operator starts it."""
    with log.open("wb") as file:
        started = subprocess.Popen(
            [sys.executable, "-m", "stopwatch", "run"], env=dict(environ), stdout=file, stderr=subprocess.STDOUT
        )
        try:
            eventually("the daemon is up", lambda: b"daemon.started" in log.read_bytes() or started.poll() is not None)
            yield started
        finally:
            started.kill()
            started.wait()


def events(log: Path) -> list[str]:
    return [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith("{")]


def command(environ: Mapping[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "stopwatch", *words], env=dict(environ), check=True, capture_output=True)


@pytest.mark.slow
def test_a_stop_takes_ten_seconds_at_most_with_a_post_and_a_query_in_flight_and_the_post_is_sent_afterwards(
    tmp_path: Path, deaf: Deaf
) -> None:
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime(2026, 1, 1, tzinfo=UTC))
    slow = (rules / "stop-rules.yaml").read_text().replace("step: 1s", "step: 2m").replace("for: 5s", "for: 10m")
    (rules / "stop-rules.yaml").write_text(slow.replace("for: 3s", "for: 4m"))  # a query may then take a minute
    slack, log = Deaf(), tmp_path / "log"
    environ = environment(tmp_path, rules, deaf.url, f"{slack.url}/api/")
    with process(environ, log) as daemon:
        command(environ, "pause", "ham-01", "--criterion", "sev1", "--reason", "db down")
        eventually("a query is in flight", lambda: any(b"query" in asked for asked in deaf.asked))
        eventually("the post is in flight", lambda: any(b"chat.postMessage" in asked for asked in slack.asked))
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=PROMISED_SECONDS) == 0
    slack.close()
    assert events(log)[-1] == "daemon.stopped"
    store = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    (row,) = [row for row in store.rows() if row.message.kind == "root"]
    assert (row.state.value, row.attempts) == ("unknown", 1)
    with SlackEmulator(tokens=("xoxb-story",), pace=Pace(per_second=0, tiers=False)) as working:
        with process({**environ, "STOPWATCH_SLACK_BASE_URL": working.api_url}, tmp_path / "second.log") as daemon:
            eventually("the post arrives after all", lambda: working.messages(CHANNEL))
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=PROMISED_SECONDS) == 0
        kinds = [each["metadata"]["event_payload"]["kind"] for each in working.messages(CHANNEL)]
        assert kinds.count("root") == 1
    store.close()


@pytest.mark.slow
def test_a_reload_by_signal_that_is_refused_is_logged_once(tmp_path: Path, deaf: Deaf) -> None:
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime(2035, 1, 1, tzinfo=UTC))
    environ = environment(tmp_path, rules, deaf.url, f"{deaf.url}/api/") | {
        "STOPWATCH_WATCH_CONFIG": "false",
        "STOPWATCH_LOG_LEVEL": "info",
    }
    log = tmp_path / "log"
    with process(environ, log) as daemon:
        (rules / "kpis.yaml").write_text("kpis: 5")
        daemon.send_signal(signal.SIGHUP)
        eventually("it is refused", lambda: "config.refused" in events(log))
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=PROMISED_SECONDS) == 0
    about = [event for event in events(log) if event.startswith(("config.", "reload."))]
    assert about == ["config.refused"]


@pytest.mark.slow
def test_a_signal_that_reaches_another_thread_than_the_main_one_ends_the_daemon_too(tmp_path: Path, deaf: Deaf) -> None:
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime(2035, 1, 1, tzinfo=UTC))
    environ = environment(tmp_path, rules, deaf.url, f"{deaf.url}/api/")
    with process(environ, tmp_path / "log") as daemon:
        threads = [int(each.name) for each in Path(f"/proc/{daemon.pid}/task").iterdir()]
        other = max(thread for thread in threads if thread != daemon.pid)
        assert ctypes.CDLL(None).syscall(TGKILL[os.uname().machine], daemon.pid, other, signal.SIGTERM) == 0
        assert daemon.wait(timeout=PROMISED_SECONDS) == 0
    assert events(tmp_path / "log")[-1] == "daemon.stopped"


class Slow:
    """A part that ends only once all others were told to end."""

    def __init__(self, together: threading.Barrier) -> None:
        self._together = together
        self.stopped = False

    def stop(self) -> None:
        self._together.wait(20)
        self.stopped = True


def test_no_part_waits_for_another_before_it_is_told_to_stop() -> None:
    together = threading.Barrier(3)
    parts = [Slow(together) for _ in range(3)]
    stop_together(parts)
    assert [part.stopped for part in parts] == [True, True, True]
