"""A process waits for signals: each is acted on, whichever thread the kernel gives it to and whenever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from stopwatch.app.signals import signals

WAITING = """
import threading
from stopwatch.app.signals import signals

threading.Thread(target=threading.Event().wait, daemon=True).start()
renewed = threading.Semaphore(0)
with signals(renewed.release) as wait:
    print(threading.enumerate()[-1].native_id, flush=True)
    wait()
    print("ended", flush=True)
"""
WAIT_SECONDS = 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_it_ends_by_either_signal_also_in_a_flood_of_others(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        for _ in range(200):
            waiting.send_signal(signal.SIGHUP)
        waiting.send_signal(number)
        assert waiting.wait(WAIT_SECONDS) == 0
        assert waiting.stdout.read() == "ended\n"


def test_before_it_returns_to_whoever_began_signals_are_what_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    renewed = threading.Event()
    with signals(renewed.set) as wait:
        signal.raise_signal(signal.SIGHUP)
        assert renewed.wait(WAIT_SECONDS)
        signal.raise_signal(signal.SIGTERM)
        wait()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == before
