"""Real processes in another time: the command line and the daemon, and a Prometheus that agrees."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.stories import stepping
from tests.stories.world import eventually

_STOPPING_SECONDS = 30.0
_PATIENCE = 90.0
"""Seconds for an answer, on a machine that others keep busy too."""


class Moved:
    """A clock as far from ours as it was last set; it runs on at our pace."""

    def __init__(self, folder: Path) -> None:
        """Begin with our time; *folder* is for what processes read."""
        self._folder, self._library = folder, stepping.compiled(folder)
        self._ahead = self._times = 0
        self._write()

    def set(self, moment: datetime) -> None:
        """Let it be *moment* now, or less than a second more; who has started already lives on as before."""
        self._ahead = math.ceil(moment.timestamp() - time.time())
        self._write()

    def time(self) -> float:
        """Return its seconds since the epoch."""
        return time.time() + self._ahead

    def environment(self) -> dict[str, str]:
        """Return what makes a process live by it; durations and the times of files stay ours."""
        return stepping.environment(self._library, self._file) | {"PYTHONFAULTHANDLER": "1"}

    @property
    def _file(self) -> Path:
        return self._folder / f"clock-{self._times}"

    def _write(self) -> None:
        # A file of its own each time: processes that have mapped the one before read on.
        self._times += 1
        self._file.write_bytes(stepping.in_bytes(self._ahead))


@contextmanager
def agreeing(prometheus: str, clock: Moved) -> Iterator[str]:
    """Serve what *prometheus* answers with the date of *clock*, because the daemon believes that date; the address."""

    class Passing(BaseHTTPRequestHandler):
        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {key: self.headers[key] for key in ("Content-Type",) if key in self.headers}
            with httpx.Client(trust_env=False, timeout=60) as client:
                answer = client.request(self.command, prometheus + self.path, content=body, headers=kept)
            self.send_response_only(answer.status_code)
            self.send_header("Date", format_datetime(datetime.fromtimestamp(clock.time(), UTC), usegmt=True))
            self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = take  # noqa: N815 – the names are http.server's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the name is http.server's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True, slots=True)
class Said:
    """What a command wrote, and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 – any JSON
        """Return the JSON it wrote."""
        return json.loads(self.out)


@dataclass(slots=True)
class Office:
    """A terminal and a daemon that live by *clock*, with *settings* as their environment."""

    clock: Moved
    settings: Mapping[str, str]
    url: str
    token: str
    log: Path
    _daemon: subprocess.Popen[bytes] | None = field(default=None)

    def run(self, *words: str, code: int = 0) -> Said:
        """Run ``stopwatch``, which must end with *code*."""
        done = subprocess.run(
            self._command(*words), env=self._env(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return Said(done.returncode, done.stdout, done.stderr)

    def run_all(self, *orders: Sequence[str]) -> None:
        """Run several commands at once, as several people might; all must end well."""
        with ThreadPoolExecutor(len(orders)) as people:
            for said in [people.submit(self.run, *words) for words in orders]:
                said.result()

    def get(self, path: str) -> httpx.Response:
        """Ask the daemon."""
        return httpx.get(self.url + path, headers=self._bearer(), timeout=_PATIENCE, trust_env=False)

    def post(self, path: str, **body: object) -> httpx.Response:
        """Tell the daemon."""
        return httpx.post(self.url + path, json=body, headers=self._bearer(), timeout=_PATIENCE, trust_env=False)

    def restart(self, moment: datetime) -> None:
        """Stop the daemon, let it be *moment*, start it again and wait until it is ready."""
        self.stop()
        self.clock.set(moment)
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(
                self._command("run"), env=self._env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        eventually("the daemon is ready", self._ready)

    def stop(self) -> None:
        """Stop the daemon, if it runs; it must end well."""
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        daemon.terminate()
        try:
            code = daemon.wait(_STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.send_signal(signal.SIGABRT)  # the fault handler writes where every thread is
            code = daemon.wait()
        assert code == 0, f"the daemon ended with {code}:\n{self.log.read_text()[-12000:]}"

    def _ready(self) -> bool:
        assert self._daemon is not None
        assert self._daemon.poll() is None, self.log.read_text()[-4000:]
        try:
            return bool(self.get("/-/ready").status_code == httpx.codes.OK)
        except httpx.HTTPError:
            return False

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "stopwatch", *words]

    def _env(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("STOPWATCH_")}
        return mine | dict(self.settings) | self.clock.environment()

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}
