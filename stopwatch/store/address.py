"""What a database address says: which dialect, which file, and what people may see of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from stopwatch.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Address:
    """A database address: SQLAlchemy's URL, the file if it is SQLite's, and how people may be shown it."""

    url: URL
    file: Path | None
    shown: str


def address(url: str) -> Address:
    """
    Read ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgresql://user:password@host/name``.

    Raises:
        ConfigurationError: Neither of the two; the message never holds the password.

    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("STOPWATCH_DATABASE_URL is no database address") from None
    name = parsed.get_backend_name()
    if name == "sqlite":
        if parsed.database in {None, "", ":memory:"} or str(parsed.database).startswith("file:"):
            raise ConfigurationError("STOPWATCH_DATABASE_URL must name a file: sqlite:///stopwatch.db")
        if Path(str(parsed.database)).is_dir():
            raise ConfigurationError(
                f"STOPWATCH_DATABASE_URL names the folder {parsed.database}; name a file in it: "
                f"sqlite:///{str(parsed.database).rstrip('/')}/stopwatch.db"
            )
        return Address(parsed.set(drivername="sqlite"), Path(str(parsed.database)), str(parsed.database))
    if name in {"postgresql", "postgres"}:
        driven = parsed.set(drivername="postgresql+psycopg")
        return Address(driven, None, driven.set(drivername="postgresql", query={}).render_as_string(hide_password=True))
    raise ConfigurationError(f"STOPWATCH_DATABASE_URL begins with {name}:, which is neither sqlite: nor postgresql:")
