"""Answers of HTTP/1.1 are read to the byte, and what is none is refused, over plain connections and over TLS."""

import io
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.prometheus.http1 import Head, MalformedError, read_body, read_head
from stopwatch.prometheus.reasons import Reason
from tests.prometheus.conftest import HAM, QUERY, MakeSource, matrix, series, slots
from tests.prometheus.scripted import Raw, ScriptedServer, http

OK = b"HTTP/1.1 200 OK\r\n"


def answer(text: bytes) -> tuple[Head, bytes, bytes]:
    """Head, body, and what is left unread behind them."""
    file = io.BufferedReader(io.BytesIO(text))
    head = read_head(file)
    return head, b"".join(read_body(file, head)), file.read()


@pytest.mark.parametrize(
    ("text", "body", "keeps"),
    [
        pytest.param(OK + b"Content-Length: 3\r\n\r\nabc", b"abc", True, id="a length"),
        pytest.param(OK + b"Content-Length: 3, 3\r\n\r\nabc", b"abc", True, id="the same length twice"),
        pytest.param(OK + b"Content-Length: 0\r\n\r\n", b"", True, id="nothing"),
        pytest.param(OK + b"Connection: close\r\nContent-Length: 1\r\n\r\na", b"a", False, id="a connection that ends"),
        pytest.param(OK + b"\r\nabc", b"abc", False, id="up to the end"),
        pytest.param(
            OK + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n", b"abc", True, id="chunks"
        ),
        pytest.param(
            OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n00A\r\n0123456789\r\n0\r\nSum: 1\r\n\r\n",
            b"0123456789",
            True,
            id="chunks win over a length, and trailers are left out",
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\na", b"a", True, id="interim first"
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", b"a", False, id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", b"", True, id="no content"),
        pytest.param(b"HTTP/1.1 200\nContent-Length: 1\n\na", b"a", True, id="bare line ends and no phrase"),
    ],
)
def test_an_answer_is_read_to_its_last_byte(text: bytes, body: bytes, *, keeps: bool) -> None:
    head, found, behind = answer(text + (b"NEXT" if keeps else b""))
    assert (found, head.keeps, behind) == (body, keeps, b"NEXT" if keeps else b"")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="another protocol"),
        pytest.param(b"HTTP/2 200\r\n\r\n", id="another version"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="half a status"),
        pytest.param(OK, id="no end of the head"),
        pytest.param(OK + b"no header\r\n\r\n", id="a line without a colon"),
        pytest.param(OK + b"A: b\r\n c\r\n\r\n", id="a folded line"),
        pytest.param(OK + b"A : b\r\n\r\n", id="a blank before the colon"),
        pytest.param(OK + b"A: " + b"b" * 70_000 + b"\r\n\r\n", id="a line without end"),
        pytest.param(OK + b"A: b\r\n" * 201 + b"\r\n", id="headers without end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 201, id="interim answers without end"),
        pytest.param(OK + b"Content-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(OK + b"Content-Length: 3\r\n\r\nab", id="too short"),
        pytest.param(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="another coding"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", id="a negative chunk"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", id="a chunk of Python's"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", id="a chunk that is longer"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", id="no last chunk"),
    ],
)
def test_what_is_no_answer_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        answer(text)


def test_a_connection_is_used_again_until_the_server_ends_it(make_source: MakeSource) -> None:
    good = http(matrix(series("HAM", [1.0])))
    with ScriptedServer(good, good, Raw(lambda c: c.sendall(good)), good) as server:
        source = make_source(server.url)
        for connections in (1, 1, 1, 2):
            assert source.read(QUERY, slots(1), deadline_seconds=5).series == {HAM: [1.0]}
            assert server.connections == connections


def test_a_source_behind_tls_is_read_if_its_certificate_is_trusted(
    make_source: MakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = f"req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -keyout {key} -out {certificate}"
    extension = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [shutil.which("openssl") or "openssl", *command.split(), *extension], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with ScriptedServer(http(matrix(series("HAM", [1.0]))), tls=context) as server:
        url = server.url.replace("http:", "https:")
        for _ in range(2):
            assert make_source(url).read(QUERY, slots(1), deadline_seconds=5).series == {HAM: [1.0]}
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(SourceUnavailableError, match="certificate") as refused:
            make_source(url).read(QUERY, slots(1), deadline_seconds=5)
    assert refused.value.reason == Reason.CONNECTION
