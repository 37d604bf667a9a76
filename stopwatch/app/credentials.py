"""How a source is let in to: its address and headers, with what the files hold that the plan names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from stopwatch.config.environment import read_secret
from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.rollout import SourcePlan


def admission(planned: SourcePlan, url: str, folder: Path) -> tuple[str, Mapping[str, str]]:
    """
    Return address and headers by which the source at *url* is asked; relative paths count from *folder*.

    Raises:
        ConfigurationError: A file that the plan names cannot be read; the message shows no secret.

    """
    if planned.token_file is not None:
        token = _content(planned.name, "token_file", folder / planned.token_file)
        return url, {**planned.headers, "Authorization": f"Bearer {token}"}
    if planned.user is not None and planned.password_file is not None:
        password = _content(planned.name, "password_file", folder / planned.password_file)
        parts = urlsplit(url)
        login = f"{quote(planned.user, safe='')}:{quote(password, safe='')}"
        return parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}").geturl(), planned.headers
    return url, planned.headers


def _content(source: str, key: str, path: Path) -> str:
    try:
        return read_secret(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(f"sources.{source}.{key}: {path} cannot be read: {reason}") from None
