"""Numbers, spans and instants as people read them."""

from datetime import UTC, datetime

import pytest

from stopwatch.slack.figures import clock, figure, figures, here, moment, span


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        pytest.param(0.0741, "ratio", "7.4 %", id="a share"),
        pytest.param(0.05, "ratio", "5 %", id="no trailing zeros"),
        pytest.param(0.1234, "ratio", "12.3 %", id="above ten"),
        pytest.param(0.9987, "ratio", "99.87 %", id="near all"),
        pytest.param(1.0, "ratio", "100 %", id="all"),
        pytest.param(0, "ratio", "0 %", id="none"),
        pytest.param(0.412, "seconds", "412 ms", id="milliseconds"),
        pytest.param(3.21, "seconds", "3.2 s", id="seconds"),
        pytest.param(90, "seconds", "1 min 30 s", id="minutes"),
        pytest.param(7500, "seconds", "2 h 05 min", id="hours"),
        pytest.param(12345, "count", "12\u202f345", id="a count in groups"),
        pytest.param(1.25, "per_second", "1.25 /s", id="a rate"),
        pytest.param("NaN", "ratio", "no number", id="NaN"),
        pytest.param("+Inf", "seconds", "above all bounds", id="infinite"),
        pytest.param(10**400, "count", "above all bounds", id="beyond floats"),
        pytest.param(None, "ratio", None, id="absent"),
        pytest.param(True, "count", None, id="a truth value is no number"),
        pytest.param("7", "count", None, id="a text is no number"),
    ],
)
def test_a_value_is_written_in_its_unit(value: object, unit: str, written: str | None) -> None:
    assert figure(value, unit) == written


def test_a_value_never_looks_like_the_limit_it_passed() -> None:
    assert figures([0.050001, 0.05, 0.04], "ratio") == ["5.0001 %", "5 %", "4 %"]
    assert figures([60.0001, 60], "seconds") == ["60.0001 s", "60 s"]
    assert figures([float("nan"), 0.05], "ratio") == ["no number", "5 %"]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        pytest.param(40, "40 s", id="seconds"),
        pytest.param(900, "15 min", id="minutes"),
        pytest.param(3600, "1 h", id="an hour"),
        pytest.param(101_700, "1 d 4 h", id="a day and more"),
        pytest.param(float("inf"), None, id="no end"),
    ],
)
def test_a_span_is_written_in_two_units_at_most(seconds: float, written: str | None) -> None:
    assert span(seconds) == written


def test_an_instant_is_shown_in_the_zone_of_the_reader() -> None:
    at = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
    assert here(at) == "<!date^1795256100^{date_short_pretty} {time}|2026-11-21 10:15 UTC>"
    assert clock(at) == "10:15 UTC"
    assert moment("2026-11-21T10:15:00Z") == at
    assert [moment(value) for value in ("soon", 7, None, "2026-11-21T10:15:00")] == [None] * 4
