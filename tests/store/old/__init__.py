"""Databases as earlier versions really left them; a new revision adds a test upon them and never changes one."""

import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent

ROLLOUT = "story"
FIRST = "0001"
"""Left by the first version while Slack was down: a decision was acknowledged, its card was tried six times."""
DECISION = "ham-01-20261122T015720Z"
CARD = f"{DECISION}/root/C0HYPERCARE"


def restore(file: Path, revision: str = FIRST) -> Path:
    """Write the database that a version of *revision* left to *file*."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((FOLDER / f"{revision}.sql").read_text(encoding="utf-8"))
    return file
