"""The only place where rooms meet: builds the daemon, reads the clock, runs it until a signal."""

from stopwatch.app.running import run

__all__ = ["run"]
