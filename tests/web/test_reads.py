"""What status, decisions and gates answer, byte for byte."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from stopwatch.core.gate import SiteGate
from stopwatch.core.wire import decision_json, decisions_json, gate_json, status_json
from stopwatch.web.api import examples, models
from tests.web.conftest import Served
from tests.web.world import ENDED, HAM, LIVE, FakeRecords, ended_decision, live_decision, view

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("path", "status", "golden"),
    [
        pytest.param("/api/v1/status", 200, "status", id="status"),
        pytest.param(f"/api/v1/decisions/{LIVE}", 200, "decision", id="one decision"),
        pytest.param(f"/api/v1/decisions/{LIVE}/evidence", 200, "evidence", id="the evidence of a decision"),
        pytest.param("/api/v1/gates/ham-01", 409, "gate_closed", id="closed gate"),
        pytest.param("/api/v1/gates/lodz", 200, "gate_open", id="open gate"),
        pytest.param("/api/v1/gates/ham-01?closed=200", 200, "gate_closed", id="closed gate that is no error"),
        pytest.param("/api/v1/gates/pilot", 409, "gate_phase", id="gate of a phase"),
        pytest.param("/api/v1/readiness/lodz", 200, "readiness", id="readiness of a site"),
        pytest.param("/api/v1/rollout", 200, "rollout", id="the whole rollout"),
        pytest.param("/api/v1/decisions/nobody-20261121T1015Z", 404, "problem", id="unknown decision"),
    ],
)
def test_an_answer_reads_as_the_golden_file(opened: Served, path: str, status: int, golden: str) -> None:
    answer = opened.client.get(path)
    assert answer.status_code == status
    assert answer.json() == json.loads((GOLDEN / f"{golden}.json").read_text())


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        pytest.param("", [ENDED, LIVE], id="all"),
        pytest.param("?state=resumed", [ENDED], id="by state"),
        pytest.param("?site=ham-01", [LIVE], id="by site"),
        pytest.param("?state=resumed&site=ham-01", [], id="by both"),
        pytest.param("?site=nowhere", [], id="a site without decisions"),
    ],
)
def test_decisions_are_filtered_by_state_and_site(opened: Served, query: str, ids: list[str]) -> None:
    answer = opened.client.get(f"/api/v1/decisions{query}")
    assert [one["id"] for one in answer.json()["decisions"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("state=asleep", id="no such state"),
        pytest.param("site=HAM%2001", id="no site id"),
        pytest.param("site=", id="an empty site"),
        pytest.param("stat=open", id="a misspelt parameter"),
        pytest.param("state=open&state=resumed%00", id="a zero byte"),
    ],
)
def test_an_unusable_query_parameter_is_refused(opened: Served, query: str) -> None:
    answer = opened.client.get(f"/api/v1/decisions?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/gates/nowhere", id="a site the plan has not"),
        pytest.param("/api/v1/readiness/nowhere", id="readiness of a site the plan has not"),
        pytest.param("/api/v1/readiness/pilot", id="readiness of a phase"),
        pytest.param("/api/v1/gates/%00", id="a site that is a zero byte"),
        pytest.param("/api/v1/decisions/%00", id="a decision that is a zero byte"),
        pytest.param("/api/v1/decisions/nobody/evidence", id="evidence of a decision that is not there"),
        pytest.param("/api/v1/decisions/", id="no decision named"),
        pytest.param("/api/v2/status", id="no such path"),
        pytest.param("/docs", id="documentation pages load foreign scripts"),
        pytest.param("/redoc", id="as do these"),
    ],
)
def test_what_is_not_there_is_a_404_problem(opened: Served, path: str) -> None:
    answer = opened.client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/decisions", f"/api/v1/decisions/{LIVE}", "/api/v1/gates/lodz"])
def test_records_that_cannot_be_read_are_a_503_that_tells_no_internals(opened: Served, path: str) -> None:
    opened.records.locked = True
    answer = opened.client.get(path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "secret-path" not in answer.text


def test_a_bug_is_a_500_that_tells_no_internals(opened: Served) -> None:
    opened.records.broken = True
    answer = opened.client.get("/api/v1/decisions")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["connection"] == "close", "the server drops the connection; who asks next must know"
    assert "secret" not in answer.text


@pytest.mark.parametrize(("place", "status"), [("ham-01", 409), ("lodz", 200), ("pilot", 409), ("nowhere", 404)])
def test_a_webhook_that_can_only_post_is_answered_as_the_gate_answers(opened: Served, place: str, status: int) -> None:
    sent = {"name": "wms", "namespace": "prod", "phase": "Progressing", "checksum": "85d557f47b", "metadata": {}}
    posted = opened.client.post(f"/api/v1/gates/{place}/confirm", json=sent)
    assert posted.status_code == status
    if status != 404:
        assert posted.json() == opened.client.get(f"/api/v1/gates/{place}").json()


def test_a_status_for_closed_gates_that_is_none_is_refused(opened: Served) -> None:
    assert opened.client.get("/api/v1/gates/ham-01?closed=500").status_code == 422


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/gates/ham-01", "/metrics"])
def test_what_is_read_cannot_be_written(opened: Served, method: str, path: str) -> None:
    answer = opened.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        pytest.param("/api/v1/issues", "GET, HEAD, POST", id="read and written"),
        pytest.param("/api/v1/decisions/ham-01-20261121T1015Z/evidence", "GET, HEAD", id="read beside acts"),
    ],
)
def test_a_refused_method_names_all_that_there_are_at_the_address(opened: Served, path: str, methods: str) -> None:
    answer = opened.client.request("DELETE", path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == methods


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        pytest.param(models.StatusShape, status_json(view()), id="status"),
        pytest.param(models.DecisionShape, decision_json(live_decision()), id="live decision"),
        pytest.param(models.DecisionsShape, decisions_json([ended_decision()]), id="ended decision"),
        pytest.param(models.GateShape, gate_json(FakeRecords().gate(HAM) or SiteGate(HAM, ())), id="gate"),
        pytest.param(models.StatusShape, examples.STATUS, id="example of status"),
        pytest.param(models.DecisionShape, examples.DECISION, id="example of a decision"),
        pytest.param(models.GateShape, examples.GATE, id="example of a gate"),
        pytest.param(models.PhaseGateShape, examples.PHASE_GATE, id="example of a phase's gate"),
        pytest.param(models.ReadyShape, examples.READY, id="example of readiness"),
        pytest.param(models.ProblemShape, examples.PROBLEM, id="example of a problem"),
    ],
)
def test_what_is_documented_is_what_is_written(shape: type[BaseModel], value: object) -> None:
    shape.model_validate_json(json.dumps(value))
