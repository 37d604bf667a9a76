"""The types that the fields of all three files are made of: strict, bounded, each complaint with a hint."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
ROLLOUT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
FIRST_YEAR, LAST_YEAR = 2000, 2199

_ID_HINT = "lower-case letters, digits, - and _, beginning with a letter or digit, at most 63 characters"


class Strict(BaseModel):
    """A mapping of a file: unknown keys are errors, nothing is converted, nothing changes later."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=False,
        use_enum_values=False,
    )


def mistake(code: str, message: str, hint: str = "") -> PydanticCustomError:
    """Make the error by which a field refuses its value; *code* is the complaint's code."""
    return PydanticCustomError(code, "{text}", {"text": message, "hint": hint})


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise mistake("wrong-type", "must be a number", "write it without quotes and without a unit or percent sign")
    number = Decimal(value)
    if not number.is_finite():
        raise mistake("not-finite", "must be a finite number", "write the limit itself; .inf and .nan limit nothing")
    return number


def _identifier(value: str) -> str:
    if not re.fullmatch(ID_PATTERN[1:-1], value):
        raise mistake("bad-id", "is no usable id", _ID_HINT)
    return value


def _rollout(value: str) -> str:
    if not re.fullmatch(ROLLOUT_PATTERN[1:-1], value):
        raise mistake("bad-id", "is no usable name of a rollout", "letters, digits, - _ and . only, at most 63")
    return value


def _said(value: str) -> str:
    if not value.strip():
        raise mistake("empty-text", "must not be empty", "write it, or leave the key out where it is optional")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(value, available_timezones(), n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}?" if near else "an IANA name such as Europe/Berlin"
        raise mistake("unknown-timezone", "is no time zone of the IANA list", hint) from None
    return value


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(re.sub(r" (?=[-+Zz])", "", value.strip()))
        except ValueError:
            raise mistake("bad-time", "is no date and time", "write it as 2026-11-20T06:00:00Z") from None
    else:
        raise mistake("bad-time", "must be a date and time", "write it as 2026-11-20T06:00:00Z")
    if moment.tzinfo is None:
        raise mistake("naive-time", "must say its zone", "add Z for UTC, or an offset such as +01:00")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise mistake("bad-time", f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}", "check the year")
    return moment


def _url(value: str) -> str:
    if not is_web_url(value):
        raise mistake("bad-url", "must be a web address", "it begins with http:// or https:// and names a host")
    return value


def is_web_url(value: str) -> bool:
    """Tell whether *value* is an http or https address with a host and without blanks."""
    try:
        parts = urlsplit(value)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and usable and not re.search(r"\s", value)


Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""A decimal from the digits as written, finite."""
Share = Annotated[Number, Field(ge=0, le=1)]
"""A number from 0 to 1."""
Said = Annotated[str, AfterValidator(_said), WithJsonSchema({"type": "string", "minLength": 1})]
"""A text that says something."""
Identifier = Annotated[str, AfterValidator(_identifier), WithJsonSchema({"type": "string", "pattern": ID_PATTERN})]
"""An id of a site, phase, rule or KPI."""
RolloutName = Annotated[str, AfterValidator(_rollout), WithJsonSchema({"type": "string", "pattern": ROLLOUT_PATTERN})]
"""The name of the rollout; part of every key in the database."""
Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})]
"""An IANA time zone that this machine knows."""
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A date and time with its zone."""
WebUrl = Annotated[str, AfterValidator(_url), WithJsonSchema({"type": "string", "format": "uri"})]
"""An http or https address."""
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
"""The name of a Prometheus label."""
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]+$")]
"""The id of a Slack channel; names can change, ids cannot."""
SlackPerson = Annotated[str, StringConstraints(pattern=r"^[UWS][A-Z0-9]+$")]
"""The id of a Slack user (U…, W…) or user group (S…)."""
SlackGroup = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]+$")]
"""The id of a Slack user group."""
