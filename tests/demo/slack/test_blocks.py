"""Block Kit: what Slack takes, what it refuses, and what it says about it."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    OverflowMenuElement,
    SectionBlock,
)

from stopwatch.demo.slack.blocks import BLOCKS
from stopwatch.demo.slack.elements import ELEMENTS
from stopwatch.demo.slack.payloads import accept_blocks, accept_metadata, accept_view
from stopwatch.demo.slack.records import RefusedError
from tests.demo.slack.conftest import CHANNEL

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: object) -> Block:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(number: int = 0, **more: object) -> Block:
    return {"type": "button", "action_id": f"a{number}", "text": plain("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def overflow(count: int, text: str = "x", value: str = "v") -> Block:
    options = [{"text": plain(text), "value": f"{value}{n}"} for n in range(count)]
    return {"type": "overflow", "action_id": "more", "options": options}


def confirm(**changed: str) -> Block:
    words = {"title": "Sure?", "text": "It goes on.", "confirm": "Yes", "deny": "No"} | changed
    return {name: plain(text) for name, text in words.items()}


def image(**more: object) -> Block:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "chart", **more}


GOOD = [
    pytest.param([section("x" * 3000)], id="section of 3000"),
    pytest.param([{"type": "section", "fields": [mrkdwn("x" * 900)] * 10}], id="ten fields"),
    pytest.param([{"type": "section", "fields": [mrkdwn("x" * 2000)]}], id="field of 2000"),
    pytest.param([{"type": "header", "text": plain("x" * 150)}], id="header of 150"),
    pytest.param([{"type": "context", "elements": [mrkdwn("x")] * 9 + [image()]}], id="ten context parts"),
    pytest.param([actions(*(button(n) for n in range(25)))], id="25 actions"),
    pytest.param([actions(button(text=plain("x" * 75), value="v" * 2000))], id="longest button"),
    pytest.param([actions(button(action_id="a" * 255, style="danger", confirm=confirm()))], id="confirm"),
    pytest.param([actions(overflow(1)), actions(overflow(5))], id="overflow of 1 and 5"),
    pytest.param([actions(overflow(2, "x" * 75, "v" * 149))], id="longest options"),
    pytest.param([section(block_id="b" * 255, accessory=button())], id="accessory"),
    pytest.param([image(alt_text="x" * 2000, title=plain("x" * 2000))], id="image"),
    pytest.param([{"type": "divider"}] * 50, id="50 blocks"),
    pytest.param([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}], id="rich text"),
]

BAD = [
    pytest.param([section("x" * 3001)], "less than 3001", "/blocks/0/text/text", id="section of 3001"),
    pytest.param([section("")], "more than 0", "/blocks/0/text/text", id="empty section"),
    pytest.param([{"type": "section"}], "`text` or `fields`", "/blocks/0", id="section without anything"),
    pytest.param([{"type": "section", "fields": []}], "no fewer than 1", "/blocks/0/fields", id="no fields"),
    pytest.param([{"type": "section", "fields": [mrkdwn("x")] * 11}], "no more than 10", "/fields", id="11 fields"),
    pytest.param([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "2001", "/fields/0/text", id="field of 2001"),
    pytest.param([{"type": "header", "text": plain("x" * 151)}], "151", "/text/text", id="header of 151"),
    pytest.param([{"type": "header", "text": mrkdwn("x")}], "plain_text", "/text/type", id="mrkdwn header"),
    pytest.param([{"type": "context", "elements": [mrkdwn("x")] * 11}], "than 10", "/elements", id="11 context parts"),
    pytest.param([{"type": "context", "elements": [button()]}], "one of", "/elements/0/type", id="button in context"),
    pytest.param([actions()], "no fewer than 1", "/elements", id="no actions"),
    pytest.param([actions(*(button(n) for n in range(26)))], "no more than 25", "/elements", id="26 actions"),
    pytest.param([actions(button(), button())], "already exists", "/elements/1/action_id", id="action id twice"),
    pytest.param([actions(button(text=plain("x" * 76)))], "76", "/elements/0/text/text", id="button text of 76"),
    pytest.param([actions(button(text=mrkdwn("x")))], "plain_text", "/text/type", id="mrkdwn button"),
    pytest.param([actions(button(value="v" * 2001))], "2001", "/value", id="button value of 2001"),
    pytest.param([actions(button(action_id="a" * 256))], "256", "/action_id", id="action id of 256"),
    pytest.param([actions(button(style="default"))], "one of", "/style", id="unknown style"),
    pytest.param([actions(button(url="javascript:alert(1)"))], "URL", "/url", id="link that is none"),
    pytest.param([actions(button(colour="red"))], "unknown field", "/elements/0", id="unknown field"),
    pytest.param([actions(button(confirm=confirm(title="x" * 101)))], "101", "/title/text", id="confirm title"),
    pytest.param([actions(button(confirm=confirm(text="x" * 301)))], "301", "/confirm/text/text", id="confirm text"),
    pytest.param([actions(button(confirm=confirm(deny="x" * 31)))], "31", "/deny/text", id="confirm deny"),
    pytest.param([actions(button(confirm={"title": plain("x")}))], "missing required", "/confirm", id="half a confirm"),
    pytest.param([actions(overflow(0))], "no fewer than 1", "/options", id="overflow of 0"),
    pytest.param([actions(overflow(6))], "no more than 5", "/options", id="overflow of 6"),
    pytest.param([actions(overflow(1, "x" * 76))], "76", "/options/0/text/text", id="option text of 76"),
    pytest.param([actions(overflow(1, "x", "v" * 150))], "151", "/options/0/value", id="option value of 151"),
    pytest.param([section(block_id="b" * 256)], "256", "/block_id", id="block id of 256"),
    pytest.param([section(block_id="b"), section(block_id="b")], "exists", "/blocks/1/block_id", id="block id twice"),
    pytest.param([section(accessory=actions())], "unsupported", "/accessory/type", id="block as accessory"),
    pytest.param([image(alt_text="x" * 2001)], "2001", "/alt_text", id="alt text of 2001"),
    pytest.param([{"type": "image", "alt_text": "x"}], "image_url", "/blocks/0", id="image of nothing"),
    pytest.param([{"type": "divider"}] * 51, "no more than 50", "/blocks", id="51 blocks"),
    pytest.param([{"type": "banner"}], "unsupported type: banner", "/blocks/0/type", id="unknown block"),
    pytest.param([{"type": "section", "text": {**mrkdwn("x"), "emoji": True}}], "emoji", "/text", id="emoji in mrkdwn"),
    pytest.param([["section"]], "unsupported", "/blocks/0", id="no object"),
    pytest.param("section", "array", "/blocks", id="no list"),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_good_blocks_are_taken(blocks: list[Block]) -> None:
    assert accept_blocks(copy.deepcopy(blocks)) == blocks


@pytest.mark.parametrize(("blocks", "words", "at"), BAD)
def test_bad_blocks_are_refused_with_a_reason_and_a_place(blocks: object, words: str, at: str) -> None:
    with pytest.raises(RefusedError) as error:
        accept_blocks(blocks)
    assert error.value.code == "invalid_blocks"
    assert any(words in said and at in said for said in error.value.messages), error.value.messages


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
NAMES = st.sampled_from(["type", "text", "elements", "options", "value", "accessory", "element", "fields", "confirm"])
KINDS = st.sampled_from([*BLOCKS, *ELEMENTS, "plain_text", "mrkdwn"])
ANYTHING = st.recursive(
    LEAVES | KINDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@settings(max_examples=100)
@given(st.lists(st.fixed_dictionaries({"type": KINDS}, optional={"elements": ANYTHING, "text": ANYTHING}), max_size=3))
def test_whatever_comes_is_taken_or_refused(blocks: list[Block]) -> None:
    with contextlib.suppress(RefusedError):
        accept_blocks(blocks)


def test_all_blocks_together_have_a_limit() -> None:
    with pytest.raises(RefusedError, match="msg_blocks_too_long"):
        accept_blocks([section("x" * 2800) for _ in range(5)])
    assert accept_blocks([section("x" * 2800) for _ in range(4)])


def test_the_reasons_reach_the_client(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=CHANNEL, text="x", blocks=[section("x" * 3001)])
    answer = error.value.response
    expected = "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert (answer["error"], answer["response_metadata"]["messages"]) == ("invalid_blocks", [expected])


def test_what_the_models_of_the_client_build_is_taken(client: WebClient) -> None:
    sure = ConfirmObject(title="Sure?", text="It goes on.", confirm="Yes", deny="No")
    options = [Option(text="Dismiss", value="dismiss"), Option(text="Attach", value="attach")]
    blocks = [
        HeaderBlock(text="PAUSED"),
        SectionBlock(text=MarkdownTextObject(text="*x*"), fields=["a", "b"]),
        DividerBlock(),
        ActionsBlock(
            elements=[
                ButtonElement(text="Go", action_id="go", value="1", style="primary", confirm=sure),
                OverflowMenuElement(options=options, action_id="more"),
            ]
        ),
        ContextBlock(elements=[MarkdownTextObject(text="rev 1")]),
    ]
    assert client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)["ok"]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        pytest.param({"event_type": "a"}, "invalid_metadata_format", id="no payload"),
        pytest.param({"event_type": "a b", "event_payload": {}}, "invalid_metadata_format", id="space in the type"),
        pytest.param({"event_type": "a", "event_payload": {"x": None}}, "invalid_metadata_format", id="null"),
        pytest.param({"event_type": "a", "event_payload": []}, "invalid_metadata_format", id="payload as list"),
        pytest.param({"event_type": "a", "event_payload": {"x": "y" * 20_000}}, "metadata_too_large", id="too large"),
    ],
)
def test_metadata_of_the_wrong_form_is_refused(metadata: object, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        accept_metadata(metadata)


def modal(**changed: object) -> Block:
    question = {"type": "input", "block_id": "reason", "label": plain("Reason")}
    question["element"] = {"type": "plain_text_input", "action_id": "reason", "multiline": True}
    return {
        "type": "modal",
        "callback_id": "override",
        "private_metadata": "d|1|1",
        "title": plain("Override"),
        "submit": plain("Override"),
        "blocks": [question],
    } | changed


@pytest.mark.parametrize(
    ("view", "words"),
    [
        pytest.param(modal(title=plain("x" * 25)), "less than 25", id="title of 25"),
        pytest.param(modal(private_metadata="x" * 3001), "3001", id="private metadata of 3001"),
        pytest.param(modal(callback_id="x" * 256), "256", id="callback id of 256"),
        pytest.param(modal(blocks=[]), "no fewer than 1", id="no blocks"),
        pytest.param({k: v for k, v in modal().items() if k != "submit"}, "submit button", id="inputs without submit"),
        pytest.param({k: v for k, v in modal().items() if k != "title"}, "missing required", id="no title"),
        pytest.param(modal(blocks=[section(accessory=button(url="x"))]), "URL", id="a bad block inside"),
        pytest.param("modal", "object", id="no object"),
    ],
)
def test_a_view_of_the_wrong_form_is_refused(view: object, words: str) -> None:
    assert accept_view(modal()) == modal()
    with pytest.raises(RefusedError) as error:
        accept_view(view)
    assert any(words in said for said in error.value.messages)
