"""The README's first real site: its three files are whole, and its commands exist as they are written."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from stopwatch.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
FIRST = README.partition("\n## Your first real site in 30 minutes\n")[2].partition("\n## ")[0]
FILES = re.findall(r"\*\*(my-rules/\S+)\*\*\n\n```yaml\n(.*?)```", FIRST, re.DOTALL)
COMMANDS = sorted(set(re.findall(r"(?:^|`|\| )stopwatch ([a-z-]+(?: [a-z-]+)?)", README, re.MULTILINE)))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path, content in FILES:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    return tmp_path / "my-rules"


def test_the_three_files_are_whole_and_without_a_mistake(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == ["kpis.yaml", "rollout.yaml", "stop-rules.yaml"]
    found = CliRunner().invoke(main, ["check", "my-rules", "--strict"])
    assert (found.exit_code, "3 rules" in found.output) == (0, True), found.output


def test_the_tokens_file_is_one(written: Path) -> None:
    made = CliRunner().invoke(main, ["token", "anna"])
    (written.parent / "tokens.yaml").write_text("tokens:\n" + made.stdout, encoding="utf-8")
    settings = {"STOPWATCH_CONFIG": "my-rules", "STOPWATCH_API_TOKENS_FILE": "tokens.yaml"}
    refused = CliRunner().invoke(main, ["run"], env=settings | {"STOPWATCH_SLACK_CHANNEL": "no channel"})
    assert refused.exit_code == 2
    assert "STOPWATCH_SLACK_CHANNEL" in refused.output
    assert "TOKENS" not in refused.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_is_named_is_there(command: str) -> None:
    words = shlex.split(command)
    known = CliRunner().invoke(main, [*words, "--help"])
    alone = CliRunner().invoke(main, [words[0], "--help"])
    assert 0 in {known.exit_code, alone.exit_code}, known.output
