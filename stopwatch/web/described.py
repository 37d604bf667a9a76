"""The application whose OpenAPI document says what is really answered."""

from typing import Any

from fastapi import FastAPI

from stopwatch.web.problem import MEDIA_TYPE

_FOREIGN = ("HTTPValidationError", "ValidationError")


class DescribedApp(FastAPI):
    """FastAPI, describing refusals as problems; by itself it documents a form of validation errors we never send."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, built once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["responses"] = _as_answered(operation["responses"])
            for name in _FOREIGN:
                document["components"]["schemas"].pop(name, None)
            self.openapi_schema = document
        return self.openapi_schema


def _as_answered(responses: dict[str, Any]) -> dict[str, Any]:
    """Drop FastAPI's own validation errors, and keep of a refusal's media types only the one that is sent."""
    kept = {}
    for status, response in responses.items():
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if str(schema.get("$ref", "")).endswith("/HTTPValidationError"):
            continue
        if MEDIA_TYPE in content:
            response = {**response, "content": {MEDIA_TYPE: {"schema": schema}}}  # noqa: PLW2901 – the rest stays as it is
        kept[status] = response
    return kept
