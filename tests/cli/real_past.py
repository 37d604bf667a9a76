"""A rule folder and a real Prometheus with a past, for commands that look back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.demo.prometheus import PrometheusServer

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
VALUES = {"B": "0.09", "C": "0.01", "H": "0.04", "N": "NaN", "M": ""}

KPIS = """
kpis:
  - {id: err, title: Errors, unit: ratio, better: lower,
     query: 'last_over_time(err{site=~"$sites"}[30s])', volume: 'last_over_time(vol{site=~"$sites"}[30s])'}
"""
RULES = """
rules:
  - {id: errors, kpi: err, op: ">", threshold: 0.05, sustain: {for: 5m}, recover: {threshold: 0.03, for: 3m},
     volume: {min: 100}, links: {dashboard: "https://g.example/{label}?from={from_ms}&to={to_ms}"},
     overrides: {sites: {lodz: {threshold: 0.02, recover: {for: 3m}}}}}
"""
PLAN = """
rollout: t
phases: [{id: pilot, sites: [ham-01, lodz], observation: 10d}]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, go_live: 2026-11-20T10:00:00Z, label: HAM}
  lodz: {name: Łódź, timezone: Europe/Warsaw, go_live: 2026-11-20T10:00:00Z, label: LDZ}
"""


def write_folder(folder: Path) -> Path:
    """Write the three files of a rule folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("kpis", KPIS), ("stop-rules", RULES), ("rollout", PLAN)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@contextmanager
def prometheus_with(folder: Path, past: dict[str, str], volumes: dict[str, str]) -> Iterator[str]:
    """Serve *past*, one letter a minute from `START` on by label, with a volume of 400, or 34 where there is an L."""
    lines = ["# TYPE err gauge"]
    for label, letters in past.items():
        lines += [f'err{{site="{label}"}} {VALUES[one]} {at}' for at, one in _minutes(letters) if VALUES[one]]
    lines.append("# TYPE vol gauge")
    for label, letters in volumes.items():
        lines += [f'vol{{site="{label}"}} {34 if one == "L" else 400} {at}' for at, one in _minutes(letters)]
    history = folder / "history.om"
    history.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    with PrometheusServer(folder / "server", openmetrics=history, retention="10y") as server:
        yield server.url


def _minutes(letters: str) -> Iterator[tuple[int, str]]:
    first = int(START.timestamp())
    return ((first + 60 * place, letter) for place, letter in enumerate(letters))


def run(words: Sequence[str], *, folder: Path, url: str) -> Result:
    """Run ``stopwatch`` with *words* in this process."""
    env = {
        "STOPWATCH_CONFIG": str(folder),
        "STOPWATCH_PROMETHEUS_URL": url,
        "STOPWATCH_DATABASE_URL": f"sqlite:///{folder}/records.db",
    }
    return CliRunner().invoke(main, list(words), env=env)
