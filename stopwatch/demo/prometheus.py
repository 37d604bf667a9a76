"""A real Prometheus on a free loopback port: configured, fed with history, started, reloaded and stopped."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

_READY_POLL_SECONDS = 0.05
_STARTS = 5
_TERMINATE_SECONDS = 10.0
_LOOPBACK = "127.0.0.1"


class PrometheusMissingError(RuntimeError):
    """A program of Prometheus is not installed."""

    def __init__(self, program: str) -> None:
        super().__init__(
            f"{program} was not found on PATH; install it with: apt-get install prometheus "
            "(or unpack a release of Prometheus 2.42 or newer and put its folder on PATH)"
        )


class PrometheusStartError(RuntimeError):
    """Prometheus, or promtool before it, gave up; the message ends with the last lines it wrote."""


class PortTakenError(PrometheusStartError):
    """Somebody else took the port between its choice and the start; another one will do."""


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """What to scrape under which *job*; *labels* are added to each series and may replace ``instance``."""

    job: str
    address: str
    """``host:port``."""
    labels: Mapping[str, str] = field(default_factory=dict)


def program(name: str) -> str:
    """
    Find ``prometheus`` or ``promtool`` on PATH.

    Raises:
        PrometheusMissingError: It is not there; the message says what to install.

    """
    found = shutil.which(name)
    if found is None:
        raise PrometheusMissingError(name)
    return found


def free_port() -> int:
    """Give a loopback port that is free now; it may be taken a moment later, so whoever binds it must retry."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def create_blocks(
    openmetrics: Path, data_dir: Path, *, longest_block: str = "2h", timeout_seconds: float = 300.0
) -> None:
    """
    Turn the OpenMetrics text file *openmetrics* into blocks of the TSDB in *data_dir*, which must not be in use.

    promtool reads the file once a block, so weeks load many times faster with a *longest_block* of a day or two.

    Raises:
        PrometheusMissingError: promtool is not installed.
        PrometheusStartError: promtool refuses the file or does not end in time.

    """
    block = f"--max-block-duration={longest_block}"
    command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", block, str(openmetrics), str(data_dir)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)
    except subprocess.TimeoutExpired as slow:
        raise PrometheusStartError(f"promtool did not load {openmetrics} within {timeout_seconds:g} s") from slow
    if done.returncode != 0:
        raise PrometheusStartError(f"promtool refused {openmetrics}: {(done.stdout + done.stderr)[-2000:].strip()}")


class PrometheusServer:
    """
    A Prometheus process with its data in *data_dir*; use it in a ``with``.

    *openmetrics* is loaded as history before the start; blocks may also be put into ``storage`` beforehand. Durations
    are Prometheus's own. Without *out_of_order_window* scrapes are refused as too old where blocks reach near or beyond
    the present. *data_dir* is kept at the end.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        scrape_targets: Sequence[ScrapeTarget] = (),
        scrape_interval: str = "1s",
        openmetrics: Path | None = None,
        retention: str = "30d",
        out_of_order_window: str = "30m",
        ready_timeout_seconds: float = 60.0,
    ) -> None:
        self.data_dir = data_dir
        self.config_file = data_dir / "prometheus.yml"
        self.log_file = data_dir / "prometheus.log"
        self._targets, self._interval = tuple(scrape_targets), scrape_interval
        self._openmetrics, self._retention = openmetrics, retention
        self._window = out_of_order_window
        self._ready_timeout = ready_timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def storage(self) -> Path:
        """The folder of the TSDB."""
        return self.data_dir / "data"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    def __enter__(self) -> Self:
        """
        Load the history, start and wait until Prometheus is ready.

        Raises:
            PrometheusMissingError: Prometheus or promtool is not installed.
            PrometheusStartError: It ended by itself, refused its configuration or was not ready in time.

        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._write_config()
        if self._openmetrics is not None:
            create_blocks(self._openmetrics, self.storage)
            self._openmetrics = None
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process, also a stuck one."""
        self.stop()

    def start(self, *, port: int | None = None) -> None:
        """
        Start on *port*, or on a free one, and wait until ready; after a stop this goes on with the same data.

        Raises:
            PortTakenError: *port* is in use, or five free ones in a row were taken before we came.
            PrometheusStartError: It ended by itself or was not ready in time.

        """
        if port is not None:
            self._start_once(port)
            return
        for attempt in range(1, _STARTS + 1):
            try:
                self._start_once(free_port())
                return
            except PortTakenError:
                if attempt == _STARTS:
                    raise

    def stop(self, *, kill: bool = False) -> None:
        """Terminate the process, after ten seconds kill it (*kill*: at once); without a process nothing happens."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            process.wait(_TERMINATE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def reload(self, scrape_targets: Sequence[ScrapeTarget] | None = None) -> None:
        """
        Write the configuration anew, with other *scrape_targets* if given, and have Prometheus read it.

        Raises:
            PrometheusStartError: Prometheus refuses the configuration.

        """
        if scrape_targets is not None:
            self._targets = tuple(scrape_targets)
        self._write_config()
        answer = httpx.post(f"{self.url}/-/reload", timeout=10, trust_env=False)
        if answer.status_code != httpx.codes.OK:
            raise PrometheusStartError(f"prometheus refused the reload: {answer.text[-2000:]}")

    def _write_config(self) -> None:
        # JSON is YAML, and needs no room of its own to be written without a mistake.
        config = {
            "global": {"scrape_interval": self._interval, "scrape_timeout": self._interval},
            "storage": {"tsdb": {"out_of_order_time_window": self._window}},
            "scrape_configs": [
                {
                    "job_name": target.job,
                    "static_configs": [{"targets": [target.address], "labels": dict(target.labels)}],
                }
                for target in self._targets
            ],
        }
        self.config_file.write_text(json.dumps(config, indent=2), encoding="utf-8")

    def _start_once(self, port: int) -> None:
        self._port = port
        command = [
            program("prometheus"),
            f"--config.file={self.config_file}",
            f"--storage.tsdb.path={self.storage}",
            f"--storage.tsdb.retention.time={self._retention}",
            f"--web.listen-address={_LOOPBACK}:{port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ]
        with self.log_file.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal must reach it through whoever started it, in order.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._ready_timeout
        with httpx.Client(base_url=self.url, timeout=2, trust_env=False) as client:
            while time.monotonic() < deadline:
                if process.poll() is not None:
                    raise self._ended(process.returncode)
                if self._answers(client):
                    return
                time.sleep(_READY_POLL_SECONDS)
        raise PrometheusStartError(f"prometheus was not ready within {self._ready_timeout:g} s: {self._last_words()}")

    def _answers(self, client: httpx.Client) -> bool:
        try:
            if client.get("/-/ready").status_code != httpx.codes.OK:
                return False
            flags = client.get("/api/v1/status/flags").json()
        except (httpx.HTTPError, ValueError):
            return False
        # Another Prometheus may have won the port; ours then ends a moment later.
        return bool(flags.get("data", {}).get("storage.tsdb.path") == str(self.storage))

    def _ended(self, code: int) -> PrometheusStartError:
        words = self._last_words()
        kind = PortTakenError if "address already in use" in words else PrometheusStartError
        return kind(f"prometheus ended with code {code}: {words}")

    def _last_words(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
