"""The whole daemon on a real VictoriaMetrics that demands a login: from the breach in its data to a person's act."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from stopwatch.cli import main
from stopwatch.config.settings import Settings
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.reading import Query
from tests.prometheus.conftest import HAM, MakeSource
from tests.prometheus.conftest import make_source as make_source  # noqa: PLC0414 – a fixture of another room's tests
from tests.prometheus.victoria import fill, victoria
from tests.stories.world import HOLD, QUERY, RECOVER, at, daemon, eventually, history, settings_for, write_rules

LOGIN = ("ida", "p:ss/w@rd 7%")
CALM, HIGH = 3.0, 42.0
PAST = 60
"""How many seconds of history lie before the start."""
OFFSET = 30
"""VictoriaMetrics's own -search.latencyOffset, in seconds."""


def shell(settings: Settings, *words: str) -> tuple[int, str]:
    """Run a command as a person would."""
    environment = {
        "STOPWATCH_CONFIG": str(settings.config),
        "STOPWATCH_DATABASE_URL": settings.database_url.get_secret_value(),
        "STOPWATCH_PROMETHEUS_URL": settings.prometheus_url.get_secret_value() if settings.prometheus_url else "",
    }
    result = CliRunner().invoke(main, list(words), env=environment, prog_name="stopwatch")
    return result.exit_code, result.output


@pytest.mark.slow
def test_a_breach_becomes_a_decision_that_replay_confirms_and_the_password_is_shown_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    begin = int(time.time()) - PAST
    values = [HIGH if 20 <= second < 35 or second >= PAST + 12 else CALM for second in range(PAST + 90)]
    rules = write_rules(tmp_path / "rules", {"ham-01": "pilot"}, datetime.fromtimestamp(begin, UTC))
    plan = json.loads((rules / "rollout.yaml").read_text())
    plan["sources"] = {"default": {"user": LOGIN[0], "password_file": "../password"}}
    (rules / "rollout.yaml").write_text(json.dumps(plan))
    (tmp_path / "password").write_text(LOGIN[1])
    with victoria(tmp_path / "victoria", "-search.latencyOffset=1s", login=LOGIN) as url:
        fill(url, history(tmp_path / "history.om", {"ham-01": values}, begin), login=LOGIN)
        settings = settings_for(tmp_path, rules, url).model_copy(update={"log_level": "debug"})
        with daemon(settings) as (_daemon, api):
            first = eventually("the past breach is found", api.decisions)[0]
            assert first["opened_at"] == at(begin + 20 + HOLD)
            assert first["grounds"][0]["recovered_at"] == at(begin + 35 + RECOVER)
            grounds = eventually(
                "the coming one joins it", lambda: (two := api.decisions()[0]["grounds"])[1:] and two, seconds=120
            )
            assert grounds[1]["opened_at"] == at(begin + PAST + 12 + HOLD)
            assert shell(settings, "decisions", "confirm", first["id"], "--actor", "ida")[0] == 0
            shown = json.dumps(api.decisions()) + httpx.get(f"{api.url}/metrics", timeout=60).text
        code, replayed = shell(settings, "replay", "--start", at(begin), "--end", at(begin + PAST), "--format", "json")
        assert (code, [one["opened_at"] for one in json.loads(replayed)["breaches"]]) == (0, [first["opened_at"]])
        shown += shell(settings, "evidence", "show", first["id"])[1] + shell(settings, "audit", "export")[1]
    assert url in shown, "evidence names where it comes from"
    shown += "".join(capfd.readouterr()) + str(settings)
    basic = base64.b64encode(":".join(LOGIN).encode()).decode()
    assert [secret for secret in (LOGIN[1], basic) if secret in shown] == []


def test_the_newest_half_minute_is_repeated_so_the_evaluation_delay_must_be_longer(
    make_source: MakeSource, tmp_path: Path
) -> None:
    now = int(time.time())
    with victoria(tmp_path / "victoria") as url:
        fill(url, history(tmp_path / "history.om", {"HAM": [float(second) for second in range(101)]}, now - 80))
        span = SlotRange(Grid(timedelta(seconds=1)), now - 60, now - 1)
        read = make_source(url).read(Query(QUERY, "site", {"HAM": HAM}), span, deadline_seconds=20).series[HAM]
    true = [float(second) for second in range(20, 80)]
    settled = 60 - OFFSET - 2
    assert list(read[:settled]) == true[:settled]
    assert len(set(read[-10:])) == 1
