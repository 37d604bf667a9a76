"""The shapes of rollout.yaml that are about time: freeze windows and the daily checkpoint."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from stopwatch.config.fields import FIRST_YEAR, LAST_YEAR, Said, SlackChannel, Strict, mistake
from stopwatch.config.phase_model import Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_AT_LEAST = timedelta(hours=23)
"""How long a day lasts at least; later than that the next checkpoint is due."""
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time_of_day(value: object) -> time:
    if not isinstance(value, str) or not re.fullmatch(_TIME[1:-1], value):
        raise mistake("bad-time", "must be a time of day", 'write it as "09:00", from "00:00" to "23:59"')
    return time.fromisoformat(value)


def _moment(value: object) -> date:
    """Read a date, a local date and time, or one with its zone."""
    hint = "write a date as 2026-12-24, or a local time as 2026-12-24T18:00"
    if not isinstance(value, str):
        raise mistake("bad-time", "must be a date, or a date and time", hint)
    text = value.strip()
    try:
        moment = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else datetime.fromisoformat(text)
    except ValueError:
        raise mistake("bad-time", "is no date, and no date and time", hint) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise mistake("bad-time", f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}", "check the year")
    return moment


TimeOfDay = Annotated[time, PlainValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": _TIME})]
"""A time of day, ``09:00``."""
Moment = Annotated[
    date,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\d", "examples": ["2026-12-24", "2026-12-24T18:00"]}),
]
"""A date, or a date and time that is local unless it says its zone."""


class DailyModel(Strict):
    """A stretch of the day, in the site's local time."""

    from_: TimeOfDay = Field(alias="from", description="When it begins.")
    until: TimeOfDay = Field(description="When it ends; not later than `from` means the next day.")


class FreezeModel(Strict):
    """When no site may be activated; in the site's local time."""

    name: Said = Field(description="Why, in a word; told to whoever is refused.")
    from_: Moment | None = Field(default=None, alias="from", description="First day, or from when on.")
    until: Moment | None = Field(default=None, description="Last day (included), or until when.")
    daily: DailyModel | None = Field(default=None, description="Only at these times of day.")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = Field(
        default=None, description="Only on these weekdays: `mon` to `sun`."
    )
    sites: list[str] = Field(default_factory=list, description="Only at these sites; at all if left out.")


class CheckpointModel(Strict):
    """The daily checkpoint."""

    at: TimeOfDay = Field(description="When it is due, in the plan's time zone.")
    channel: SlackChannel | None = Field(default=None, description="Slack channel id of its report.")


class TargetsModel(Strict):
    """Within what time a new issue is to be resolved that names no day, by severity."""

    sev1: Span | None = Field(default=None, description="For work that stands.")
    sev2: Span | None = Field(default=None, description="For a main flow that only a workaround keeps going.")
    sev3: Span | None = Field(default=None, description="For what is wrong while work goes on.")
    sev4: Span | None = Field(default=None, description="For a blemish or a wish.")


class HypercareModel(Strict):
    """What people owe in hypercare."""

    checkpoint_within: Annotated[Span, Field(lt=_DAY_AT_LEAST)] = Field(
        default=timedelta(hours=4), description="A checkpoint not recorded this long after its time is overdue."
    )
    reviewed_within: Span = Field(
        default=timedelta(hours=26), description="An open issue that nobody looked at for longer is not reviewed."
    )
    targets: TargetsModel = Field(
        default_factory=TargetsModel, description="Within what time a new issue is to be resolved that names no day."
    )
