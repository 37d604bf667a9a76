"""Block Kit elements: buttons, menus and inputs, and in which block each may stand."""

import re
from collections.abc import Mapping
from typing import Any

from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.records import Value
from stopwatch.demo.slack.shapes import (
    Check,
    Report,
    anything,
    confirm,
    flag,
    items,
    number,
    one_of,
    plain,
    slack_file,
    string,
    text_object,
    url,
)

FIRST_MOMENT = 1_000_000_000
LAST_MOMENT = 9_999_999_999
ACTION = {"action_id": string(LIMITS["action_id"])}
ANSWERED = {**ACTION, "confirm": confirm, "focus_on_load": flag}
PLACEHOLDER = {"placeholder": plain(LIMITS["placeholder"])}
DISPATCH = {"dispatch_action_config": anything}


def _option(text: Check, *, link: bool) -> Check:
    required = {"text": text, "value": string(LIMITS["option.value"])}
    optional: dict[str, Check] = {"description": text_object(longest=LIMITS["option.description"])}
    if link:
        optional["url"] = url(LIMITS["option.url"])
    return lambda report, value, at: report.shape(value, at, required=required, optional=optional)


MENU_OPTION = _option(plain(LIMITS["option.text"]), link=False)
OVERFLOW_OPTION = _option(plain(LIMITS["option.text"]), link=True)
CHOICE = _option(text_object(longest=LIMITS["option.text"]), link=False)


def _group(report: Report, value: Value, at: str) -> None:
    options = items(MENU_OPTION, most=LIMITS["option_group.options"])
    report.shape(value, at, required={"label": plain(LIMITS["option_group.label"]), "options": options})


def _moment(report: Report, value: Value, at: str) -> None:
    number(report, value, at)
    if isinstance(value, int) and not FIRST_MOMENT <= value <= LAST_MOMENT:
        report.complain("must be a UNIX timestamp of 10 digits", at)


def _pattern(pattern: str, words: str) -> Check:
    def check(report: Report, value: Value, at: str) -> None:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            report.complain(f"must be {words}", at)

    return check


SELECT: Mapping[str, Check] = {
    "options": items(MENU_OPTION, most=LIMITS["select.options"]),
    "option_groups": items(_group, most=LIMITS["select.option_groups"]),
}

# type -> (required, optional) members besides "type"
ELEMENTS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "button": (
        {"text": plain(LIMITS["button.text"])},
        {
            **ACTION,
            "confirm": confirm,
            "url": url(LIMITS["button.url"]),
            "value": string(LIMITS["button.value"]),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(LIMITS["button.accessibility_label"]),
        },
    ),
    "overflow": (
        {"options": items(OVERFLOW_OPTION, most=LIMITS["overflow.options"])},
        {**ACTION, "confirm": confirm},
    ),
    "static_select": ({}, {**ANSWERED, **PLACEHOLDER, **SELECT, "initial_option": MENU_OPTION}),
    "multi_static_select": (
        {},
        {
            **ANSWERED,
            **PLACEHOLDER,
            **SELECT,
            "initial_options": items(MENU_OPTION, most=LIMITS["select.options"]),
            "max_selected_items": number,
        },
    ),
    "users_select": ({}, {**ANSWERED, **PLACEHOLDER, "initial_user": string()}),
    "multi_users_select": (
        {},
        {**ANSWERED, **PLACEHOLDER, "initial_users": items(string(), most=100), "max_selected_items": number},
    ),
    "radio_buttons": (
        {"options": items(CHOICE, most=LIMITS["checkboxes.options"])},
        {**ANSWERED, "initial_option": CHOICE},
    ),
    "checkboxes": (
        {"options": items(CHOICE, most=LIMITS["checkboxes.options"])},
        {**ANSWERED, "initial_options": items(CHOICE, most=LIMITS["checkboxes.options"])},
    ),
    "datepicker": (
        {},
        {**ANSWERED, **PLACEHOLDER, "initial_date": _pattern(r"\d{4}-\d\d-\d\d", "a date as YYYY-MM-DD")},
    ),
    "timepicker": (
        {},
        {
            **ANSWERED,
            **PLACEHOLDER,
            "initial_time": _pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time as HH:mm"),
            "timezone": string(),
        },
    ),
    "datetimepicker": ({}, {**ANSWERED, "initial_date_time": _moment}),
    "plain_text_input": (
        {},
        {
            **ACTION,
            **PLACEHOLDER,
            **DISPATCH,
            "focus_on_load": flag,
            "initial_value": string(LIMITS["plain_text_input.length"], shortest=0),
            "multiline": flag,
            "min_length": number,
            "max_length": number,
        },
    ),
    "url_text_input": (
        {},
        {**ACTION, **PLACEHOLDER, **DISPATCH, "focus_on_load": flag, "initial_value": url(LIMITS["button.url"])},
    ),
    "number_input": (
        {"is_decimal_allowed": flag},
        {
            **ACTION,
            **PLACEHOLDER,
            **DISPATCH,
            "focus_on_load": flag,
            "initial_value": string(),
            "min_value": string(),
            "max_value": string(),
        },
    ),
    "image": (
        {"alt_text": string(LIMITS["image.alt_text"])},
        {"image_url": url(LIMITS["image.image_url"]), "slack_file": slack_file},
    ),
}

INPUTS = frozenset(ELEMENTS) - {"button", "overflow", "image"}
TYPED = frozenset({"plain_text_input", "url_text_input", "number_input"})
IN_ACTIONS = frozenset(ELEMENTS) - TYPED - {"image"}
IN_SECTION = IN_ACTIONS - {"datetimepicker"} | {"image"}


def element(allowed: frozenset[str]) -> Check:
    """A block element of one of the types in *allowed*."""

    def check(report: Report, value: Value, at: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in ELEMENTS or kind not in allowed:
            report.complain(f"unsupported type: {kind}", f"{at}/type")
            return
        required, optional = ELEMENTS[kind]
        report.shape(value, at, required={"type": anything, **required}, optional=optional)
        _choices(report, value, at)

    return check


def _choices(report: Report, value: dict[str, Any], at: str) -> None:
    """What several members of one element say together."""
    kind = value["type"]
    if kind in {"static_select", "multi_static_select"} and ("options" in value) == ("option_groups" in value):
        report.complain("must define either `options` or `option_groups`", at)
    if kind == "image" and ("image_url" in value) == ("slack_file" in value):
        report.complain("must define either `image_url` or `slack_file`", at)
    offered = value.get("options")
    chosen = value.get("initial_option")
    if isinstance(offered, list) and chosen is not None and chosen not in offered:
        report.complain("initial_option must be one of the options", f"{at}/initial_option")
    if isinstance(offered, list):
        values = [option.get("value") for option in offered if isinstance(option, dict)]
        for index, one in enumerate(values):
            if one in values[:index]:
                report.complain("options must have unique values", f"{at}/options/{index}/value")
