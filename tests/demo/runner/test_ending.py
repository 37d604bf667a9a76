"""Whenever the demo ends, nothing of it is left: no process, no folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stopwatch.demo.runner.daemon import ROOT, Daemon
from stopwatch.demo.runner.waiting import DemoFailedError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, id="SIGTERM"), pytest.param(signal.SIGINT, id="Ctrl-C")]
)
def test_a_demo_that_is_ended_while_it_makes_history_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "stopwatch.demo", "--headless"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "making two hours" in line:
                break
        assert [path.name.partition(".")[0] for path in tmp_path.iterdir()] == ["stopwatch-demo"]
        demo.send_signal(number)
        assert demo.wait(30) == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_a_daemon_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    settings = {"STOPWATCH_CONFIG": str(tmp_path), "STOPWATCH_PROMETHEUS_URL": "http://127.0.0.1:9"}
    daemon = Daemon(settings, log_file=tmp_path / "stopwatch.log")
    with pytest.raises(DemoFailedError, match=r"(?s)ended by itself; its log ends with:.*rollout\.yaml"), daemon:
        pass
    assert daemon.exit_code == 2
    assert not daemon.living()
