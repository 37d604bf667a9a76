"""Whatever names, labels and reasons hold, a message keeps its structure, its limits and its third line."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stopwatch.core.decision import Act, Acted, Decision, DecisionState, GroundKind, Link
from stopwatch.core.kpi import PhaseId
from stopwatch.core.outbox import Detail, Message, MessageKind
from stopwatch.demo.slack.payloads import accept_blocks, accept_metadata
from stopwatch.slack.card import CardTerms, card
from stopwatch.slack.payload import Payload
from stopwatch.slack.text import clip, fitted, safe
from stopwatch.slack.thread import thread_item
from tests.slack.decisions import OPENED, SUMMARY, item, opened, root, rule_ground

BITS = ["<!here>", "<@U0ANNA>", "&amp;", "&", "<", ">", "> quote", ":30:", ":tada:", "*bold*", "_it_", "`code`", "~no~"]
BITS += ["\n", "\r\n> ", "\u2028", "\u202e", "\0", "a" * 90, "Łódź", "物流", "|", "<https://evil.example|ok>", " "]
TEXT = st.lists(st.sampled_from(BITS) | st.text(max_size=20), max_size=5).map("".join)
ENTRY = ["site", "value", "kind", "url"]
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(["NaN", "+Inf", "-Inf"])
JSON = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(st.sampled_from(ENTRY), SCALAR)
SUMMARIES = st.dictionaries(
    st.sampled_from([*SUMMARY, "reason", "actor", "over_since", "drill"]), JSON | st.lists(JSON)
)
LINKS = st.lists(st.builds(Link, TEXT, TEXT | TEXT.map("https://x.example/{}".format)), max_size=3).map(
    tuple
) | TEXT.map(lambda name: tuple(Link(name, f"https://x.example/{n}") for n in range(12)))
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 – hypothesis wants bounds without a zone

GROUNDS = st.builds(
    lambda summary, links, name, kind, late, over: replace(
        rule_ground(),
        summary=summary,
        links=links,
        kind=kind,
        rule=None,
        criterion=name,
        detected_late=late,
        recovered_at=over,
    ),
    SUMMARIES,
    LINKS,
    TEXT,
    st.sampled_from(GroundKind),
    st.booleans(),
    st.none() | TIMES,
)
DETAILS = st.dictionaries(st.sampled_from(["category", "what", "from", "to", "until", "links", "ground"]), JSON)
ACTS = st.builds(
    lambda act, actor, reason, details: Acted(act, actor, OPENED + timedelta(minutes=5), reason, 1, 2, details),
    st.sampled_from(Act).map(str) | TEXT,
    TEXT,
    st.none() | TEXT,
    DETAILS,
)
DECISIONS = st.builds(
    lambda grounds, acts, state, phase, until: replace(
        opened(), grounds=tuple(grounds), acts=tuple(acts), state=state, phase=PhaseId(phase), until=until
    ),
    st.lists(GROUNDS, max_size=2),
    st.lists(ACTS, max_size=2),
    st.sampled_from(DecisionState),
    TEXT,
    st.none() | TIMES,
)
FIELDS = ["act", "actor", "at", "reason", "state", "ground", "recovered_at", "text", "items", "since", "until", "links"]
BODIES = st.dictionaries(
    st.sampled_from(
        ["act", "actor", "at", "reason", "state", "ground", "recovered_at", "text", "items", "since", "links"]
    ),
    JSON
    | st.lists(
        st.fixed_dictionaries({"kind": st.sampled_from(MessageKind), "body": st.dictionaries(TEXT, JSON, max_size=2)}),
        max_size=3,
    ),
)

PLAIN = settings(max_examples=30, phases=[Phase.explicit, Phase.generate])

OURS = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-\d: ]+UTC>|<https?://[^<>|\s]+\|[^<>]*>")
EMOJI = re.compile(r":[\w+'-]+:")


def texts(value: object) -> Iterator[str]:
    """Every text of a payload that Slack reads as mark-up."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts(part)


def hold(payload: Payload, detail: Detail) -> None:
    """Check structure and limits with the emulator's rules, and that no foreign mark-up survived."""
    blocks = accept_blocks(json.loads(json.dumps(payload.blocks)))
    assert bool(blocks) is (detail in {Detail.FULL, Detail.COMPACT})
    assert (payload.metadata is None) is (detail in {Detail.BARE, Detail.MINIMAL})
    if payload.metadata is not None:
        accept_metadata(json.loads(json.dumps(payload.metadata)))
    assert 0 < len(payload.text) <= 4000
    for text in [payload.text, *texts(blocks)]:
        foreign = OURS.sub("", text)
        assert "<" not in foreign
        assert re.search(r"&(?!amp;|lt;|gt;)", foreign) is None
        assert EMOJI.search(foreign) is None
        assert not any(line.lstrip().startswith((">", "&gt;")) for line in foreign.split("\n"))


@pytest.mark.parametrize("detail", Detail)
@PLAIN
@given(decision=DECISIONS, copies=st.sampled_from([1, 12]))
def test_any_card_stays_within_structure_limits_and_mark_up(decision: Decision, copies: int, detail: Detail) -> None:
    decision = replace(decision, grounds=decision.grounds * copies)
    payload = card(decision, root(decision), CardTerms(audit_head="ab" * 32), detail)
    hold(payload, detail)
    push = payload.text.split("\n")[0]
    assert len(push) <= 150
    assert push.endswith(decision.id)
    if detail is Detail.MINIMAL:
        return
    sections = [str(text) for block in payload.blocks if block["type"] == "section" for text in texts(block)]
    lines = sections[0].split("\n") if sections else payload.text.split("\n")[1:4]
    assert len(lines) == 3
    assert lines[2].startswith("*")
    assert lines[2].endswith(".")


@pytest.mark.parametrize("detail", Detail)
@PLAIN
@given(kind=st.sampled_from(MessageKind), body=BODIES, decision=st.none() | DECISIONS)
def test_any_thread_item_stays_within_structure_limits_and_mark_up(
    kind: MessageKind, body: dict[str, object], decision: Decision | None, detail: Detail
) -> None:
    message: Message = item(opened(), kind, "1", body)
    hold(thread_item(message, decision, detail), detail)


@given(TEXT, st.integers(1, 200))
def test_clipped_text_is_one_line_within_its_limit(text: str, most: int) -> None:
    clipped = clip(text, most)
    assert len(clipped) <= most
    assert clipped.split() == clipped.strip().split(" ") or clipped == ""


@given(TEXT, st.integers(0, 200))
def test_fitted_text_is_within_its_room_as_it_is_sent(text: str, room: int) -> None:
    assert len(fitted(text, room)) <= room


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("at 10:30:00", "at 10:\u206030:\u206000", id="a time is no emoji"),
        pytest.param("<!channel> & co", "&lt;!channel&gt; &amp; co", id="no mention"),
        pytest.param("> quoted", "\u2060&gt; quoted", id="no quote bar"),
        pytest.param("ham_01 _x_", "ham_01 \u2060_x\u2060_", id="names keep their underscore"),
        pytest.param("a\n\tb", "a b", id="one line"),
        pytest.param("x" * 12, "xxxxxxxxx…", id="clipped"),
    ],
)
def test_foreign_text_is_shown_letter_by_letter(text: str, shown: str) -> None:
    assert safe(text, 10 if text.startswith("x") else 100) == shown
