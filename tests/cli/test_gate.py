"""The gate of a site on the command line: what closes it by its exit code, what it cannot see by its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.records import Activation, StateRow
from stopwatch.core.sample import Absence
from stopwatch.core.state import rearmed
from stopwatch.store.connect import open_store
from tests.stories.world import write_rules

SITE = SiteId("ham-01")
ROLLOUT = "story"
LIVE = datetime(2026, 11, 20, tzinfo=UTC)


def gate(
    folder: Path, go_live: datetime, *, activated: bool = True, state: tuple[str, Absence | None] | None
) -> Result:
    """Ask for the gate of a site with a rule in that *state*."""
    rules = write_rules(folder / "rules", {SITE: "pilot"}, go_live)
    url = f"sqlite:///{folder}/stopwatch.db"
    store = open_store(url)
    with store.writing() as tx:
        if activated:
            tx.save_activation(Activation(ROLLOUT, SITE, go_live, "test", go_live))
        if state is not None:
            known = replace(rearmed(go_live), no_data=state[1])
            tx.save_state(StateRow(ROLLOUT, SITE, RuleId("load-high"), known, go_live, "0" * 64, state[0], ()))
    store.close()
    environment = {"STOPWATCH_CONFIG": str(rules), "STOPWATCH_DATABASE_URL": url}
    return CliRunner().invoke(main, ["gate", SITE], env=environment, prog_name="stopwatch")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(("ok", None), "", id="seen"),
        pytest.param(("breached", None), "", id="breached, and observed only"),
        pytest.param(("no_data", Absence.MISSING), "  not seen there now: load-high no data\n", id="no data"),
        pytest.param(("no_data", Absence.LOW_VOLUME), "", id="a quiet night"),
        pytest.param(("error", None), "  not seen there now: load-high error\n", id="queries fail"),
        pytest.param(None, "  not seen there now: load-high never judged\n", id="never judged"),
    ],
)
def test_an_open_gate_says_what_nobody_would_see(
    tmp_path: Path, state: tuple[str, Absence | None] | None, said: str
) -> None:
    result = gate(tmp_path, LIVE, state=state)
    assert (result.exit_code, result.stdout) == (0, f"open: nothing holds ham-01\n{said}")


def test_a_site_that_is_not_live_is_seen_by_nobody(tmp_path: Path) -> None:
    result = gate(tmp_path, datetime(2099, 1, 1, 6, tzinfo=UTC), activated=False, state=None)
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (
        0,
        ["  not seen there now: goes live 2099-01-01 06:00 UTC"],
    )
