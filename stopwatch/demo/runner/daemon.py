"""``stopwatch run`` as a child process, its HTTP answers, and its command line, as an operator would use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from stopwatch.demo.prometheus import free_port
from stopwatch.demo.runner.telling import Told
from stopwatch.demo.runner.waiting import DemoFailedError, NeverCameError, wait_for

ROOT = Path(__file__).resolve().parents[3]
_STARTS = 3
_READY_SECONDS = 90.0
_STOP_SECONDS = 15.0
_COMMAND_SECONDS = 120.0


class Daemon:
    """The daemon with its settings in the environment; use it in a ``with``."""

    def __init__(self, settings: Mapping[str, str], *, log_file: Path) -> None:
        """Prepare to run with *settings* (``STOPWATCH_…`` without LISTEN); those of the caller's shell are dropped."""
        self._settings = dict(settings)
        self.log_file = log_file
        self.exit_code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=20, trust_env=False)

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://{self._settings['STOPWATCH_LISTEN']}"

    @property
    def settings(self) -> Mapping[str, str]:
        """The variables that make a shell's ``stopwatch`` speak of this daemon."""
        return dict(self._settings)

    def __enter__(self) -> Self:
        """
        Start, on another port if somebody was faster, and wait until the daemon is ready.

        Raises:
            DemoFailedError: It ended by itself or was not ready in time.

        """
        for attempt in range(1, _STARTS + 1):
            address = f"127.0.0.1:{free_port()}"
            self._settings |= {"STOPWATCH_LISTEN": address, "STOPWATCH_EXTERNAL_URL": f"http://{address}"}
            try:
                self._start()
                return self
            except DemoFailedError:
                self.stop()
                if attempt == _STARTS or "in use" not in self.last_words():
                    raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the daemon and wait for it."""
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Terminate the process, after fifteen seconds kill it; ``exit_code`` then tells how it ended."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            self.exit_code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            self.exit_code = process.wait()

    def living(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """The end of its log."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_text(encoding="utf-8", errors="replace")[-3000:].strip()

    def log_errors(self) -> tuple[str, ...]:
        """The lines of its log that tell of an error, or that are no JSON and so nobody's event."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return tuple(line for line in lines if _level(line) not in {"debug", "info", "warning"})

    def ask(self, path: str) -> tuple[int, Any]:
        """
        GET *path*; gives the status and the JSON.

        Raises:
            DemoFailedError: No answer, or none that can be read.

        """
        try:
            answer = self._client.get(f"{self.url}{path}")
            return answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DemoFailedError(f"stopwatch did not answer GET {path}: {error}") from error

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of one series of /metrics, None without it."""
        try:
            page = self._client.get(f"{self.url}/metrics").text
        except httpx.HTTPError as error:
            raise DemoFailedError(f"stopwatch did not answer GET /metrics: {error}") from error
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return None

    def command(self, *words: str) -> Told:
        """
        Run ``stopwatch`` with *words* in the daemon's environment.

        Raises:
            DemoFailedError: It does not end.

        """
        try:
            done = subprocess.run(
                [sys.executable, "-m", "stopwatch", *words],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as slow:
            raise DemoFailedError(f"stopwatch {words[0]} did not end within {_COMMAND_SECONDS:g} s") from slow
        return Told(words, done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("STOPWATCH_", "PYTHON"))}
        return own | self._settings

    def _start(self) -> None:
        with self.log_file.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal must reach it through us, in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stopwatch", "run"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for("stopwatch's readiness", self._ready, seconds=_READY_SECONDS, poll_seconds=0.2)
        except NeverCameError as late:
            raise DemoFailedError(f"{late}; its log ends with:\n{self.last_words()}") from late

    def _ready(self) -> bool | None:
        if not self.living():
            raise DemoFailedError(f"stopwatch ended by itself; its log ends with:\n{self.last_words()}")
        try:
            return True if self._client.get(f"{self.url}/-/ready").status_code == HTTPStatus.OK else None
        except httpx.HTTPError:
            return None


def _level(line: str) -> str:
    try:
        return str(json.loads(line)["level"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
