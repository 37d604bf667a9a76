"""A real Prometheus and a real VictoriaMetrics answer at exactly the instants asked for, and say no in their words."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.core.errors import QueryRejectedError, SeriesAmbiguousError, SourceError, SourceUnavailableError
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Query
from stopwatch.demo.prometheus import PrometheusServer
from stopwatch.prometheus.reasons import Reason
from tests.prometheus.conftest import HAM, LODZ, MINUTES, MakeSource
from tests.prometheus.victoria import fill, victoria

COUNT = 180
ODD_LABELS = ['a.b|c"d\\e', "x\ny", "(*+?)[z]{1}^$", "it's `quoted`", "žižkov-1", "$sites"]
EMPTY_MINUTES = range(60, 70)
LAST_OF_LODZ = 99


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    Where servers differ: slots for which a bare selector repeats a dead sample at a minute, how a query is refused.

    *counted* are the samples of a minute's range, one a minute; *increase* is a counter's over 90 s.
    *unparsable* and *impossible* are the words for a query without its end and for one that multiplies many by many.
    """

    repeats: int
    unparsable: tuple[type[SourceError], str]
    impossible: str
    counted: float
    increase: float
    says_version: str = ""


DIALECTS = {
    "Prometheus": Dialect(
        5, (QueryRejectedError, "parse error: unclosed left parenthesis"), "many-to-many", 2.0, 1.5, r"\d+\.\d+\.\d+"
    ),
    # It guesses from the distance of samples how long one counts; and what cannot be parsed is a 422 to it, not a 400.
    "VictoriaMetrics": Dialect(
        2, (QueryRejectedError, "HTTP 422: .* unparsed data"), "duplicate time series", 1.0, 2.0
    ),
}


@dataclass(frozen=True, slots=True)
class Server:
    """What answers the queries."""

    dialect: Dialect
    url: str


def escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def value_at(minute: int) -> str:
    return {40: "NaN", 41: "+Inf", 42: "-Inf"}.get(minute, str(minute + 0.25))


@pytest.fixture(scope="module")
def first() -> int:
    """The slot of the first sample, three hours ago."""
    return MINUTES.at_or_before(datetime.now(UTC) - timedelta(minutes=COUNT + 10))


@pytest.fixture(scope="module", params=DIALECTS)
def server(request: pytest.FixtureRequest, first: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One value a minute, exactly on the minute, with a gap, odd numbers and a series that ends."""
    folder = tmp_path_factory.mktemp("server")
    history = folder / "history.om"
    history.write_text("\n".join(past(first)), encoding="utf-8")
    if request.param == "Prometheus":
        with PrometheusServer(folder / "server", openmetrics=history) as prometheus:
            yield Server(DIALECTS[request.param], prometheus.url)
    else:
        with victoria(folder / "server") as url:
            fill(url, history)
            yield Server(DIALECTS[request.param], url)


def past(first: int) -> list[str]:
    lines = ["# TYPE v gauge"]
    for minute in range(COUNT):
        instant = (first + minute) * 60
        if minute not in EMPTY_MINUTES:
            lines.append(f'v{{site="HAM",instance="a"}} {value_at(minute)} {instant}')
        if minute <= LAST_OF_LODZ:
            lines.append(f'v{{site="LODZ",instance="a"}} {minute} {instant}')
        lines += [f'v{{site="{escaped(label)}"}} {number} {instant}' for number, label in enumerate(ODD_LABELS)]
    return [*lines, "# TYPE w gauge", f'w{{site="HAM",instance="b"}} 1 {first * 60}', "# EOF", ""]


def query(expression: str, *labels: str) -> Query:
    sites = dict(zip(labels, (SiteId(f"odd-{number}") for number in range(len(labels))), strict=True))
    return Query(expression, "site", sites or {"HAM": HAM, "LODZ": LODZ})


def spanning(first: int, low: int, high: int) -> SlotRange:
    return SlotRange(MINUTES, first + low, first + high)


def same(left: object, right: object) -> bool:
    return repr(left) == repr(right)


def test_every_value_stands_at_its_own_slot(make_source: MakeSource, server: Server, first: int) -> None:
    asked = query('last_over_time(v{site=~"$sites"}[30s])')
    reading = make_source(server.url).read(asked, spanning(first, -5, COUNT + 4), deadline_seconds=20)
    expected = [
        float(value_at(minute)) if 0 <= minute < COUNT and minute not in EMPTY_MINUTES else math.nan
        for minute in range(-5, COUNT + 5)
    ]
    assert same(reading.series[HAM], expected)
    assert reading.series[LODZ][5 : 5 + LAST_OF_LODZ + 1] == [float(minute) for minute in range(LAST_OF_LODZ + 1)]
    assert all(math.isnan(value) for value in reading.series[LODZ][5 + LAST_OF_LODZ + 1 :])
    assert reading.unknown == 0


def test_a_bare_selector_repeats_a_dead_sample_as_long_as_it_is_set_to(
    make_source: MakeSource, server: Server, first: int
) -> None:
    span = spanning(first, LAST_OF_LODZ, LAST_OF_LODZ + 7)
    values = make_source(server.url).read(query("v"), span, deadline_seconds=20).series[LODZ]
    repeats = server.dialect.repeats
    assert values[:repeats] == [float(LAST_OF_LODZ)] * repeats
    assert all(math.isnan(value) for value in values[repeats + 1 :])


def test_what_a_range_takes_in_at_its_beginning_and_whether_increases_are_extrapolated(
    make_source: MakeSource, server: Server, first: int
) -> None:
    span = spanning(first, 50, 50)
    [counted] = make_source(server.url).read(query("count_over_time(v[1m])"), span, deadline_seconds=20).series[LODZ]
    [grown] = make_source(server.url).read(query("increase(v[90s])"), span, deadline_seconds=20).series[LODZ]
    assert (counted, grown) == (server.dialect.counted, server.dialect.increase)


@pytest.mark.parametrize("max_slots", [1, 7, 60, 179])
def test_chunks_give_what_one_request_gives(
    make_source: MakeSource, server: Server, first: int, max_slots: int
) -> None:
    asked, span = query("last_over_time(v[90s])"), spanning(first, 30, 110)
    whole = make_source(server.url).read(asked, span, deadline_seconds=20)
    parts = make_source(server.url, max_slots=max_slots).read(asked, span, deadline_seconds=60)
    assert same(sorted(whole.series.items()), sorted(parts.series.items()))


def test_more_points_than_prometheus_gives_at_once_are_chunked(
    make_source: MakeSource, server: Server, first: int
) -> None:
    seconds = Grid(timedelta(seconds=1))
    span = SlotRange(seconds, first * 60, first * 60 + 10_799)
    reading = make_source(server.url).read(query("last_over_time(v[60s])"), span, deadline_seconds=30)
    values = reading.series[HAM]
    assert len(values) == 10_800
    assert [values[60 * minute + offset] for minute in (0, 20, 179) for offset in (0, 59)] == [
        *(0.25, 0.25, 20.25, 20.25, 179.25, 179.25)
    ]


def test_odd_label_values_reach_prometheus_as_they_are(make_source: MakeSource, server: Server, first: int) -> None:
    for quote in "\"'`":
        asked = query(f"last_over_time(v{{site=~{quote}$sites{quote}}}[30s])", *ODD_LABELS)
        reading = make_source(server.url).read(asked, spanning(first, 3, 4), deadline_seconds=20)
        assert reading.unknown == 0
        assert reading.series == {SiteId(f"odd-{n}"): [float(n), float(n)] for n in range(len(ODD_LABELS))}


def test_clocks_of_one_machine_have_no_skew(make_source: MakeSource, server: Server, first: int) -> None:
    reading = make_source(server.url).read(query("v"), spanning(first, 0, 1), deadline_seconds=20)
    assert reading.skew is not None
    assert abs(reading.skew) <= timedelta(seconds=1)


def test_a_local_clock_that_is_wrong_shows_as_skew(make_source: MakeSource, server: Server, first: int) -> None:
    source = make_source(server.url, clock=lambda: datetime.now(UTC) + timedelta(hours=1))
    skew = source.read(query("v"), spanning(first, 0, 1), deadline_seconds=20).skew
    assert skew is not None
    assert timedelta(minutes=-61) < skew < timedelta(minutes=-59)


def test_compressed_answers_are_read_when_opted_in(make_source: MakeSource, server: Server, first: int) -> None:
    asked, span = query("last_over_time(v[30s])"), spanning(first, 0, COUNT)
    plain = make_source(server.url).read(asked, span, deadline_seconds=20)
    packed = make_source(server.url, gzip=True).read(asked, span, deadline_seconds=20)
    assert same(plain.series, packed.series)


def test_an_expression_that_does_not_parse_is_refused_in_their_own_words(
    make_source: MakeSource, server: Server, first: int
) -> None:
    error, words = server.dialect.unparsable
    with pytest.raises(error, match=words):
        make_source(server.url).read(query("sum(v"), spanning(first, 0, 1), deadline_seconds=20)


def test_an_expression_that_cannot_be_executed_is_unavailable(
    make_source: MakeSource, server: Server, first: int
) -> None:
    with pytest.raises(SourceUnavailableError, match=server.dialect.impossible) as refused:
        make_source(server.url).read(query("v * on () v"), spanning(first, 0, 1), deadline_seconds=20)
    assert refused.value.reason == Reason.HTTP_422


def test_two_series_for_one_site_are_refused(make_source: MakeSource, server: Server, first: int) -> None:
    with pytest.raises(SeriesAmbiguousError, match=r'instance="a".* and .*instance="b"'):
        make_source(server.url).read(query("v or w"), spanning(first, 0, 1), deadline_seconds=20)


def test_a_query_that_forgets_the_site_label_gives_no_site_a_value(
    make_source: MakeSource, server: Server, first: int
) -> None:
    reading = make_source(server.url).read(query("sum(v)"), spanning(first, 0, 1), deadline_seconds=20)
    assert (reading.series, reading.unknown) == ({}, 1)


def test_version_readiness_and_an_instant_are_told(make_source: MakeSource, server: Server, first: int) -> None:
    source = make_source(server.url)
    assert source.ready()
    if server.dialect.says_version:
        assert re.match(server.dialect.says_version, source.build_info())
    else:
        with pytest.raises(SourceUnavailableError, match="does not tell its version"):
            source.build_info()
    [sample] = source.query('v{site="LODZ"}', MINUTES.instant(first + 7), deadline_seconds=20)
    assert (sample.labels["instance"], sample.value) == ("a", 7.0)
