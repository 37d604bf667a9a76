"""
The whole daemon against schemathesis: whatever is sent, what is answered is what `/openapi.json` says.

Every check of schemathesis is on. One is told more: a body may fit its schema and still name a ground or a site that is
not there, an end that is past, come with a key that is taken (422), or be larger than a body may be (413).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stopwatch.core.decision import Act
from tests.stories.world import daemon, settings_for, write_rules

TOKEN = "fuzz"
NOBODY = "http://127.0.0.1:9"
CONFIGURATION = """
color = false
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "413", "422", "503"]
[phases.stateful]
enabled = false
"""


def tokens_file(folder: Path) -> Path:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    (folder / "tokens.yaml").write_text(f"tokens: [{{name: fuzz, sha256: {digest}, scopes: [act, admin]}}]\n")
    return folder / "tokens.yaml"


def fuzz(folder: Path, *, examples: int, phases: str, seconds: int) -> tuple[Counter[str], int]:
    """Let schemathesis loose on a daemon; return how often each operation got which status, and how many there are."""
    rules = write_rules(folder / "rules", {"ham-01": "pilot", "lodz": "wave-1"}, datetime.now(UTC))
    settings = settings_for(folder, rules, NOBODY, api_tokens_file=tokens_file(folder))
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    with daemon(settings) as (_daemon, api):
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(folder / "schemathesis.toml")),
            *("run", f"{api.url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}", "--checks", "all"),
            *("--max-examples", str(examples), "--phases", phases, "--seed", "1", "--suppress-health-check", "all"),
            *("--generation-database", "none"),
        ]
        known = {"FUZZED_URL": api.url, "FUZZED_TOKEN": TOKEN, "FUZZED_LOG": str(folder / "answers.log")}
        known |= {"SCHEMATHESIS_HOOKS": "tests.stories.fuzz_hooks"}
        place = os.environ | known | {"PYTHONPATH": str(Path(__file__).parents[2])}
        ended = subprocess.run(
            command, cwd=folder, env=place, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert api.get("/-/healthy") == {"live": True}
        described = sum(len(methods) for methods in api.get("/openapi.json")["paths"].values())
    return Counter((folder / "answers.log").read_text().splitlines()), described


def operations(found: Counter[str]) -> Counter[str]:
    """Add up the answers of each operation, whatever their status."""
    added: Counter[str] = Counter()
    for line, times in found.items():
        added[line.partition(" ")[2]] += times
    return added


@pytest.mark.slow
def test_whatever_is_sent_the_answer_is_as_described(memory_path: Path) -> None:
    found, described = fuzz(memory_path, examples=6, phases="examples,fuzzing", seconds=240)
    assert len(operations(found)) == described
    assert found["200 POST /api/v1/decisions/{decision}/acknowledge"] + found["409 GET /api/v1/gates/{site}"] > 0


@pytest.mark.long
def test_three_hundred_examples_of_each_operation_find_nothing(memory_path: Path) -> None:
    found, described = fuzz(memory_path, examples=300, phases="examples,coverage,fuzzing", seconds=3600)
    added = operations(found)
    assert len(added) == described
    with_room = {name for name in added if name.startswith("POST /api") or "{" in name or name.endswith("/decisions")}
    assert {name: added[name] for name in with_room if added[name] < 300} == {}
    acted = {act for act in Act if found[f"200 POST /api/v1/decisions/{{decision}}/{act}"]}
    assert acted >= {Act.ACKNOWLEDGE, Act.CONFIRM, Act.OVERRIDE, Act.DISMISS, Act.ROLL_BACK, Act.RESOLVE, Act.ATTACH}
