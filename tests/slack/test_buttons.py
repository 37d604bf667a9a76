"""A card offers what its state allows: the three buttons of the interfaces, everything else in the menu."""

from __future__ import annotations

from typing import Any

import pytest

from stopwatch.core.decision import DRILL_TRANSITIONS, TRANSITIONS, Act, DecisionState
from stopwatch.core.outbox import Detail
from stopwatch.demo.slack.payloads import accept_blocks
from stopwatch.slack.buttons import LABELS, act_buttons, value_of
from stopwatch.slack.card import CardTerms, card
from tests.slack.decisions import every_card, root

CARDS = every_card()
WORDS = {
    "open": "acknowledge confirm override",
    "acknowledged": "confirm override roll-back",
    "confirmed": "resume override roll-back",
    "overridden": "pause-again resume roll-back",
    "flagged": "close",
    "rolled_back": "",
    "resumed": "",
}


def elements(name: str) -> list[Any]:
    """The buttons and the menu of a card."""
    block: Any = act_buttons(CARDS[name])
    return list(block["elements"]) if block else []


def in_menu(name: str) -> list[str]:
    """The acts that the menu of a card offers."""
    menus = [element for element in elements(name) if element["type"] == "overflow"]
    return [option["value"].rpartition("|")[2] for menu in menus for option in menu["options"]]


@pytest.mark.parametrize(("name", "acts"), WORDS.items())
def test_buttons_follow_the_state(name: str, acts: str) -> None:
    buttons = [element["action_id"] for element in elements(name) if element["type"] == "button"]
    assert buttons == acts.split()


@pytest.mark.parametrize("name", CARDS)
def test_buttons_and_menu_together_offer_exactly_what_the_table_allows(name: str) -> None:
    offered = [element["action_id"] for element in elements(name) if element["type"] == "button"] + in_menu(name)
    decision, live = CARDS[name], CARDS[name].state.live
    table = DRILL_TRANSITIONS if name.endswith("drill") else TRANSITIONS
    allowed = {act.value for act in LABELS if live and decision.state in table.get(act, {})}
    assert sorted(offered) == sorted(allowed)


def test_every_act_but_those_of_the_shell_can_be_done_from_slack() -> None:
    assert set(Act) - set(LABELS) == {Act.RESOLVE}


@pytest.mark.parametrize("name", CARDS)
def test_buttons_carry_the_decision_and_what_was_seen_of_it(name: str) -> None:
    decision = CARDS[name]
    wanted = f"{decision.id}|{decision.rev}|{len(decision.grounds)}"
    assert value_of(decision) == wanted
    for element in elements(name):
        values = [option["value"] for option in element.get("options", [])] or [element["value"]]
        assert all(value == wanted or value.startswith(f"{wanted}|") for value in values)


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("detail", [Detail.FULL, Detail.COMPACT])
def test_slack_takes_every_card_with_its_buttons(name: str, detail: Detail) -> None:
    decision = CARDS[name]
    blocks = card(decision, root(decision), CardTerms(), detail).blocks
    assert accept_blocks(list(blocks))
    answerable = any(block.get("block_id") == "acts" for block in blocks)
    assert answerable is (decision.state.live or decision.state is DecisionState.ROLLED_BACK)


def test_where_nobody_listens_a_card_has_no_buttons_but_says_how_to_answer() -> None:
    decision = CARDS["open"]
    payload = card(decision, root(decision), CardTerms(answerable=False), Detail.FULL)
    assert not any(block.get("block_id") == "acts" for block in payload.blocks)
    assert f"`ack` or `confirm` in the thread, or `stopwatch decisions ACT {decision.id}`" in str(payload.blocks)
