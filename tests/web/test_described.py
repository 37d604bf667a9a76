"""The OpenAPI document: complete, with examples that are true, and no status left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped] # it carries no type hints

from stopwatch.core.decision import Act
from tests.web.conftest import Served
from tests.web.world import LIVE

PROBLEM = "application/problem+json"
ACTS = {f"POST /api/v1/decisions/{{decision}}/{act}": ["act"] for act in Act}
READS = ("/status", "/decisions", "/decisions/{decision}", "/decisions/{decision}/evidence", "/gates/{site}")
STANDS = ("/readiness/{site}", "/rollout")
STANDS = ("/readiness/{site}", "/rollout")
SCOPES = {
    "GET /metrics": None,
    "GET /-/healthy": None,
    "GET /-/ready": None,
    "POST /-/reload": ["admin"],
    **{f"GET /api/v1{path}": ["read"] for path in (*READS, *STANDS)},
    **ACTS,
    "POST /api/v1/gates/{site}/confirm": ["read"],
    "POST /api/v1/pauses": ["act"],
    "POST /api/v1/alerts": ["act"],
    "GET /api/v1/issues": ["read"],
    "POST /api/v1/issues": ["act"],
    "POST /api/v1/issues/{issue}": ["act"],
}
TELLS_IN_ITS_OWN_WORDS = {
    ("GET /api/v1/gates/{site}", "409"),
    ("POST /api/v1/gates/{site}/confirm", "409"),
    ("GET /-/healthy", "503"),
    ("GET /-/ready", "503"),
}
"""Answers that are no refusals although their status is one of those."""

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(_guarded_server: Served) -> Document:
    described: Document = _guarded_server.client.get("/openapi.json").json()
    return described


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def bodies(operation: Document) -> Iterator[tuple[str, str, Document]]:
    for status, response in operation["responses"].items():
        for kind, media in response.get("content", {}).items():
            yield status, kind, media
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, media


def test_every_operation_is_described_with_the_scope_it_wants(document: Document) -> None:
    OpenAPI.model_validate(document)
    assert (document["info"]["title"], document["info"]["version"]) == ("stopwatch", "1.2.3")
    assert "Idempotency-Key" in document["info"]["description"]
    wanted = {
        name: (operation.get("security") or [{"token": None}])[0]["token"] for name, operation in operations(document)
    }
    assert wanted == SCOPES
    assert document["components"]["securitySchemes"].keys() == {"token"}
    tags = {tag["name"] for tag in document["tags"]}
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        assert all(parameter["schema"].get("examples") for parameter in operation.get("parameters", [])), name


def test_every_refusal_is_a_problem_and_every_body_has_an_example_that_fits(document: Document) -> None:
    for name, operation in operations(document):
        for where, kind, media in bodies(operation):
            assert "schema" in media, (name, where)
            schema = media["schema"] | {"components": document["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(media["example"])
            refused = where >= "400" and where != "request" and (name, where) not in TELLS_IN_ITS_OWN_WORDS
            assert refused == (kind == PROBLEM), (name, where)


def test_no_status_is_left_out(document: Document) -> None:
    told = {name: set(operation["responses"]) for name, operation in operations(document)}
    writing = {"400", "401", "403", "409", "413", "422", "500", "503"}
    for name in ACTS:
        assert told[name] == {"200", "404"} | writing, name
    assert told["POST /api/v1/pauses"] == {"200", "201"} | writing
    assert told["POST /api/v1/alerts"] == {"200"} | writing
    assert told["POST /-/reload"] == {"200", "401", "403", "413", "422", "500", "503"}
    assert told["GET /api/v1/decisions"] == {"200", "401", "403", "422", "500", "503"}
    assert told["GET /api/v1/gates/{site}"] == {*("200", "401", "403", "404", "409", "422", "500", "503")}
    assert told["GET /api/v1/readiness/{site}"] == {"200", "401", "403", "404", "422", "500", "503"}
    assert told["GET /api/v1/rollout"] == {"200", "401", "403", "500", "503"}
    assert told["GET /-/ready"] == {"200", "500", "503"}
    assert told["GET /metrics"] == {"200", "500"}
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def test_without_a_tokens_file_reading_is_described_as_open(opened: Served) -> None:
    described = opened.client.get("/openapi.json").json()
    found = {name: operation.get("security") for name, operation in operations(described)}
    assert found["GET /api/v1/status"] == [{"token": ["read"]}, {}]
    assert found["POST /api/v1/pauses"] == [{"token": ["act"]}]


def test_every_act_says_what_it_needs(document: Document) -> None:
    def needed(act: Act) -> set[str]:
        media = document["paths"][f"/api/v1/decisions/{{decision}}/{act}"]["post"]["requestBody"]["content"]
        name = media["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        return set(document["components"]["schemas"][name]["required"])

    assert needed(Act.ACKNOWLEDGE) == needed(Act.CONFIRM) == needed(Act.PAUSE_AGAIN) == {"rev"}
    assert needed(Act.RESUME) == needed(Act.CLOSE) == {"rev", "reason"}
    assert needed(Act.OVERRIDE) == {"rev", "reason", "category", "until"}
    assert needed(Act.DISMISS) == {"rev", "reason", "category"}
    assert needed(Act.ROLL_BACK) == {"rev", "reason", "what", "from", "to"}
    assert needed(Act.RESOLVE) == {"rev", "reason", "ground"}
    assert needed(Act.ATTACH) == {"links"}


@pytest.mark.parametrize("path", ["/api/v1/status", f"/api/v1/decisions/{LIVE}", "/api/v1/gates/lodz", "/metrics"])
def test_head_tells_what_get_would_without_the_body(opened: Served, path: str) -> None:
    got, headed = opened.client.get(path), opened.client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert headed.headers["content-length"] == got.headers["content-length"]


ROUTE = re.compile(r'@router\.(get|post)\(\s*"(/[^"]*)"')
UNSAID = {"GET /static/{}", "POST /decisions/{}/act", "POST /login", "POST /logout"}
"""What pages ask for by themselves."""


def test_whoever_runs_it_can_look_every_address_up() -> None:
    root = Path(__file__).parents[2]
    told = re.sub(r"\{\w+\}", "{}", (root / "deploy/README.md").read_text(encoding="utf-8"))
    routes = {
        f"{verb.upper()} {re.sub(r'{[^}]+}', '{}', path)}"
        for file in (root / "stopwatch/web").rglob("*.py")
        for verb, path in ROUTE.findall(file.read_text(encoding="utf-8"))
    }
    assert len(routes) > 20
    found = {route for route in routes if f"`{route}" in told or f"`{route.replace(' ', ' /api/v1')}" in told}
    found |= {route for route in routes if route.endswith(".csv") and f"`{route.removeprefix('GET ')}`" in told}
    assert routes - found <= UNSAID
