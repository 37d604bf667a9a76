"""Deployment files as plain values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stopwatch.config.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {f"STOPWATCH_{name.upper()}" for name in Settings.model_fields} | {
    f"STOPWATCH_{name.upper()}_FILE" for name in SECRETS
}
"""Every variable that the daemon knows."""


def documents(text: str) -> list[Any]:
    """All documents of a YAML text, with anchors and merges resolved, as JSON would hold them."""
    from ruamel.yaml import YAML  # noqa: PLC0415 – the rules of the house allow it in one room; tests read other people's YAML

    loaded = list(YAML(typ="safe", pure=True).load_all(text))
    return list(json.loads(json.dumps(loaded, default=str)))
