"""The arguments of one call, read as Slack reads them: text from forms, typed values from JSON."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stopwatch.demo.slack.records import RefusedError, Value

TS = re.compile(r"\d{10}\.\d{6}")
TIME = re.compile(r"\d+(\.\d+)?")
YES = {"1", "true", "True"}
NO = {"0", "false", "False", ""}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a client sent; ``object_to`` records a breach of contract that Slack may well overlook."""

    values: Mapping[str, Any]
    object_to: Callable[[str], None]

    def has(self, name: str) -> bool:
        """True when the argument was given at all."""
        return name in self.values

    def text(self, name: str) -> str:
        """
        Text, empty when not given.

        Raises:
            RefusedError: Something else than text was sent.

        """
        value = self.values.get(name, "")
        if not isinstance(value, str):
            self.object_to(f"{name} must be a string, got {type(value).__name__}")
            raise RefusedError("invalid_arguments", f"[ERROR] must be a string [json-pointer:/{name}]")
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false when not given; an unreadable one is recorded and read as false."""
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        if str(value) not in YES | NO:
            self.object_to(f"{name} must be a boolean, got {value!r}")
        return str(value) in YES

    def number(self, name: str, *, default: int, most: int) -> int:
        """
        A whole number from 1 to *most*.

        Raises:
            RefusedError: invalid_limit, outside of that.

        """
        value = str(self.values.get(name, default))
        if not value.isdecimal() or not 1 <= int(value) <= most:
            self.object_to(f"{name} must be a whole number from 1 to {most}, got {value!r}")
            raise RefusedError("invalid_limit")
        return int(value)

    def time(self, name: str, *, refused: str) -> float | None:
        """
        Seconds since the epoch, None when not given.

        Raises:
            RefusedError: With the code *refused*, if it is no number.

        """
        if not self.has(name):
            return None
        value = str(self.values[name])
        if TIME.fullmatch(value) is None:
            self.object_to(f"{name} must be seconds since the epoch, got {value!r}")
            raise RefusedError(refused)
        return float(value)

    def ts(self, name: str) -> str:
        """The identity of a message, empty when not given; a malformed one is recorded."""
        value = self.text(name)
        if value and TS.fullmatch(value) is None:
            self.object_to(f"{name} must look like 1405894322.002768, got {value!r}")
        return value

    def structure(self, name: str, *, refused: str) -> Value:
        """
        A list or object: as it is from JSON, decoded from the text of a form; None when not given.

        Raises:
            RefusedError: With the code *refused*, if the text is no JSON.

        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            self.object_to(f"{name} is no JSON: {error}")
            raise RefusedError(refused) from error
