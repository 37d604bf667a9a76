"""Every kind of failure is its own error, bounded in bytes and time, and shows no secret."""

import gzip
import itertools
import logging
import socket
import time
import tracemalloc
import zlib

import orjson
import pytest

from stopwatch.core.errors import (
    PartialAnswerError,
    QueryRejectedError,
    SeriesAmbiguousError,
    SourceError,
    SourceUnavailableError,
)
from stopwatch.prometheus.reasons import RETRIED, Reason
from tests.prometheus.conftest import FIRST, HAM, QUERY, MakeSource, matrix, series, slots
from tests.prometheus.scripted import Raw, ScriptedServer, http

GOOD = http(matrix(series("HAM", [1.0])))
SECRET = "hunter2-hunter2"


def refusal(status: int, words: str = "no", *headers: str) -> bytes:
    return http(orjson.dumps({"status": "error", "errorType": "x", "error": words}), status, *headers)


def drip(connection: socket.socket, prefix: bytes) -> None:
    connection.sendall(prefix)
    for _ in range(500):
        connection.sendall(b" ")
        time.sleep(0.01)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2_000):
        connection.sendall(b"[" * 65_536)


def chunked_bomb(connection: socket.socket) -> None:
    """A gigabyte of zeros in a megabyte, without telling its length."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    zeros = bytes(1 << 20)
    for _ in range(64):
        connection.sendall(packer.compress(zeros))
    connection.sendall(packer.flush())


def point(instant: object, value: object) -> bytes:
    return http(matrix({"metric": {"site": "HAM"}, "values": [[instant, value]]}))


NOW = FIRST * 60
UNAVAILABLE = [
    pytest.param(Raw(lambda c: None), Reason.PROTOCOL, id="closed without an answer"),
    pytest.param(Raw(lambda c: c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")), Reason.PROTOCOL, id="not HTTP"),
    pytest.param(Raw(lambda c: c.sendall(GOOD[:-5])), Reason.PROTOCOL, id="truncated"),
    pytest.param(http("", 301, "Location: http://127.0.0.1:1/"), Reason.REDIRECT, id="moved"),
    pytest.param(http("", 307, "Location: http://[/"), Reason.REDIRECT, id="moved nowhere"),
    pytest.param(http("<html>Sign in</html>", 302), Reason.REDIRECT, id="a login page"),
    pytest.param(refusal(401), Reason.HTTP_4XX, id="unauthorized"),
    pytest.param(http("<html>not here</html>", 404), Reason.HTTP_4XX, id="not found"),
    pytest.param(refusal(422), Reason.HTTP_422, id="cannot execute"),
    pytest.param(http("", 429), Reason.HTTP_429, id="too many requests"),
    pytest.param(refusal(500), Reason.HTTP_5XX, id="internal"),
    pytest.param(http(b"[" * 3_000, 502), Reason.HTTP_5XX, id="bad gateway with odd JSON"),
    pytest.param(refusal(503, "query timed out"), Reason.HTTP_5XX, id="query timed out"),
    pytest.param(http("<html></html>"), Reason.NOT_JSON, id="HTML with 200"),
    pytest.param(http(""), Reason.NOT_JSON, id="nothing with 200"),
    pytest.param(http(matrix()[:-3]), Reason.NOT_JSON, id="half a JSON"),
    pytest.param(http(b"\xff\xfe{}"), Reason.NOT_JSON, id="not UTF-8"),
    pytest.param(http("[" * 100_000), Reason.NOT_JSON, id="nested deeply"),
    pytest.param(http("[" * 900 + "]" * 900), Reason.NOT_JSON, id="nested within limits"),
    pytest.param(http("[]"), Reason.NOT_JSON, id="a list"),
    pytest.param(http('{"status":"error","error":"boom"}'), Reason.STATUS_ERROR, id="status error with 200"),
    pytest.param(http("{}"), Reason.STATUS_ERROR, id="no status"),
    pytest.param(http('{"status":"success"}'), Reason.MALFORMED, id="no data"),
    pytest.param(http('{"status":"success","data":{"resultType":"vector"}}'), Reason.NOT_MATRIX, id="a vector"),
    pytest.param(http('{"status":"success","data":{"resultType":{}}}'), Reason.NOT_MATRIX, id="type is no text"),
    pytest.param(http('{"status":"success","data":{"resultType":"matrix"}}'), Reason.MALFORMED, id="no result"),
    pytest.param(http(matrix(None)), Reason.MALFORMED, id="series is null"),
    pytest.param(http(matrix({"metric": []})), Reason.MALFORMED, id="labels are a list"),
    pytest.param(http(matrix({"metric": {"site": ["HAM"]}})), Reason.MALFORMED, id="label is a list"),
    pytest.param(http(matrix({"metric": {"site": "HAM"}})), Reason.MALFORMED, id="no values"),
    pytest.param(http(matrix({"metric": {"site": "HAM"}, "values": 7})), Reason.MALFORMED, id="values are a number"),
    pytest.param(http(matrix({"metric": {"site": "HAM"}, "values": [[NOW]]})), Reason.MALFORMED, id="half a point"),
    pytest.param(
        http(matrix({"metric": {"site": "HAM"}, "histograms": [[NOW, {}]]})), Reason.NOT_MATRIX, id="native histograms"
    ),
    pytest.param(http(matrix(warnings="careful")), Reason.MALFORMED, id="warnings are a text"),
    pytest.param(point(NOW, 1.5), Reason.MALFORMED, id="value is a JSON number"),
    pytest.param(point(NOW, None), Reason.MALFORMED, id="value is null"),
    pytest.param(point(NOW, "fast"), Reason.NOT_A_NUMBER, id="value is a word"),
    pytest.param(point(NOW, "1_000"), Reason.NOT_A_NUMBER, id="value with an underscore"),
    pytest.param(point(NOW, "\u0661"), Reason.NOT_A_NUMBER, id="value in other digits"),
    pytest.param(point(NOW + 1, "1"), Reason.MISALIGNED, id="between two slots"),
    pytest.param(point(NOW + 60, "1"), Reason.MISALIGNED, id="after the end"),
    pytest.param(point(1e30, "1"), Reason.MISALIGNED, id="huge instant"),
    pytest.param(point(str(NOW), "1"), Reason.MISALIGNED, id="instant is a text"),
    pytest.param(point([NOW], "1"), Reason.MALFORMED, id="instant is a list"),
    pytest.param(http(b"", 200, "Content-Encoding: br"), Reason.ENCODING, id="unknown encoding"),
    pytest.param(http(b"junk", 200, "Content-Encoding: gzip"), Reason.ENCODING, id="not the gzip it claims"),
    pytest.param(
        http(gzip.compress(matrix())[:-4], 200, "Content-Encoding: gzip"), Reason.ENCODING, id="gzip without its end"
    ),
    pytest.param(Raw(endless), Reason.OVERSIZE, id="endless body"),
    pytest.param(Raw(chunked_bomb), Reason.OVERSIZE, id="gzip bomb"),
    pytest.param(http("[" + "[]," * 400_000 + "[]]"), Reason.OVERSIZE, id="many tiny lists"),
    pytest.param(http("[" + "7," * 1_500_000 + "7]"), Reason.OVERSIZE, id="many tiny numbers"),
    pytest.param(
        http(matrix(*({"metric": {}} for _ in range(10_001)))), Reason.TOO_MANY_SERIES, id="more series than allowed"
    ),
]


@pytest.mark.parametrize(("script", "reason"), UNAVAILABLE)
def test_no_usable_answer_is_unavailable_with_its_reason(
    make_source: MakeSource, script: bytes | Raw, reason: Reason
) -> None:
    with ScriptedServer(script) as server, pytest.raises(SourceUnavailableError) as refused:
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)
    assert refused.value.reason == reason
    assert str(refused.value).startswith(f"source default ({server.url}): ")
    assert len(str(refused.value)) < 400
    assert len(server.seen) == (2 if reason in RETRIED else 1)


@pytest.mark.parametrize(
    "instants",
    [
        pytest.param([0, 60, 60, 180], id="one twice, ends right"),
        pytest.param([0, 120, 60, 180], id="out of order, ends right"),
        pytest.param([180, 120, 60, 0], id="backwards"),
        pytest.param([0, 60, 61, 180], id="one off the grid, ends right"),
        pytest.param([0, 60, 120, 180, 240], id="one too many"),
        pytest.param([-60, 0], id="before the start"),
    ],
)
def test_instants_that_are_not_the_slots_are_refused(make_source: MakeSource, instants: list[int]) -> None:
    body = matrix({"metric": {"site": "HAM"}, "values": [[NOW + instant, "1"] for instant in instants]})
    with ScriptedServer(http(body)) as server, pytest.raises(SourceUnavailableError) as refused:
        make_source(server.url).read(QUERY, slots(4), deadline_seconds=5)
    assert refused.value.reason == Reason.MISALIGNED


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param(b"HTTP/1.1 200 ", id="within the status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow:", id="within the headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="within the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", id="within a body of known length"),
    ],
)
def test_a_slow_drip_ends_at_the_deadline(make_source: MakeSource, prefix: bytes) -> None:
    script = Raw(lambda connection: drip(connection, prefix))
    with ScriptedServer(script) as server, pytest.raises(SourceUnavailableError) as refused:
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=0.3)
    assert refused.value.reason == Reason.TIMEOUT
    assert len(server.seen) == 2


def test_a_dripping_refusal_keeps_its_status(make_source: MakeSource) -> None:
    script = Raw(lambda connection: drip(connection, b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with ScriptedServer(script) as server, pytest.raises(QueryRejectedError):
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=0.3)


def test_nobody_listening_is_a_connection_failure(make_source: MakeSource) -> None:
    with ScriptedServer(GOOD) as server:
        url = server.url
    with pytest.raises(SourceUnavailableError) as refused:
        make_source(url).read(QUERY, slots(1), deadline_seconds=2)
    assert refused.value.reason == Reason.CONNECTION


def test_a_name_without_an_address_is_a_connection_failure(make_source: MakeSource) -> None:
    with pytest.raises(SourceUnavailableError) as refused:
        make_source("http://prometheus..invalid").read(QUERY, slots(1), deadline_seconds=2)
    assert refused.value.reason == Reason.CONNECTION


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(Raw(lambda c: None), id="connection lost"),
        pytest.param(refusal(422), id="422"),
        pytest.param(refusal(503), id="503"),
        pytest.param(http("", 429), id="429"),
    ],
)
def test_what_may_pass_is_asked_for_a_second_time(make_source: MakeSource, first: bytes | Raw) -> None:
    with ScriptedServer(first, GOOD) as server:
        assert make_source(server.url).read(QUERY, slots(1), deadline_seconds=5).series == {HAM: [1.0]}


def test_a_connection_that_died_between_two_ticks_goes_unnoticed(make_source: MakeSource) -> None:
    closing = Raw(lambda connection: connection.sendall(GOOD))
    with ScriptedServer(closing) as server:
        source = make_source(server.url)
        for _ in range(3):
            assert source.read(QUERY, slots(1), deadline_seconds=5).series == {HAM: [1.0]}


@pytest.mark.parametrize(("status", "words"), [(400, 'parse error: unexpected "}"'), (422, "cannot parse this")])
def test_a_refused_expression_says_why_and_is_not_asked_again(make_source: MakeSource, status: int, words: str) -> None:
    with ScriptedServer(refusal(status, words)) as server, pytest.raises(QueryRejectedError) as no:
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)
    assert words in str(no.value)
    assert (no.value.reason, no.value.retryable, len(server.seen)) == ("rejected", False, 1)


def test_an_expression_that_is_no_unicode_is_refused(make_source: MakeSource) -> None:
    query = type(QUERY)('up{x="\ud800"}', "site", QUERY.labels)
    with ScriptedServer(GOOD) as server, pytest.raises(QueryRejectedError):
        make_source(server.url).read(query, slots(1), deadline_seconds=5)


def test_two_series_for_one_site_are_named(make_source: MakeSource) -> None:
    body = matrix(series("HAM", [1.0], instance="a"), series("LODZ", [1.0]), series("HAM", [2.0], instance="b"))
    with ScriptedServer(http(body)) as server, pytest.raises(SeriesAmbiguousError) as refused:
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)
    assert '{instance="a", site="HAM"} and {instance="b", site="HAM"}' in str(refused.value)
    assert (refused.value.retryable, len(server.seen)) == (False, 1)


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param({"warnings": ["No StoreAPIs matched"]}, id="warnings"),
        pytest.param({"warnings": ["PromQL info: x", "store down"]}, id="a warning after an info"),
        pytest.param({"isPartial": True}, id="marked as partial"),
    ],
)
def test_a_partial_answer_is_an_error(make_source: MakeSource, envelope: dict[str, object]) -> None:
    with ScriptedServer(http(matrix(series("HAM", [1.0]), **envelope))) as server, pytest.raises(PartialAnswerError):
        make_source(server.url).read(QUERY, slots(1), deadline_seconds=5)


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param({"infos": ["PromQL info: metric might not be a counter"]}, id="infos"),
        pytest.param({"warnings": ["PromQL info: metric might not be a counter"]}, id="infos among the warnings"),
        pytest.param({"warnings": []}, id="no warnings"),
        pytest.param({"warnings": None, "isPartial": False, "stats": {}}, id="nulls and extras"),
    ],
)
def test_harmless_remarks_do_not_spoil_an_answer(make_source: MakeSource, envelope: dict[str, object]) -> None:
    with ScriptedServer(http(matrix(series("HAM", [1.0]), **envelope))) as server:
        assert make_source(server.url).read(QUERY, slots(1), deadline_seconds=5).series == {HAM: [1.0]}


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(refusal(400, f"bad token {SECRET}"), id="echoed in a refusal"),
        pytest.param(refusal(503, f"Bearer {SECRET}"), id="echoed by a failing server"),
        pytest.param(http(orjson.dumps({"status": "error", "error": SECRET})), id="echoed with 200"),
        pytest.param(http(matrix(warnings=[SECRET])), id="echoed in a warning"),
        pytest.param(Raw(lambda c: c.sendall(f"{SECRET}\r\n".encode())), id="echoed as no HTTP"),
        pytest.param(
            http(matrix(*(series("HAM", [1.0], token=SECRET, n=str(n)) for n in (1, 2)))), id="echoed in labels"
        ),
    ],
)
def test_a_secret_is_shown_nowhere(
    make_source: MakeSource, script: bytes | Raw, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), ScriptedServer(script) as server:
        source = make_source(f"http://ann:{SECRET}@127.0.0.1:{server.port}", headers={"X-Token": f"Bearer {SECRET}"})
        with pytest.raises(SourceError) as refused:
            source.read(QUERY, slots(1), deadline_seconds=5)
    assert server.seen[0].headers["x-token"] == f"Bearer {SECRET}"
    chain = itertools.chain([refused.value, refused.value.__cause__], refused.value.args)
    assert SECRET not in " ".join(map(repr, chain)) + caplog.text
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "script", [pytest.param(Raw(endless), id="endless"), pytest.param(Raw(chunked_bomb), id="gzip bomb")]
)
def test_memory_stays_bounded_whatever_is_sent(make_source: MakeSource, script: Raw) -> None:
    with ScriptedServer(script) as server:
        source = make_source(server.url)
        tracemalloc.start()
        with pytest.raises(SourceUnavailableError):
            source.read(QUERY, slots(1), deadline_seconds=5)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 32 * 1024 * 1024
