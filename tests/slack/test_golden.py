"""Cards and thread items are what their golden files say; ``UPDATE_GOLDEN=1 pytest tests/slack`` writes them anew."""

import json
import os
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.core.decision import Act, DecisionState, Link
from stopwatch.core.opening import join
from stopwatch.core.outbox import Detail, MessageKind
from stopwatch.slack.card import CardTerms, card
from stopwatch.slack.payload import Payload
from stopwatch.slack.thread import item_words, thread_item
from tests.slack.decisions import OPENED, act_body, acted, every_card, every_item, manual_ground, opened, root

GOLDEN = Path(__file__).parent / "golden"
TERMS = CardTerms(audit_head="5d41402abc4b2a76b9719d911017c592")


ISSUES = {"issue_new", "issue_change", *(f"issue_told_{name}" for name in ("new", "bare", "changed", "overdue"))}
"""What the issue log's own tests hold against golden files."""


def compare(name: str, payload: Payload) -> None:
    """Hold *payload* against its golden file, or write the file when the update is asked for."""
    path = GOLDEN / f"{name}.json"
    written = json.dumps(asdict(payload), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", every_card())
def test_a_card_is_what_its_golden_file_says(name: str) -> None:
    decision = every_card()[name]
    compare(f"card_{name}", card(decision, root(decision), TERMS, Detail.FULL))


@pytest.mark.parametrize("detail", [Detail.COMPACT, Detail.TEXT, Detail.BARE, Detail.MINIMAL])
def test_a_card_with_less_detail_is_what_its_golden_file_says(detail: Detail) -> None:
    decision = every_card()["open_two_grounds"]
    compare(f"card_{detail}", card(decision, root(decision), TERMS, detail))


@pytest.mark.parametrize("name", every_item())
def test_a_thread_item_is_what_its_golden_file_says(name: str) -> None:
    message, decision = every_item()[name]
    compare(f"item_{name}", thread_item(message, decision, Detail.FULL))


@pytest.mark.parametrize("detail", [Detail.COMPACT, Detail.TEXT, Detail.BARE, Detail.MINIMAL])
def test_a_thread_item_with_less_detail_is_what_its_golden_file_says(detail: Detail) -> None:
    message, decision = every_item()["act_overridden"]
    compare(f"item_{detail}", thread_item(message, decision, detail))


def test_acts_that_share_a_revision_are_told_apart() -> None:
    two = join(opened(), manual_ground(), now=OPENED + timedelta(minutes=1))
    attached = acted(two, Act.ATTACH, 3, links=(Link("ticket", "https://tickets.example/OPS-77"),), reason=None)
    facts = act_body(attached) | {"rev_after": attached.acts[-1].rev_after}
    resolved = acted(attached, Act.RESOLVE, 4, ground=attached.grounds[-1].id, reason="printer replaced")
    assert resolved.acts[-1].rev_after == attached.acts[-1].rev_after
    words = item_words(MessageKind.ACT, facts, resolved)
    assert "attached <https://tickets.example/OPS-77|ticket>" in words
    assert "printer replaced" not in words


def test_there_is_a_card_for_every_state() -> None:
    assert {decision.state for decision in every_card().values()} == set(DecisionState)


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"card_{name}" for name in every_card()} | {f"item_{name}" for name in every_item()}
    wanted |= (
        {"picture"}
        | ISSUES
        | {f"{what}_{detail}" for what in ("card", "item") for detail in Detail if detail is not Detail.FULL}
    )
    assert {path.stem for path in GOLDEN.glob("*.json")} == wanted
