"""Test files read and run: for each its complaints, or its tests with what was not met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import read_trial_file
from stopwatch.watch.trial_findings import run_trial

if TYPE_CHECKING:
    from pathlib import Path

    from stopwatch.config.complaint import Complaint
    from stopwatch.watch.trial_findings import Finding


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One test and what was not met; *line* is where it begins."""

    name: str
    line: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FileRun:
    """One file: its tests in order, or why it cannot be used."""

    path: Path
    runs: tuple[TrialRun, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(bool(run.findings) for run in self.runs)


def run_file(path: Path) -> FileRun:
    """Read and run the test file at *path*."""
    try:
        file = read_trial_file(path)
    except ComplaintsError as error:
        return FileRun(path, complaints=error.complaints)
    runs = tuple(TrialRun(trial.name, trial.line, tuple(run_trial(trial, file.kpis))) for trial in file.trials)
    return FileRun(path, runs)
