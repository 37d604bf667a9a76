"""Test files read and run: for each its complaints, or its tests with what was not met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.trial_file import read_trial_file
from stopwatch.watch.trial.findings import run_trial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stopwatch.config.complaint import Complaint
    from stopwatch.config.trial_values import Inputs, Trial
    from stopwatch.core.kpi import Kpi, KpiId
    from stopwatch.watch.trial.findings import Finding


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
    """Read and run the test file at *path*; raw series are read by a Prometheus that runs meanwhile."""
    try:
        file = read_trial_file(path)
    except ComplaintsError as error:
        return FileRun(path, complaints=error.complaints)
    runs: list[TrialRun] = []
    complaints: list[Complaint] = []
    for trial in file.trials:
        parts = [trial] if trial.inputs is None else _with_queries_run(trial, trial.inputs, file.kpis, complaints)
        findings = [finding for part in parts for finding in run_trial(part, file.kpis)]
        runs.append(TrialRun(trial.name, trial.line, tuple(findings)))
    return FileRun(path, complaints=tuple(complaints)) if complaints else FileRun(path, tuple(runs))


def _with_queries_run(
    trial: Trial, inputs: Inputs, kpis: Mapping[KpiId, Kpi], complaints: list[Complaint]
) -> list[Trial]:
    # Only such tests need to know the launcher of Prometheus and its client.
    from stopwatch.app.querying import InputsUnusableError, with_queries_run

    try:
        return with_queries_run(trial, kpis)
    except InputsUnusableError as error:
        complaints.append(inputs.place.complaint(error.code, str(error), error.hint))
        return []
