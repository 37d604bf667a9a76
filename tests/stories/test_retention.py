"""A daemon with a retention lets samples go that were filed; one without never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stopwatch.core.decision import DecisionState
from stopwatch.core.records import AuditEntry
from stopwatch.core.retention import EXPORTED
from stopwatch.store.connect import open_store
from tests.store.values import T0, acted, decision, entry
from tests.stories.world import daemon, eventually, settings_for, write_rules

BODY = '{"conditions":[{"kpi":"load","values":[1.0],"volumes":null}]}'


@pytest.mark.parametrize("retention", [pytest.param("30d", id="thirty days"), pytest.param(None, id="for ever")])
def test_samples_go_while_the_daemon_runs_or_never(tmp_path: Path, retention: str | None) -> None:
    store = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    ended = acted(decision(), DecisionState.RESUMED, at=T0 - timedelta(days=400))
    with store.writing() as tx:
        tx.save_decision(ended, rev_before=None)
        tx.save_evidence("a" * 64, BODY, T0)
        tx.audit(entry("decision.open", decision=ended.id, evidence="a" * 64))
        tx.audit(AuditEntry(T0, "cli:eva", "cli", EXPORTED, ended.id, details={"sums": "5" * 64}))
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime(2099, 1, 1, tzinfo=UTC))
    settings = settings_for(tmp_path, rules, "http://127.0.0.1:9", retention=retention)
    with daemon(settings) as (running, _api):

        def left() -> bool:
            with store.reading() as view:
                return view.pruned("a" * 64) is not None

        if retention is None:
            eventually("a whole round of chores", lambda: running.metrics.outbox is not None)
            assert not left()
        else:
            eventually("samples are pruned", left)
    store.close()
