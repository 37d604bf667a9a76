"""
JSON Schemas of the rule files, so that editors complete and validate while a person writes.

``python -m stopwatch.config.schema rules/schema`` writes them anew.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stopwatch.config.fields import ID_PATTERN
from stopwatch.config.kpi_model import KpisFile
from stopwatch.config.plan_model import RolloutFile
from stopwatch.config.rule_model import IDENTITY_KEYS, StopRulesFile

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """Return the text of each schema by the name of its file."""
    built = {
        "kpis.schema.json": _schema(KpisFile),
        "stop-rules.schema.json": _with_overrides(_schema(StopRulesFile)),
        "rollout.schema.json": _with_ids(_schema(RolloutFile)),
    }
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in built.items()}


def _schema(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(by_alias=True)
    _drop_titles(schema)
    return {"$schema": DIALECT, **schema}


def _drop_titles(node: object) -> None:
    """Remove the titles that pydantic derives from names; they only repeat the key."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for child in node.values():
            _drop_titles(child)
    elif isinstance(node, list):
        for child in node:
            _drop_titles(child)


def _with_overrides(schema: Schema) -> Schema:
    """Say what an override may hold: every key of a rule but those that identify it, none of them required."""
    definitions = schema["$defs"]
    override = copy.deepcopy(definitions["RuleModel"])
    override["description"] = "Keys of the rule that differ here; each replaces the rule's key whole."
    override.pop("required", None)
    for key in IDENTITY_KEYS:
        override["properties"].pop(key, None)
    for key in override["properties"].values():
        key.pop("default", None)
    definitions["RuleOverride"] = override
    for scope in definitions["OverridesModel"]["properties"].values():
        scope["additionalProperties"] = {"$ref": "#/$defs/RuleOverride"}
    return schema


def _with_ids(schema: Schema) -> Schema:
    """Say what the keys of sites and sources look like."""
    for section in ("sites", "sources"):
        schema["properties"][section]["propertyNames"] = {"pattern": ID_PATTERN}
    return schema


def write(folder: Path) -> None:
    """Write all schemas into *folder*, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "rules/schema"))
