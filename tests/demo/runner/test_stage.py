"""What is shown where nobody sees colours: every word, in order, nothing that moves."""

import io

from rich.console import Console

from stopwatch.demo.runner.checks import Check
from stopwatch.demo.runner.stage import Stage


def test_a_log_file_gets_plain_lines() -> None:
    paper = io.StringIO()
    stage = Stage(
        Console(file=paper, highlight=False, soft_wrap=True, color_system=None, force_terminal=False), steps=2
    )
    stage.step("A fault at lodz [see the log]")
    with stage.bar("carrier-labels at lodz", total=35) as bar:
        bar(11, "11 of 35 s")
    with stage.spinner("the card is on its way") as tell:
        tell("soon")
    stage.table([("Slack", "http://127.0.0.1:1/"), ("the sites", "x" * 200)])
    stage.command("stopwatch gate lodz", "closed: lodz\nexit code 1")
    stage.check(Check("the gate was closed", good=True, detail="not shown"))
    stage.check(Check("links answer", good=False, detail="logs: 404"))
    assert paper.getvalue().splitlines() == [
        "",
        "1/2 A fault at lodz [see the log]",
        "    carrier-labels at lodz …",
        "    the card is on its way …",
        "    Slack      http://127.0.0.1:1/",
        f"    the sites  {'x' * 200}",
        "    $ stopwatch gate lodz",
        "      closed: lodz",
        "      exit code 1",
        "      ok  the gate was closed",
        "    FAIL  links answer: logs: 404",
    ]
