"""A mistyped command is answered with the one that is meant."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from stopwatch.cli import main


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("statu",), "No such command 'statu'; did you mean status?", id="a letter is missing"),
        pytest.param(("decisions", "ack", "x"), "No such command 'ack'; did you mean acknowledge?", id="its beginning"),
        pytest.param(("rollout", "activte", "x"), "No such command 'activte'; did you mean activate?", id="in a group"),
        pytest.param(("xyzzy",), "No such command 'xyzzy'.", id="nothing near"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest(words: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert told in result.stderr
