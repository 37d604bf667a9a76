"""After the story: what a person can try, and a line for everything that then happens."""

from __future__ import annotations

import shlex
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from stopwatch.demo.runner.daemon import ROOT
from stopwatch.demo.runner.waiting import DemoFailedError

if TYPE_CHECKING:
    from stopwatch.demo.runner.stage import Stage
    from stopwatch.demo.runner.world import World

_LOOK_SECONDS = 1.0


def invite(world: World, stage: Stage) -> None:
    """Tell how to play, and write the environment for it into the world's folder."""
    environment = world.folder / "environment.sh"
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(world.daemon.settings.items())]
    lines.append(
        f'stopwatch() {{ (cd {shlex.quote(str(ROOT))} && {shlex.quote(sys.executable)} -m stopwatch "$@"); }}\n'
    )
    environment.write_text("".join(lines), encoding="utf-8")
    fault = f"{world.sites.url}/control/fault"
    stage.title("Yours to play with, until Ctrl-C. In another terminal:")
    stage.table(
        [
            ("another fault", f'curl {fault} -d \'{{"site": "lodz", "kind": "labels"}}\''),
            ("mend it all", f"curl -X DELETE {fault}"),
            ("a silent site", f'curl {fault} -d \'{{"site": "lyon", "kind": "silent"}}\''),
            ("command line", f"source {environment}"),
            ("", "stopwatch status; stopwatch decisions list; stopwatch gate madrid"),
            ("by hand", "stopwatch pause milano --criterion operational_blocker --reason 'the sorter stands still'"),
            ("daemon's log", str(world.daemon.log_file)),
        ]
    )
    stage.say("")


def follow(world: World, stage: Stage) -> None:
    """
    Say what happens to decisions until a signal ends it.

    Raises:
        DemoFailedError: The daemon ended by itself.

    """
    known = {item["id"]: item["state"] for item in _decisions(world)}
    while True:
        time.sleep(_LOOK_SECONDS)
        if not world.daemon.living():
            raise DemoFailedError(f"stopwatch ended by itself; its log ends with:\n{world.daemon.last_words()}")
        for item in _decisions(world):
            if known.get(item["id"]) != item["state"]:
                known[item["id"]] = item["state"]
                grounds = ", ".join(str(ground["rule"] or ground["criterion"]) for ground in item["grounds"])
                stage.say(f"{datetime.now(UTC):%H:%M:%S}  {item['id']}  {item['state']}  {grounds}")


def _decisions(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.daemon.ask("/api/v1/decisions")[1]["decisions"]
    return found
