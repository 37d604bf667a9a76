"""The application whose OpenAPI document says what is really answered."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from stopwatch.web.api import bodies, issue_shapes, models, readiness_shapes
from stopwatch.web.api import issues as issue_api
from stopwatch.web.api.problem import MEDIA_TYPE

_FOREIGN = ("HTTPValidationError", "ValidationError")
_JSON = "application/json"
_EXAMPLES: dict[str, Any] = {
    name: extra["examples"]
    for module in (models, bodies, issue_shapes, issue_api, readiness_shapes)
    for name, shape in vars(module).items()
    if isinstance(shape, type)
    and issubclass(shape, BaseModel)
    and isinstance(extra := shape.model_config.get("json_schema_extra"), dict)
}

TAGS = [
    {"name": "read", "description": "Status, decisions and gates; scope `read`."},
    {"name": "acts", "description": "What people do to a decision, with the revision they saw; scope `act`."},
    {"name": "intake", "description": "Stops that no rule finds: declared by people, or by alerts; scope `act`."},
    {"name": "issues", "description": "The issue log of hypercare; scope `act`."},
    {"name": "probes", "description": "What machines ask; no token."},
    {"name": "administration", "description": "What changes the daemon itself; scope `admin`."},
]


class DescribedApp(FastAPI):
    """
    FastAPI, describing refusals as problems; by itself it documents a form of validation errors we never send.

    *open_to_all* tells that no tokens file is set, so that reading and administration need no token.
    """

    open_to_all = False

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, built once."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            for name in _FOREIGN:
                schemas.pop(name, None)
            for name, schema in schemas.items():
                if name in _EXAMPLES:
                    schema["examples"] = _EXAMPLES[name]  # FastAPI has taken the nulls out of them
            for operations in document["paths"].values():
                for operation in operations.values():
                    self._describe(operation, schemas)
            self.openapi_schema = document
        return self.openapi_schema

    def _describe(self, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
        responses = {status: _as_answered(response) for status, response in operation["responses"].items()}
        kept = {status: response for status, response in responses.items() if response is not None}
        operation["responses"] = dict(sorted(kept.items()))
        for part in (*kept.values(), operation.get("requestBody", {})):
            for media in part.get("content", {}).values():
                _exemplify(media, schemas)
        if self.open_to_all and operation.get("security") and operation["security"] != [{"token": ["act"]}]:
            operation["security"].append({})


def _as_answered(response: dict[str, Any]) -> dict[str, Any] | None:
    """Return a response without what is never sent: FastAPI's own validation errors, and refusals as plain JSON."""
    content = response.get("content", {})
    schema = content.get(_JSON, {}).get("schema", {})
    if str(schema.get("$ref", "")).endswith("/HTTPValidationError"):
        return None
    if MEDIA_TYPE in content:
        return {**response, "content": {MEDIA_TYPE: {"schema": schema, **content[MEDIA_TYPE]}}}
    return response


def _exemplify(media: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give a body the example of its schema, where it has none of its own."""
    name = str(media.get("schema", {}).get("$ref", "")).rsplit("/", 1)[-1]
    found = schemas.get(name, {}).get("examples", [])
    if found and "example" not in media:
        media["example"] = found[0]
