"""The progress of reading a long past on a terminal: how much, how fast, how long to go."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bar(doing: str = "replaying") -> Iterator[Callable[[int, int], None]]:
    """Show the progress of *doing* on standard error while the block lasts; stay silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """Slots a second."""

        def render(self, task: Task) -> Text:
            """Write the rate, nothing before it is known."""
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f} slots/s")

    columns = (
        TextColumn(doing),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} slots"),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("slots", total=1)
        yield lambda done, total: shown.update(task, completed=done, total=max(total, 1))
