"""A caret inside a text value stands below the very character that is meant, in every style of YAML."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.node import Fields, Scalar
from stopwatch.config.yaml import load_text

SHOWN = st.text(st.sampled_from("ab\"\\'{}[]()<>=,.é😀\u2028 "), min_size=1, max_size=30).filter(
    lambda text: any(not letter.isspace() for letter in text)
)


def value_of(text: str) -> Scalar:
    """The value of the only key of *text*."""
    root, complaints = load_text("x.yaml", text.encode())
    assert complaints == []
    assert isinstance(root, Fields)
    value = root.get("query")
    assert isinstance(value, Scalar)
    return value


def letter_at(value: Scalar, offset: int) -> str:
    """What is written in the file where *value* says that its character *offset* stands."""
    place = value.within(offset)
    return place.text.body[place.start : place.end]


@given(SHOWN)
def test_every_character_is_found_between_double_quotes(text: str) -> None:
    value = value_of(f"query: {json.dumps(text)}\nnext: 1\n")
    for offset, letter in enumerate(text):
        if not letter.isspace():
            written = json.dumps(letter)[1:-1]
            assert written.startswith(letter_at(value, offset))


@given(SHOWN)
def test_every_character_is_found_between_single_quotes(text: str) -> None:
    quoted = text.replace("'", "''").replace("\u2028", " ")
    value = value_of(f"query: '{quoted}'\nnext: 1\n")
    for offset, letter in enumerate(text):
        if not letter.isspace():
            assert letter_at(value, offset) == ("''" if letter == "'" else letter)


CARETS = [
    pytest.param("query: rate(x[1m]) ^> 5\n", id="plain"),
    pytest.param("query: rate(x[1m])\n  ^> 5\n", id="plain over two lines"),
    pytest.param("query: >-\n  rate(\n    x[1m]\n  )\n\n  ^> 5\n", id="folded"),
    pytest.param("query: |2- # why: x > 4\n    rate(x[1m])\n  ^> 5\n", id="literal with a comment behind its sign"),
    pytest.param("query: '''a'' + rate(x[1m]) ^> 5'\n", id="single quotes with quotes"),
    pytest.param('query: "\\"a\\" + \\x61\\n\\t ^> 5"\n', id="double quotes with escapes"),
    pytest.param('query: "rate(x[1m])\\\n    \\ ^> 5"\n', id="double quotes with a line joined"),
    pytest.param('query: "\\ud83d\\ude00\\L ^> 5"\n', id="a pair of surrogates"),
    pytest.param('{"query": "rate(x) ^> 5"}\n', id="json"),
]


@pytest.mark.parametrize("marked", CARETS)
def test_the_operator_is_found_in_every_style(marked: str) -> None:
    at = marked.index("^")
    value = value_of(marked.replace("^", "", 1))
    assert isinstance(value.value, str)
    assert value.within(value.value.index(">")).start == at


def test_what_lies_behind_the_end_is_where_the_text_ends() -> None:
    value = value_of('query: "sum(x"\n')
    assert value.within(5).start == len('query: "sum(x')
    folded = value_of("query: >\n  sum(x\n\nnext: 1\n")
    assert folded.within(5).line == 2


def test_several_characters_are_meant_as_far_as_their_line_goes() -> None:
    place = value_of('query: "{\\"site\\"} and\\n  {phase}"\n').within(0, 8)
    assert place.text.body[place.start : place.end] == '{\\"site\\"}'
    broken = value_of("query: a{site\n  }\n").within(1, 8)
    assert broken.text.body[broken.start : broken.end] == "{site"
