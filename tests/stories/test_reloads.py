"""The files are read anew over and over while the daemon evaluates, every second time broken."""

from __future__ import annotations

import gc
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest

from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.stories.world import RULES, daemon, eventually, settings_for, write_rules

SITES = {f"site-{number:02}": "pilot" for number in range(30)}
BROKEN = RULES.replace("threshold", "treshold")
MIB = 1 << 20


def calm(seen: Seen) -> bytes:
    """Nothing ever happens."""
    if not seen.path.endswith("/query_range"):
        return http("", 404)
    first, last = (round(float(seen.form[name])) for name in ("start", "end"))
    values = [[at, "1"] for at in range(first, last + 1)]
    result = [{"metric": {"site": site}, "values": values} for site in SITES]
    return http(orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds: blocks of Python's, MiB of memory, threads and descriptors."""

    blocks: int
    memory: float
    threads: int
    descriptors: int


def held() -> Held:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return Held(sys.getallocatedblocks(), pages * 4096 / MIB, threading.active_count(), descriptors)


def reload_often(folder: Path, times: int, warm: int) -> None:
    rules = write_rules(folder / "rules", SITES, datetime.fromtimestamp(int(time.time()) - 10, UTC))
    with ScriptedServer(calm) as source:
        settings = settings_for(folder, rules, source.url, watch_config=False)
        with daemon(settings) as (running, api), httpx.Client(base_url=api.url, timeout=30) as client:
            eventually("it evaluates", lambda: running.board.evaluated_at)
            before = held()
            for turn in range(times):
                if turn == warm:
                    before = held()
                good, revision = turn % 2 == 0, running.rule_set.revision
                (rules / "stop-rules.yaml").write_text(RULES.replace("10", str(10 + turn)) if good else BROKEN)
                answer = client.post("/-/reload")
                assert answer.is_success == good, answer.text
                assert (running.rule_set.revision != revision) == good or turn == 0
            after = held()
            asked = len(source.seen)
            eventually("it still evaluates", lambda: len(source.seen) > asked + 2)
            assert client.get("/-/ready").status_code == 200
    # Threads of the scheduler's pool come and go; what leaks at each reload would be here many times.
    assert after.blocks - before.blocks < 5_000 + 5 * times
    assert after.memory - before.memory < 16
    assert abs(after.threads - before.threads) < 10
    assert abs(after.descriptors - before.descriptors) < 20


@pytest.mark.slow
def test_fifty_reloads_under_load_leave_the_last_good_rules_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reload_often(tmp_path, 50, warm=10)
    written = capsys.readouterr()
    assert "Traceback" not in written.out + written.err


@pytest.mark.long
def test_a_thousand_reloads_under_load_leave_the_last_good_rules_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reload_often(tmp_path, 1_000, warm=200)
    written = capsys.readouterr()
    assert "Traceback" not in written.out + written.err
