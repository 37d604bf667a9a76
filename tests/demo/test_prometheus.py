"""The launcher of a real Prometheus: starts, stops, goes on, and says why it cannot."""

import os
import re
import socket
from pathlib import Path

import httpx
import pytest

from stopwatch.demo.prometheus import (
    PortTakenError,
    PrometheusMissingError,
    PrometheusServer,
    PrometheusStartError,
    ScrapeTarget,
    program,
)


def _jobs(server: PrometheusServer) -> list[str]:
    answer = httpx.get(f"{server.url}/api/v1/status/config", trust_env=False, timeout=60).json()
    return re.findall(r"job_name: (\S+)", answer["data"]["yaml"])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_missing_program_is_named_with_what_to_install() -> None:
    with pytest.raises(PrometheusMissingError, match="apt-get install prometheus"):
        program("prometheus-that-nobody-installed")


@pytest.mark.slow
def test_it_is_ready_inside_the_with_and_gone_after_it(tmp_path: Path) -> None:
    with PrometheusServer(tmp_path) as server:
        assert httpx.get(f"{server.url}/-/ready", trust_env=False, timeout=60).status_code == 200
        pid = server.pid
        assert pid is not None
    assert not _alive(pid)


@pytest.mark.slow
def test_killed_and_started_again_it_keeps_its_address_and_a_reload_its_targets(tmp_path: Path) -> None:
    with PrometheusServer(tmp_path, scrape_targets=[ScrapeTarget("one", "127.0.0.1:9")]) as server:
        before = server.url
        server.stop(kill=True)
        assert server.pid is None
        server.start(port=int(before.rsplit(":", 1)[1]))
        assert server.url == before
        server.reload([ScrapeTarget("one", "127.0.0.1:9"), ScrapeTarget("two", "127.0.0.1:9", {"instance": "b"})])
        assert _jobs(server) == ["one", "two"]


@pytest.mark.slow
def test_a_taken_port_is_told_apart_from_other_troubles(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = PrometheusServer(tmp_path)
        with server:
            server.stop()
            with pytest.raises(PortTakenError, match="address already in use"):
                server.start(port=taken.getsockname()[1])
            assert server.pid is None


@pytest.mark.slow
def test_a_refused_configuration_ends_with_the_words_of_prometheus(tmp_path: Path) -> None:
    with (
        pytest.raises(PrometheusStartError, match="empty duration string"),
        PrometheusServer(tmp_path, scrape_interval=""),
    ):
        pass
