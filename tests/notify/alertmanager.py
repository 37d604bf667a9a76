"""Debian's Alertmanager as a test's own server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CONFIGURATION = """
route: {receiver: nobody, group_wait: 1s}
receivers: [{name: nobody}]
"""


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running Alertmanager."""

    url: str

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds to be firing."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/alerts", timeout=10).json()
        return found


@contextlib.contextmanager
def alertmanager(folder: Path, configuration: str = CONFIGURATION) -> Iterator[Alertmanager]:
    """Run an Alertmanager on loopback, alone, with its data in *folder*."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "alertmanager.yml").write_text(configuration)
    command = [
        "prometheus-alertmanager",
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        running = Alertmanager(f"http://127.0.0.1:{port}")
        _await(running, process, folder / "alertmanager.log")
        yield running
    finally:
        process.terminate()
        process.wait(10)


def _await(server: Alertmanager, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{server.url}/-/ready", timeout=5).is_success:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"Alertmanager did not start:\n{log.read_text()}")
