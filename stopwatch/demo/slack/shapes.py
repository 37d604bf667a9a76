"""The vocabulary of the Block Kit checks: a report of complaints, and checks of the parts every block is made of."""

import re
from collections.abc import Callable, Collection, Mapping

from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.records import Value

Check = Callable[["Report", Value, str], None]
"""Looks at a value that lies at a JSON pointer and complains to the report."""


class Report:
    """
    Complaints about one payload, in the words Slack puts into ``response_metadata.messages``.

    *pictures* are the ids of the uploaded files that it may show.
    """

    def __init__(self, pictures: Collection[str] = ()) -> None:
        self.errors: list[str] = []
        self.pictures = pictures

    def complain(self, what: str, at: str) -> None:
        """Note that *what* is wrong at the JSON pointer *at*."""
        self.errors.append(f"[ERROR] {what} [json-pointer:{at}]")

    def shape(
        self, value: Value, at: str, *, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None
    ) -> None:
        """Check that *value* is an object of exactly these members, and each member in its turn."""
        if not isinstance(value, dict):
            self.complain("must be an object", at)
            return
        known = {**required, **(optional or {})}
        for name in required:
            if name not in value:
                self.complain(f"missing required field: {name}", at)
        for name, part in value.items():
            if name not in known:
                self.complain(f"unknown field: {name}", at)
            else:
                known[name](self, part, f"{at}/{name}")


def anything(_report: Report, _value: Value, _at: str) -> None:
    """Let every value pass; the caller has looked at it."""


def flag(report: Report, value: Value, at: str) -> None:
    """Only true and false."""
    if not isinstance(value, bool):
        report.complain("must be a boolean", at)


def number(report: Report, value: Value, at: str) -> None:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        report.complain("must be an integer", at)


def string(longest: int | None = None, *, shortest: int = 1) -> Check:
    """Text of *shortest* to *longest* characters."""

    def check(report: Report, value: Value, at: str) -> None:
        if not isinstance(value, str):
            report.complain("must be a string", at)
        elif len(value) < shortest:
            report.complain(f"must be more than {shortest - 1} characters", at)
        elif longest is not None and len(value) > longest:
            report.complain(f"must be less than {longest + 1} characters", at)

    return check


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(report: Report, value: Value, at: str) -> None:
        if not isinstance(value, str) or value not in allowed:
            report.complain(f"must be one of {', '.join(allowed)}", at)

    return check


def url(longest: int) -> Check:
    """An absolute http(s) or mailto address."""

    def check(report: Report, value: Value, at: str) -> None:
        string(longest)(report, value, at)
        if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:")):
            report.complain("must be a valid URL", at)

    return check


FILE_ID = "^[F][A-Z0-9]{8,}$"


def slack_file(report: Report, value: Value, at: str) -> None:
    """An uploaded picture, by its id or its address; this workspace gives no addresses away."""
    report.shape(value, at, required={}, optional={"id": anything, "url": url(LIMITS["image.image_url"])})
    if not isinstance(value, dict) or ("id" in value) == ("url" in value):
        report.complain("must define either `id` or `url`", at)
    elif not re.fullmatch(FILE_ID, str(value.get("id", "F00000000"))):
        report.complain(f"input must match regex pattern: {FILE_ID}", f"{at}/id")
    elif value.get("id") not in report.pictures:
        report.complain("invalid slack file", at)


def items(each: Check, *, most: int, least: int = 1) -> Check:
    """A list of *least* to *most* values."""

    def check(report: Report, value: Value, at: str) -> None:
        if not isinstance(value, list):
            report.complain("must be an array", at)
            return
        if len(value) < least:
            report.complain(f"no fewer than {least} items allowed", at)
        if len(value) > most:
            report.complain(f"no more than {most} items allowed", at)
        for index, part in enumerate(value):
            each(report, part, f"{at}/{index}")

    return check


def text_object(*kinds: str, longest: int = LIMITS["text"]) -> Check:
    """A text object of one of *kinds* (default: both), of 1 to *longest* characters."""
    allowed = kinds or ("plain_text", "mrkdwn")

    def check(report: Report, value: Value, at: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        # emoji belongs to plain text and verbatim to mrkdwn; Slack refuses the one with the other
        own: Mapping[str, Check] = {"emoji": flag} if kind == "plain_text" else {"verbatim": flag}
        report.shape(value, at, required={"type": one_of(*allowed), "text": string(longest)}, optional=own)

    return check


def plain(longest: int) -> Check:
    """A plain_text object."""
    return text_object("plain_text", longest=longest)


CONFIRM: Mapping[str, Check] = {
    "title": plain(LIMITS["confirm.title"]),
    "text": text_object(longest=LIMITS["confirm.text"]),
    "confirm": plain(LIMITS["confirm.confirm"]),
    "deny": plain(LIMITS["confirm.deny"]),
}


def confirm(report: Report, value: Value, at: str) -> None:
    """A confirmation dialog."""
    report.shape(value, at, required=CONFIRM, optional={"style": one_of("primary", "danger")})
