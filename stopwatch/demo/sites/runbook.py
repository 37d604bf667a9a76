"""The runbook that the demo's rules link to, section by section."""

from __future__ import annotations

from pathlib import Path

RUNBOOK = Path(__file__).resolve().parent.parent / "rules" / "runbook.md"


def section(rule: str) -> str | None:
    """Give the section about *rule* as Markdown, None if there is none."""
    for part in RUNBOOK.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        if title.strip() == rule:
            return f"# {title.strip()}\n\n{body.strip()}\n"
    return None
