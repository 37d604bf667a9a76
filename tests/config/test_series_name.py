"""A series in promtool's notation becomes labels, or says where it cannot be read."""

from __future__ import annotations

import pytest

from stopwatch.config.series import SeriesError
from stopwatch.config.series_name import NAME, parse_series_name


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("up", {NAME: "up"}, id="a metric alone"),
        pytest.param("job:up:sum{}", {NAME: "job:up:sum"}, id="no labels"),
        pytest.param('up{site="HAM"}', {NAME: "up", "site": "HAM"}, id="one label"),
        pytest.param(
            " up { a = 'x' ,b=`y` , } ", {NAME: "up", "a": "x", "b": "y"}, id="blanks, quotes, comma at the end"
        ),
        pytest.param('up{a="}{,\\"\\\\\\n"}', {NAME: "up", "a": '}{,"\\\n'}, id="escapes and braces inside"),
        pytest.param('{__name__="up",site="HAM"}', {NAME: "up", "site": "HAM"}, id="the metric as a label"),
        pytest.param('up{site="Łódź",b=""}', {NAME: "up", "site": "Łódź"}, id="an empty label is none"),
    ],
)
def test_a_series_is_read_as_promtool_reads_it(text: str, labels: dict[str, str]) -> None:
    assert parse_series_name(text) == labels


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param('{site="HAM"}', 0, id="no metric"),
        pytest.param('{__name__="a b"}', 0, id="no name of a metric"),
        pytest.param("up 5", 3, id="a value after it"),
        pytest.param("up{site", 2, id="not closed"),
        pytest.param("up{site=HAM}", 3, id="no quotes"),
        pytest.param('up{a="1" b="2"}', 3, id="no comma"),
        pytest.param('up{a="1",,}', 9, id="two commas"),
        pytest.param('up{a=~"1"}', 3, id="a matcher"),
        pytest.param('up{a="1",a="2"}', 9, id="a label twice"),
        pytest.param('up{__name__="b"}', 3, id="two names"),
        pytest.param('up{a="\\q"}', 6, id="an unknown escape"),
    ],
)
def test_what_is_no_series_says_where(text: str, offset: int) -> None:
    with pytest.raises(SeriesError) as caught:
        parse_series_name(text)
    assert caught.value.offset == offset
