"""The quick JSON reader says exactly what the YAML reader says, or nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.json_text import read_json
from stopwatch.config.node import Entry, Fields, Items, Node
from stopwatch.config.source import Text
from stopwatch.config.yaml import MAX_DEPTH, RULE_FILE, TEST_FILE, Limits, load_text, parse

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc-_ ü", max_size=4), inner, max_size=4),
)


def quick(body: str) -> Node | None:
    return read_json(Text("t.json", body), deepest=MAX_DEPTH, most_values=RULE_FILE.values)


@given(
    document=st.lists(DOCUMENTS, max_size=4) | st.dictionaries(st.text("abc", min_size=1), DOCUMENTS, max_size=4),
    pretty=st.booleans(),
)
def test_a_document_is_the_same_tree_with_the_same_places(document: object, *, pretty: bool) -> None:
    text = Text("t.json", json.dumps(document, ensure_ascii=not pretty, indent=2 if pretty else None))
    read = read_json(text, deepest=MAX_DEPTH, most_values=RULE_FILE.values)
    slow, complaints = parse(Text("t.json", text.body + "\n# a comment, which JSON does not know"))
    assert complaints == []
    assert slow is not None
    assert read == _moved(slow, text)


def _moved(node: Node, text: Text) -> Node:
    """Return the tree as if it had been read from *text*, which begins alike."""
    place = replace(node.place, text=text)
    if isinstance(node, Fields):
        entries = {
            name: Entry(replace(entry.key, text=text), _moved(entry.value, text))
            for name, entry in node.entries.items()
        }
        return Fields(place, entries)
    if isinstance(node, Items):
        return Items(place, tuple(_moved(item, text) for item in node.items))
    return replace(node, place=place)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"a": 1, "a": 2}', id="a key twice"),
        pytest.param('{"a": 1,}', id="a comma too many"),
        pytest.param('{"a" 1}', id="no colon"),
        pytest.param("[1 2]", id="no comma"),
        pytest.param('{"a": 1]', id="the wrong bracket"),
        pytest.param("[1] 2", id="something behind the end"),
        pytest.param("[" * 30 + "]" * 30, id="too deep"),
        pytest.param('["\\ud800"]', id="half a surrogate pair"),
        pytest.param("[NaN]", id="no number of JSON"),
        pytest.param("{a: 1}", id="YAML, not JSON"),
        pytest.param("[1", id="no end"),
        pytest.param("{1: 2}", id="a key that is no text"),
        pytest.param("a: 1", id="block YAML"),
    ],
)
def test_whatever_is_odd_is_left_to_the_yaml_reader(body: str) -> None:
    assert quick(body) is None


@given(st.text('[]{},:"\\ \n01e-.truefalsn', max_size=30))
def test_no_text_makes_the_quick_reader_fail(body: str) -> None:
    quick(body)


def test_a_generated_test_file_may_be_larger_than_a_rule_file() -> None:
    data = json.dumps({"values": [1] * 2_000}).encode()
    assert load_text("rules.yaml", data, Limits(values=1_000))[1][0].code == "too-many-values"
    assert load_text("test.json", data, Limits(values=3_000))[1] == []
    assert TEST_FILE.values > RULE_FILE.values
    assert TEST_FILE.size_bytes > RULE_FILE.size_bytes
