"""STOPWATCH_* variables as values of settings: secrets from files, and no misspelt name goes unnoticed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

PREFIX = "STOPWATCH_"
LARGEST_SECRET = 64 * 1024


def variable(name: str) -> str:
    """Return the variable of the setting called *name*."""
    return PREFIX + name.upper()


def read_environment(
    environ: Mapping[str, str], names: Iterable[str], secrets: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """
    Return the settings that *environ* gives, by name, and everything that is wrong with it.

    A variable with an empty value counts as not set. Each of *secrets* may also be given as ``…_FILE``, the path of a
    file that holds it. Complaints never show a value.
    """
    plain = {variable(name): name for name in names}
    files = {f"{variable(name)}_FILE": name for name in secrets}
    values: dict[str, str] = {}
    complaints: list[str] = []
    for key, value in sorted(environ.items()):
        if not key.upper().startswith(PREFIX):
            continue
        if key in plain:
            if value:
                values[plain[key]] = value
        elif key not in files:
            complaints.append(_unknown(key, [*plain, *files]))
    for key, name in files.items():
        path = environ.get(key)
        if not path:
            continue
        if name in values:
            complaints.append(f"{variable(name)} and {key} are both set; keep one of them")
        try:
            values[name] = read_secret(Path(path))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            complaints.append(f"{key}: {path} cannot be read: {reason}")
    return values, complaints


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.upper(), known, n=1, cutoff=0.5)
    advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
    return f"{key} is no setting of stopwatch; {advice}"


def read_secret(path: Path) -> str:
    """
    Return the one line that the file at *path* holds.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds no secret; the message does not show what it holds.

    """
    with path.open("rb") as file:
        data = file.read(LARGEST_SECRET + 1)
    if len(data) > LARGEST_SECRET:
        raise ValueError("it is larger than 64 KiB")
    try:
        secret = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if not secret:
        raise ValueError("it is empty")
    if "\x00" in secret or "\n" in secret:
        raise ValueError("it holds more than one line")
    return secret
