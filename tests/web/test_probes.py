"""Probes, reload, handed-in endpoints, and what every answer carries."""

import pytest

from stopwatch.web.api.probes import accepts_gzip
from tests.web.conftest import Served


def test_metrics_are_served_as_they_were_written(opened: Served) -> None:
    answer = opened.client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.content == opened.health.metrics()


def test_metrics_are_compressed_for_whoever_accepts_it(opened: Served) -> None:
    plain = opened.client.get("/metrics", headers={"Accept-Encoding": "identity"})
    packed = opened.client.get("/metrics", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.content == packed.content == opened.health.metrics()


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        pytest.param("gzip", True, id="gzip alone"),
        pytest.param("deflate, GZIP;q=0.5", True, id="among others"),
        pytest.param("*", True, id="anything"),
        pytest.param("", False, id="nothing said"),
        pytest.param("identity", False, id="plain"),
        pytest.param("gzip; q=0, *", False, id="anything but gzip"),
        pytest.param("gzip;q=many", False, id="no number"),
        pytest.param("xgzip", False, id="another name"),
    ],
)
def test_gzip_is_used_only_where_it_is_asked_for(header: str, *, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_a_process_that_makes_no_progress_is_unhealthy(opened: Served) -> None:
    assert opened.client.get("/-/healthy").json() == {"live": True}
    opened.health.alive = False
    answer = opened.client.get("/-/healthy")
    assert (answer.status_code, answer.json()) == (503, {"live": False})


def test_readiness_says_what_is_missing(opened: Served) -> None:
    leads = {"role": "leader", "leader": "this one", "database": "up"}
    assert opened.client.get("/-/ready").json() == {"ready": True, "reasons": [], "degraded": [], **leads}
    opened.health.missing = ["Prometheus default does not answer"]
    answer = opened.client.get("/-/ready")
    assert answer.status_code == 503
    reasons = ["Prometheus default does not answer"]
    assert answer.json() == {"ready": False, "reasons": reasons, "degraded": [], **leads}


def test_what_is_broken_outside_is_named_and_takes_no_traffic_away(opened: Served) -> None:
    opened.health.trouble = ["slack takes nothing at C0HYPERCARE (is_archived); its messages wait"]
    answer = opened.client.get("/-/ready")
    assert (answer.status_code, answer.json()["degraded"]) == (200, opened.health.trouble)
    opened.health.trouble = []


def test_a_reload_that_is_refused_says_every_complaint(opened: Served) -> None:
    opened.health.complaint = "stop-rules.yaml:3:5: unknown key\nstop-rules.yaml:9:1: unknown KPI"
    answer = opened.client.post("/-/reload")
    assert answer.status_code == 422
    assert answer.json()["detail"] == opened.health.complaint


def test_an_endpoint_of_another_room_gets_headers_and_raw_bytes(opened: Served) -> None:
    answer = opened.client.post("/slack/interactions", content=b"payload=%7B%7D\xff", headers={"X-Signature": "v0"})
    assert (answer.status_code, answer.headers["content-type"]) == (202, "text/plain; charset=utf-8")
    assert answer.content == b"v0 payload=%7B%7D\xff"
    assert opened.client.get("/slack/interactions").status_code == 405


@pytest.mark.parametrize("more", [pytest.param(1, id="by a byte"), pytest.param(3_000_000, id="by megabytes")])
def test_a_large_body_is_refused_whether_it_is_announced_or_not(opened: Served, more: int) -> None:
    large = b"x" * (256 * 1024 + more)
    announced = opened.client.post("/slack/interactions", content=large)
    streamed = opened.client.post("/slack/interactions", content=iter([large[:200_000], large[200_000:]]))
    for answer in (announced, streamed):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
    assert opened.client.post("/slack/interactions", content=large[more:]).status_code == 202


@pytest.mark.parametrize("path", ["/metrics", "/-/ready", "/api/v1/status", "/nowhere", "/openapi.json"])
def test_every_answer_carries_the_security_headers(opened: Served, path: str) -> None:
    headers = opened.client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
