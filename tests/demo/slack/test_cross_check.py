"""The emulator's numbers and arguments are held against slack_sdk's own, which the client did not write."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.models import blocks, views

from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.methods import METHODS

NUMBERS: dict[str, tuple[Any, str]] = {
    "view.title": (views.View, "title_max_length"),
    "view.submit": (views.View, "submit_max_length"),
    "view.close": (views.View, "close_max_length"),
    "view.blocks": (views.View, "blocks_max_length"),
    "view.private_metadata": (views.View, "private_metadata_max_length"),
    "view.callback_id": (views.View, "callback_id_max_length"),
    "block_id": (blocks.Block, "block_id_max_length"),
    "action_id": (blocks.InteractiveElement, "action_id_max_length"),
    "section.text": (blocks.SectionBlock, "text_max_length"),
    "section.fields": (blocks.SectionBlock, "fields_max_length"),
    "header.text": (blocks.HeaderBlock, "text_max_length"),
    "context.elements": (blocks.ContextBlock, "elements_max_length"),
    "actions.elements": (blocks.ActionsBlock, "elements_max_length"),
    "image.image_url": (blocks.ImageBlock, "image_url_max_length"),
    "image.alt_text": (blocks.ImageBlock, "alt_text_max_length"),
    "image.title": (blocks.ImageBlock, "title_max_length"),
    "input.label": (blocks.InputBlock, "label_max_length"),
    "input.hint": (blocks.InputBlock, "hint_max_length"),
    "markdown.text": (blocks.MarkdownBlock, "text_max_length"),
    "button.text": (blocks.ButtonElement, "text_max_length"),
    "button.value": (blocks.ButtonElement, "value_max_length"),
    "button.url": (blocks.ButtonElement, "url_max_length"),
    "option.text": (blocks.Option, "label_max_length"),
    "option.value": (blocks.Option, "value_max_length"),
    "option_group.label": (blocks.OptionGroup, "label_max_length"),
    "option_group.options": (blocks.OptionGroup, "options_max_length"),
    "overflow.options": (blocks.OverflowMenuElement, "options_max_length"),
    "select.options": (blocks.StaticSelectElement, "options_max_length"),
    "select.option_groups": (blocks.StaticSelectElement, "option_groups_max_length"),
    "placeholder": (blocks.StaticSelectElement, "placeholder_max_length"),
    "confirm.title": (blocks.ConfirmObject, "title_max_length"),
    "confirm.text": (blocks.ConfirmObject, "text_max_length"),
    "confirm.confirm": (blocks.ConfirmObject, "confirm_max_length"),
    "confirm.deny": (blocks.ConfirmObject, "deny_max_length"),
}
"""Where slack_sdk says the same number."""
BEYOND = {"files.completeUploadExternal": {"blocks"}}
"""Arguments that Slack documents and slack_sdk passes on without naming them."""


@pytest.mark.parametrize("limit", NUMBERS)
def test_a_limit_is_the_one_that_slack_sdk_knows(limit: str) -> None:
    model, name = NUMBERS[limit]
    assert LIMITS[limit] == getattr(model, name)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_takes_no_argument_that_slack_sdk_does_not_know(method: str) -> None:
    known = set(inspect.signature(getattr(WebClient, method.replace(".", "_"))).parameters) - {"self", "kwargs"}
    taken = {*METHODS[method].required, *METHODS[method].optional}
    assert taken - known == BEYOND.get(method, set())


@pytest.mark.parametrize("method", METHODS)
def test_what_slack_sdk_demands_the_emulator_knows(method: str) -> None:
    parameters = inspect.signature(getattr(WebClient, method.replace(".", "_"))).parameters.values()
    demanded = {each.name for each in parameters if each.default is each.empty and each.kind is each.KEYWORD_ONLY}
    assert demanded <= {*METHODS[method].required, *METHODS[method].optional, "app_token"}
