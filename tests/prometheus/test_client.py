"""What a source sends, and how good answers become readings."""

import gzip
import math
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from stopwatch.core.errors import ConfigurationError, QueryRejectedError, SourceUnavailableError
from stopwatch.core.reading import Query, Reading
from tests.prometheus.conftest import FIRST, HAM, LODZ, QUERY, MakeSource, matrix, series, slots
from tests.prometheus.scripted import ScriptedServer, Seen, http


def test_one_post_asks_for_all_sites_with_exact_ends(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix(series("HAM", [0.25, 0.5]), series("LODZ", [1.0, 2.0])))) as server:
        reading = make_source(server.url).read(QUERY, slots(2), deadline_seconds=5)
    [seen] = server.seen
    assert (seen.method, seen.path) == ("POST", "/api/v1/query_range")
    assert seen.form["query"] == 'sum by (site) (rate(errors_total{site=~"HAM|LODZ"}[5m]))'
    assert [seen.form[key] for key in ("start", "end", "step")] == [str(FIRST * 60), str(FIRST * 60 + 60), "60"]
    assert seen.headers["accept-encoding"] == "identity"
    assert reading.series == {HAM: [0.25, 0.5], LODZ: [1.0, 2.0]}
    assert reading.unknown == 0


def test_a_path_in_the_address_is_kept(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix())) as server:
        make_source(f"{server.url}/prometheus/").read(QUERY, slots(1), deadline_seconds=5)
    assert server.seen[0].path == "/prometheus/api/v1/query_range"


def test_missing_points_are_nan_and_infinities_are_numbers(make_source: MakeSource) -> None:
    body = matrix(series("HAM", [None, math.inf, math.nan, -math.inf, None]))
    with ScriptedServer(http(body)) as server:
        reading = make_source(server.url).read(QUERY, slots(5), deadline_seconds=5)
    values = list(reading.series[HAM])
    assert [math.isnan(value) for value in values] == [True, False, True, False, True]
    assert (values[1], values[3]) == (math.inf, -math.inf)
    assert LODZ not in reading.series


def test_how_long_it_took_is_told_also_of_what_failed(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix()), http("{}", status=400)) as server:
        source = make_source(server.url)
        assert source.read(QUERY, slots(1), deadline_seconds=5).seconds > 0
        with pytest.raises(QueryRejectedError) as refused:
            source.read(QUERY, slots(1), deadline_seconds=5)
    assert refused.value.seconds is not None
    assert refused.value.seconds > 0


def test_an_empty_result_is_a_success_without_series(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix())) as server:
        assert make_source(server.url).read(QUERY, slots(3), deadline_seconds=5).series == {}


@pytest.mark.parametrize(("query", "count"), [(Query("up", "site", {}), 3), (QUERY, 0)], ids=["no sites", "no slots"])
def test_nothing_to_ask_for_sends_nothing(make_source: MakeSource, query: Query, count: int) -> None:
    with ScriptedServer(http(matrix())) as server:
        assert make_source(server.url).read(query, slots(count), deadline_seconds=5) == Reading()
    assert server.seen == []


def test_series_of_unknown_sites_and_without_the_label_are_counted_and_ignored(make_source: MakeSource) -> None:
    nameless = {"metric": {}, "values": [[FIRST * 60, "7"]]}
    body = matrix(series("BER", [1.0]), series("HAM", [2.0]), nameless)
    with ScriptedServer(http(body)) as server:
        reading = make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)
    assert (reading.series, reading.unknown) == ({HAM: [2.0]}, 2)


def test_more_slots_than_one_answer_may_hold_are_asked_for_in_chunks(make_source: MakeSource) -> None:
    with ScriptedServer(_every_slot) as server:
        reading = make_source(server.url, max_slots=3).read(QUERY, slots(8), deadline_seconds=5)
    assert [_span(seen) for seen in server.seen] == [(0, 2), (3, 5), (6, 7)]
    assert list(reading.series[HAM]) == [float(place) for place in range(8)]


def test_a_site_missing_from_one_chunk_has_no_points_there(make_source: MakeSource) -> None:
    first, second = matrix(series("HAM", [1.0, 2.0])), matrix(series("LODZ", [5.0], first=FIRST + 2))
    with ScriptedServer(http(first), http(second)) as server:
        reading = make_source(server.url, max_slots=2).read(QUERY, slots(3), deadline_seconds=5)
    assert list(reading.series[HAM])[:2] == [1.0, 2.0]
    assert math.isnan(reading.series[HAM][2])
    assert math.isnan(reading.series[LODZ][0])
    assert reading.series[LODZ][2] == 5.0


def test_an_oversize_answer_halves_the_chunk(make_source: MakeSource) -> None:
    with ScriptedServer(_every_slot) as server:
        source = make_source(server.url, max_bytes=200)
        reading = source.read(QUERY, slots(8), deadline_seconds=5)
    assert [_span(seen) for seen in server.seen] == [(0, 7), (0, 3), (4, 7)]
    assert list(reading.series[HAM]) == [float(place) for place in range(8)]


def test_too_many_samples_for_prometheus_halve_the_chunk(make_source: MakeSource) -> None:
    words = "query processing would load too many samples into memory in query execution"
    refusal = http(orjson.dumps({"status": "error", "errorType": "execution", "error": words}), 422)
    with ScriptedServer(refusal, _every_slot) as server:
        make_source(server.url).read(QUERY, slots(8), deadline_seconds=5)
    assert [_span(seen) for seen in server.seen] == [(0, 7), (0, 3), (4, 7)]


def test_a_single_slot_that_is_still_too_large_is_an_error(make_source: MakeSource) -> None:
    with ScriptedServer(_every_slot) as server, pytest.raises(SourceUnavailableError) as refused:
        make_source(server.url, max_bytes=50).read(QUERY, slots(4), deadline_seconds=5)
    assert refused.value.reason == "oversize"
    assert [_span(seen) for seen in server.seen] == [(0, 3), (0, 1), (0, 0)]


def test_a_source_may_opt_in_to_compressed_answers(make_source: MakeSource) -> None:
    body = gzip.compress(matrix(series("HAM", [1.5])))
    with ScriptedServer(http(body, 200, "Content-Encoding: gzip")) as server:
        reading = make_source(server.url, gzip=True).read(QUERY, slots(1), deadline_seconds=5)
    assert server.seen[0].headers["accept-encoding"] == "gzip"
    assert reading.series == {HAM: [1.5]}


def test_connections_are_kept_between_requests(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix())) as server:
        source = make_source(server.url)
        for _ in range(5):
            source.read(QUERY, slots(1), deadline_seconds=5)
        assert server.connections == 1


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        pytest.param("Sat, 21 Nov 2026 10:15:00 GMT", 0, id="within the second"),
        pytest.param("Sat, 21 Nov 2026 10:15:30 GMT", 29.5, id="ahead"),
        pytest.param("Sat, 21 Nov 2026 10:14:00 GMT", -59.5, id="behind"),
        pytest.param("Sat, 21 Nov 2026 10:15:00 -0000", 0, id="zone left out"),
        pytest.param("yesterday", None, id="no date"),
        pytest.param("Sat, 99 Nov 99999 10:15:00 GMT", None, id="no such day"),
    ],
)
def test_the_date_header_tells_the_skew(make_source: MakeSource, date: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 10, 15, 0, 500_000, tzinfo=UTC)
    with ScriptedServer(http(matrix(), 200, f"Date: {date}")) as server:
        reading = make_source(server.url, clock=lambda: now).read(QUERY, slots(1), deadline_seconds=5)
    if seconds is None:
        assert reading.skew is None
    else:
        assert reading.skew is not None
        assert abs(reading.skew - timedelta(seconds=seconds)) < timedelta(seconds=0.5)


def test_the_password_of_the_address_becomes_basic_authorization(make_source: MakeSource) -> None:
    with ScriptedServer(http(matrix())) as server:
        source = make_source(f"http://ann:s%40cret@127.0.0.1:{server.port}")
        source.read(QUERY, slots(1), deadline_seconds=5)
    assert server.seen[0].headers["authorization"] == "Basic " + b64encode(b"ann:s@cret").decode()
    assert "cret" not in repr(source) + source.url


def test_an_instant_query_gives_samples_with_labels(make_source: MakeSource) -> None:
    vector = [{"metric": {"job": "wms"}, "value": [1.5, "2"]}, {"metric": {}, "value": [1.5, "NaN"]}]
    answers = [{"resultType": "vector", "result": vector}, {"resultType": "scalar", "result": [1.5, "3"]}]
    scripts = [http(orjson.dumps({"status": "success", "data": data})) for data in answers]
    with ScriptedServer(*scripts) as server:
        source = make_source(server.url)
        at = datetime(2026, 11, 21, 10, 15, 0, 250_000, tzinfo=UTC)
        known, nameless = source.query("up", at, deadline_seconds=5)
        [scalar] = source.query("3", at, deadline_seconds=5)
    assert (known.labels, known.value, nameless.labels, scalar.labels, scalar.value) == ({"job": "wms"}, 2, {}, {}, 3)
    assert math.isnan(nameless.value)
    assert server.seen[0].form["time"] == "1795256100.250"


def test_version_and_readiness_are_asked_for(make_source: MakeSource) -> None:
    version = orjson.dumps({"status": "success", "data": {"version": "2.42.0+ds"}})
    with ScriptedServer(http(version), http("ready"), http("not yet", 503)) as server:
        source = make_source(server.url)
        assert source.build_info() == "2.42.0+ds"
        assert (source.ready(), source.ready()) == (True, False)
    assert source.ready() is False


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        pytest.param("prometheus:9090", {}, id="no scheme"),
        pytest.param("ftp://prometheus", {}, id="another scheme"),
        pytest.param("http://", {}, id="no host"),
        pytest.param("http://host:99999", {}, id="no such port"),
        pytest.param("http://user:secret@[::1", {}, id="unclosed bracket"),
        pytest.param("http://host/?secret=1", {}, id="query"),
        pytest.param("http://host\r\nsecret: 1", {}, id="line break"),
        pytest.param("http://user:12/secret@host", {}, id="slash in a password"),
        pytest.param("http://host", {"X-Token": "secret\r\nEvil: 1"}, id="line break in a header"),
        pytest.param("http://host", {"bad name": "secret"}, id="name of a header"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once_without_showing_it(
    make_source: MakeSource, url: str, headers: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_source(url, headers=headers)
    assert "secret" not in str(refused.value)


def _span(seen: Seen) -> tuple[int, int]:
    return int(seen.form["start"]) // 60 - FIRST, int(seen.form["end"]) // 60 - FIRST


def _every_slot(seen: Seen) -> bytes:
    low, high = _span(seen)
    return http(matrix(series("HAM", [float(place) for place in range(low, high + 1)], first=FIRST + low)))
