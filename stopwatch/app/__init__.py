"""The only place where rooms meet: builds the daemon, reads the clock, runs it until a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopwatch.config.settings import Settings


def run(settings: Settings) -> None:
    """
    Run the daemon until SIGTERM or SIGINT (in the main thread; elsewhere until the process ends). SIGHUP reloads.

    Raises:
        ConfigurationError: Settings or files cannot be used.
        StoreError: The database cannot be used, or another daemon works on it.

    """
    from stopwatch.app.memory import UNUSED, leaving_out  # noqa: PLC0415 – as below

    with leaving_out(*UNUSED):
        from stopwatch.app.running import run as run_daemon  # noqa: PLC0415 – short commands must not load the server

    run_daemon(settings)
