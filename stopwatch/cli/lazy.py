"""A group of commands that imports a command only when it runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from stopwatch.cli.nearest import NearestGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(NearestGroup):
    """A group of the modules of *package*; *modules* holds per command its module and the line that --help shows."""

    def __init__(self, *args: object, package: str, modules: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        """Keep where the commands are."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # click's own arguments, handed on
        self._package = package
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 – the signature is click's
        """Return the names in the order of a working day."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 – as above, click's
        """Import the module of *cmd_name* and return its ``command``."""
        if cmd_name not in self._modules:
            return None
        module = importlib.import_module(f"{self._package}.{self._modules[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 – click's own
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_module, line) in self._modules.items()])
