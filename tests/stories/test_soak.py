"""A week of a whole daemon: nothing that it holds grows, and its records grow by what is decided."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

KIB_PER_DECISION = 40
"""About 20 were measured, with two acts, evidence and audit; see tests/bench/README.md."""


def test_a_week_with_faults_and_people_leaves_memory_threads_and_descriptors_as_they_were(memory_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.soak", "--days", "7"]
    place = os.environ | {"TMPDIR": str(memory_path)}
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    first, *later = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(later) == 6
    assert max(day["rss_kib"] for day in later) < 1.05 * first["rss_kib"]
    assert {day["threads"] for day in later} == {first["threads"]}
    assert {day["descriptors"] for day in later} == {first["descriptors"]}
    made = later[-1]["decisions"] - first["decisions"]
    assert made > 400
    assert (later[-1]["database_kib"] - first["database_kib"]) / made < KIB_PER_DECISION
