"""The tutorial in rules/README.md, followed word by word as far as it needs no Prometheus."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from stopwatch.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "rules" / "README.md").read_text(encoding="utf-8")
TUTORIAL = README.partition("\n## From a sentence to a rule in ten minutes\n")[2].partition("\n## ")[0]
STEP = re.compile(r"\*\*(my-rules/\S+)\*\*\n\n```yaml\n(.*?)```|```console\n\$ stopwatch ([^\n]*)\n(.*?)```", re.DOTALL)
ASKS_PROMETHEUS = re.compile(r"--live|^replay|^explain")


def said(command: str) -> str:
    return CliRunner().invoke(main, shlex.split(command)).output


def test_every_command_says_what_the_tutorial_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tried = 0
    for path, content, command, shown in STEP.findall(TUTORIAL):
        if path:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, encoding="utf-8")
        elif not ASKS_PROMETHEUS.search(command):
            assert said(command) == shown, command
            tried += 1
    assert tried == 6


def test_every_finding_of_the_live_check_is_documented() -> None:
    sources = ["watch/checkup/rules.py", "watch/checkup/links.py", "slack/checkup.py", "notify/links.py"]
    text = "".join((ROOT / "stopwatch" / source).read_text(encoding="utf-8") for source in sources)
    known = set(re.findall(r"(?:Finding|_tell)\(\s*\"([a-z-]+)\"", text))
    known |= {f"link-{code}" for code in re.findall(r"LinkTrouble\(\s*\"([a-z]+)\"", text)}
    known |= {"query-refused", "query-failed"}
    chapter = README.partition("\n## What `check --live` finds\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", chapter, re.MULTILINE)) == known
