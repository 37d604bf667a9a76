"""What a person sees: numbered steps, bars that move, commands as they are typed, and one line for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from stopwatch.demo.runner.checks import Check

Bar = Callable[[float, str], None]
"""Takes how much is done, in the bar's own unit, and words for it."""


class Stage:
    """Writes to standard output, with colours and moving bars only on a terminal."""

    def __init__(self, console: Console | None = None, *, steps: int) -> None:
        """Number *steps* steps on *console*."""
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._steps, self._step = steps, 0

    def title(self, words: str) -> None:
        """Open the show."""
        self._console.print(f"\n[bold]{escape(words)}[/bold]")

    def step(self, words: str) -> None:
        """Begin the next step."""
        self._step += 1
        self._console.print(f"\n[bold cyan]{self._step}/{self._steps}[/bold cyan] [bold]{escape(words)}[/bold]")

    def say(self, words: str) -> None:
        """Say something, indented below the step."""
        for line in words.splitlines():
            self._console.print(f"    {escape(line)}")

    def good(self, words: str) -> None:
        """Say that something went well."""
        self._console.print(f"    [green]✓[/green] {escape(words)}")

    def loud(self, words: str) -> None:
        """Say what nobody must miss."""
        self._console.print(f"    [bold red]■ {escape(words)}[/bold red]")

    def fail(self, words: str) -> None:
        """Say what ended the demo."""
        self._console.print(f"\n[bold red]FAIL[/bold red] {escape(words)}")

    def table(self, rows: Mapping[str, str] | Sequence[tuple[str, str]]) -> None:
        """Show names and what they stand for, in two columns."""
        pairs = list(rows.items()) if isinstance(rows, Mapping) else list(rows)
        width = max(len(name) for name, _ in pairs)
        for name, words in pairs:
            self._console.print(f"    [bold]{escape(name):{width}}[/bold]  {escape(words)}")

    def command(self, words: str, said: str) -> None:
        """Show a command and what it answered."""
        self._console.print(f"    [bold]$ {escape(words)}[/bold]")
        for line in said.splitlines():
            self._console.print(f"      [dim]{escape(line)}[/dim]")

    def check(self, check: Check) -> None:
        """Show one link of the chain."""
        word = "[green]  ok[/green]" if check.good else "[bold red]FAIL[/bold red]"
        detail = "" if check.good else f": {check.detail}"
        self._console.print(f"    {word}  {escape(check.name)}{escape(detail)}")

    @contextmanager
    def bar(self, words: str, *, total: float) -> Iterator[Bar]:
        """Show a bar as long as the block lasts; elsewhere than on a terminal only its beginning."""
        if not self._console.is_terminal:
            self.say(f"{words} …")
            yield lambda _done, _words: None
            return
        columns = (TextColumn("    {task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[words]}"))
        with Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(escape(words), total=total, words="")
            yield lambda done, said: shown.update(task, completed=done, words=escape(said))

    @contextmanager
    def spinner(self, words: str) -> Iterator[Callable[[str], None]]:
        """Show that something is waited for, with words that may change."""
        if not self._console.is_terminal:
            self.say(f"{words} …")
            yield lambda _words: None
            return
        columns = (TextColumn("   "), SpinnerColumn(), TextColumn("{task.description} {task.fields[words]}"))
        with Progress(*columns, console=self._console, transient=True) as shown:
            task = shown.add_task(escape(words), total=None, words="")
            yield lambda said: shown.update(task, words=escape(said))
