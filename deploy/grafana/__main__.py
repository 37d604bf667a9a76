"""Writes every dashboard as JSON beside this file."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana import hypercare_wall, site, stopwatch_itself
from deploy.grafana.parts import Json

FOLDER = Path(__file__).parent / "dashboards"


def dashboards() -> dict[str, Json]:
    """Return every dashboard by the name of its file."""
    found = (hypercare_wall.dashboard(), site.dashboard(), stopwatch_itself.dashboard())
    return {f"{page['uid']}.json": page for page in found}


def written(page: Json) -> str:
    """Return a dashboard as its file holds it."""
    return json.dumps(page, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them, and remove what is written no more."""
    found = dashboards()
    for path in FOLDER.glob("*.json"):
        if path.name not in found:
            path.unlink()
    for name, page in found.items():
        (FOLDER / name).write_text(written(page), encoding="utf-8")


if __name__ == "__main__":
    main()
