"""Gates on the page of metrics: the verdict of every phase that was judged, and of no other."""

from __future__ import annotations

from dataclasses import replace

from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.kpi import PhaseId
from stopwatch.core.status import GateStatus
from stopwatch.telemetry.metrics import Metrics
from tests.telemetry.pictures import NOW, picture


def test_a_gate_that_was_judged_has_its_verdict_and_one_that_was_not_has_no_series() -> None:
    metrics = Metrics(version="1.2.3", now=lambda: NOW)
    gates = (
        GateStatus(PhaseId("pilot"), GateVerdict.PASS, NOW, go=False),
        GateStatus(PhaseId("wave-1"), GateVerdict.NOT_PROVABLE, NOW),
    )
    metrics.observe_status(replace(picture(), standing=replace(picture().standing, gates=gates)))
    lines = [line for line in metrics.render().decode().splitlines() if line.startswith("stopwatch_gate_")]
    assert [line for line in lines if line.endswith(" 1.0")] == [
        'stopwatch_gate_state{phase="pilot",state="pass"} 1.0',
        'stopwatch_gate_state{phase="wave-1",state="not_provable"} 1.0',
    ]
    assert 'stopwatch_gate_go{phase="pilot"} 0.0' in lines
    assert not [line for line in lines if line.startswith('stopwatch_gate_go{phase="wave-1"')]
    metrics.observe_status(picture())
    assert "stopwatch_gate_state{" not in metrics.render().decode()
