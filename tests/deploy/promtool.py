"""Runs promtool on rule files and on unit tests of rules."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"


def promtool(*words: object) -> subprocess.CompletedProcess[str]:
    """Run promtool with *words*."""
    command = ["promtool", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def yaml(path: Path) -> Any:  # noqa: ANN401 – any YAML
    """Read a YAML file."""
    return YAML(typ="safe").load(path)


def rules_of(path: Path) -> list[dict[str, Any]]:
    """Return every rule of a rule file."""
    return [rule for group in yaml(path)["groups"] for rule in group["rules"]]


def unit_test(folder: Path, rules: Path, series: Mapping[str, str], **expected: Sequence[Mapping[str, Any]]) -> str:
    """Let promtool judge *rules* over *series*, a sample each 15 s; return what it complains of, empty if nothing."""
    told = {
        "rule_files": [str(rules)],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                **expected,
            }
        ],
    }
    path = folder / "rules.test.yml"
    path.write_text(json.dumps(told))
    ran = promtool("test", "rules", path)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr
