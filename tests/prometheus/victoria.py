"""A real VictoriaMetrics on a free loopback port, fed by its own import."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from stopwatch.demo.prometheus import free_port

PROGRAM = "victoria-metrics"


@contextmanager
def victoria(folder: Path, *flags: str, login: tuple[str, str] | None = None) -> Iterator[str]:
    """Run it with its data in *folder* and further *flags*; *login* is demanded of whoever asks. Yields its address."""
    assert shutil.which(PROGRAM), "install it with: apt-get install victoria-metrics"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    demanded = [f"-httpAuth.username={login[0]}", f"-httpAuth.password={login[1]}"] if login else []
    command = [
        PROGRAM,
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        "-retentionPeriod=100y",
        "-memory.allowedPercent=5",
        *demanded,
        *flags,
    ]
    with (folder / "victoria.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, folder / "victoria.log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fill(url: str, openmetrics: Path, *, login: tuple[str, str] | None = None) -> None:
    """Import the OpenMetrics file (its times are seconds, the import's are milliseconds) and make it searchable."""
    lines = []
    for line in openmetrics.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sample, _, instant = line.rpartition(" ")
            lines.append(f"{sample} {round(float(instant) * 1000)}\n")
    with httpx.Client(base_url=url, auth=login, timeout=60, trust_env=False) as client:
        client.post("/api/v1/import/prometheus", content="".join(lines).encode()).raise_for_status()
        client.get("/internal/force_flush").raise_for_status()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            if httpx.get(f"{url}/health", timeout=2, trust_env=False).status_code in {200, 401}:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not up within 60 s: {log.read_text(errors='replace')[-2000:]}")
