"""A group of commands that names the nearest one where somebody mistyped."""

from __future__ import annotations

import difflib

import click


class NearestGroup(click.Group):
    """A group whose refusal of an unknown command says which one may be meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that *args* begin with, as click does."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            known = self.list_commands(ctx)
            begun = [name for name in known if name.startswith(args[0])]
            near = (begun or difflib.get_close_matches(args[0], known, n=1))[:1]
            if not near:
                raise
            raise click.UsageError(f"{error.message.rstrip('.')}; did you mean {near[0]}?", ctx) from None
