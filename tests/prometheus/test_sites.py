"""``$sites`` becomes a regular expression of label values that cannot leave its quotes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.prometheus.sites import LITERAL_OR_COMMENT, expand, uses_sites


@pytest.mark.parametrize(
    ("expression", "values", "expanded"),
    [
        pytest.param('x{s=~"$sites"}', ["b", "a"], 'x{s=~"a|b"}', id="sorted"),
        pytest.param("x{s=~'$sites'}", ["it's"], r"x{s=~'it\'s'}", id="single quotes"),
        pytest.param('x{s=~"$sites"}', ["it's"], 'x{s=~"it\'s"}', id="the other quote stays"),
        pytest.param('x{s=~"$sites"}', ['a"} or up{b="'], r'x{s=~"a\"\\} or up\\{b=\""}', id="an attempt to escape"),
        pytest.param('x{s=~"$sites"}', ["a.b\\c"], r'x{s=~"a\\.b\\\\c"}', id="dot and backslash"),
        pytest.param('x{s=~"$sites"}', ["a\nb"], r'x{s=~"a\nb"}', id="line break"),
        pytest.param("x{s=~`$sites`}", ["a`b.c"], r"x{s=~`a\x60b\.c`}", id="back quotes"),
        pytest.param('x{s=~"dc-($sites)-1"}', ["a"], 'x{s=~"dc-(a)-1"}', id="within a longer pattern"),
        pytest.param("x{s=~$sites}", ["a"], "x{s=~$sites}", id="not in quotes"),
        pytest.param('x{s=~"$sitesx"}', ["a"], 'x{s=~"$sitesx"}', id="another word"),
        pytest.param('x # "$sites\n', ["a"], 'x # "$sites\n', id="in a comment"),
        pytest.param('x{a="#", s=~"$sites"}', ["a"], 'x{a="#", s=~"a"}', id="after a hash in a string"),
        pytest.param('x{a="\\"", s=~"$sites"}', ["a"], 'x{a="\\"", s=~"a"}', id="after an escaped quote"),
    ],
)
def test_values_are_put_into_the_quotes(expression: str, values: list[str], expanded: str) -> None:
    assert expand(expression, values) == expanded


@pytest.mark.parametrize(
    ("expression", "used"),
    [
        pytest.param('x{s=~"$sites"}', True, id="in quotes"),
        pytest.param("x{s=~$sites} # $sites", False, id="elsewhere"),
    ],
)
def test_only_the_placeholder_in_quotes_counts_as_used(expression: str, *, used: bool) -> None:
    assert uses_sites(expression) is used


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), st.sampled_from("\"'`"))
def test_whatever_the_values_the_string_ends_where_it_ended(values: list[str], quote: str) -> None:
    expanded = expand(f"x{{s=~{quote}$sites{quote}}}", values)
    [literal] = LITERAL_OR_COMMENT.findall(expanded)
    assert expanded == "x{s=~" + literal + "}"
    inner = literal[1:-1] if quote == "`" else literal[1:-1].replace("\\n", "\n")
    pattern = inner if quote == "`" else re.sub(r"\\([\\\"'])", r"\1", inner)
    if "\\" not in "".join(values) and "\n" not in "".join(values):
        assert all(re.fullmatch(pattern, value) for value in values)
