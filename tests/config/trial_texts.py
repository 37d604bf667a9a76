"""Test files of stop rules as texts: written, read, and complained about."""

from __future__ import annotations

from pathlib import Path

import pytest

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import TrialFile, read_trial_file
from stopwatch.core.kpi import KpiId

RULES = 'rules: [{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 10m}, step: 60s}]\n'
V = KpiId("v")
SHIPPED = Path(__file__).parents[2] / "rules"


def read(folder: Path, text: str, name: str = "trial.yaml") -> TrialFile:
    path = folder / name
    path.write_text(text)
    return read_trial_file(path)


def complaints(folder: Path, text: str) -> list[str]:
    """Return line:column code of every complaint about *text*."""
    with pytest.raises(ComplaintsError) as caught:
        read(folder, text)
    return [f"{one.line}:{one.column} {one.code}" for one in caught.value.complaints]


def one_test(body: str) -> str:
    """A file whose only test says *body*, which begins in line 3, column 5."""
    return f"{RULES}tests:\n  - {body}\n"
