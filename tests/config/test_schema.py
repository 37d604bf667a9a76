"""The schemas that editors read say the same as the loader."""

import json
from pathlib import Path
from typing import Any

import pytest

from stopwatch.config.load import FILES
from stopwatch.config.rule_model import IDENTITY_KEYS, RuleModel
from stopwatch.config.schema import schemas

RULES = Path(__file__).parents[2] / "rules"


@pytest.mark.parametrize("name", schemas())
def test_the_schemas_in_the_repository_are_current(name: str) -> None:
    written = (RULES / "schema" / name).read_text(encoding="utf-8")
    assert written == schemas()[name], "write them anew with: python -m stopwatch.config.schema rules/schema"


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_files_name_their_schema(name: str) -> None:
    first = (RULES / name).read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./schema/{name.removesuffix('.yaml')}.schema.json"


def test_an_override_may_hold_every_key_that_does_not_identify_the_rule() -> None:
    override: dict[str, Any] = json.loads(schemas()["stop-rules.schema.json"])["$defs"]["RuleOverride"]
    assert override["properties"].keys() == RuleModel.model_fields.keys() - IDENTITY_KEYS
    assert "required" not in override
    assert override["additionalProperties"] is False
