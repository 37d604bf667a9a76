"""The recipes of the documents ask the daemon that runs, as GitHub Actions, Argo Rollouts and Flagger would."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from stopwatch.cli import main
from stopwatch.config.settings import Settings
from tests.stories.world import daemon, eventually, prometheus, settings_for, write_rules

pytestmark = pytest.mark.slow

SITES = {"ham-01": "pilot", "lodz": "wave-1"}
DOCUMENT = Path(__file__).parents[2] / "deploy" / "README.md"


def recipe(number: int) -> Any:  # noqa: ANN401 -- any YAML
    """Return the recipe of that number under Pipelines: 0 GitHub Actions, 1 Argo Rollouts, 2 Flagger."""
    section = DOCUMENT.read_text().partition("## Pipelines")[2].partition("\n## ")[0]
    return YAML(typ="safe", pure=True).load(re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL)[number])


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon on an hour of calm."""

    settings: Settings
    url: str
    folder: Path

    def shell(self, *words: str) -> tuple[int, str]:
        """Run a command beside the daemon."""
        url = self.settings.prometheus_url
        environment = {
            "STOPWATCH_CONFIG": str(self.settings.config),
            "STOPWATCH_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "STOPWATCH_PROMETHEUS_URL": url.get_secret_value() if url else "",
        }
        result = CliRunner().invoke(main, list(words), env=environment, prog_name="stopwatch")
        return result.exit_code, result.output

    def curl(self, url: str, *words: str) -> tuple[int, Any]:
        """Ask with curl; returns status and JSON. The host of the recipe is replaced by the daemon's."""
        here = re.sub(r"^https?://[^/]+", self.url, url)
        command = ["curl", "-sS", "-w", "\n%{http_code}", *words, here]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def github(self) -> tuple[int, str]:
        """Run the step that asks; returns its exit code and the summary."""
        step = recipe(0)["jobs"]["lodz"]["steps"][0]
        summary = self.folder / "summary.md"
        summary.write_text("")
        env = {"STOPWATCH": self.url, "TOKEN": "t", "GITHUB_STEP_SUMMARY": str(summary), "PATH": "/usr/bin:/bin"}
        command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=self.folder, env=env, timeout=30, check=False)
        return done.returncode, summary.read_text()

    def argo(self) -> tuple[int, str]:
        """Measure as the web metric does; returns the status and what its path finds."""
        web = recipe(1)["spec"]["metrics"][0]["provider"]["web"]
        (header,) = web["headers"]
        told = header["value"].replace("{{args.token}}", "t")
        url = web["url"].replace("{{args.site}}", "lodz")
        status, body = self.curl(url, "-H", f"{header['key']}: {told}")
        name = re.fullmatch(r"\{\$\.(\w+)\}", web["jsonPath"])
        assert name is not None
        return status, f"result == {json.dumps(body[name[1]])}"

    def flagger(self) -> list[int]:
        """POST what Flagger posts to each webhook; returns the statuses."""
        payload = {"name": "wms", "namespace": "prod", "phase": "Progressing", "checksum": "85d557f47b"}
        words = ("-H", "Content-Type: application/json", "-d", json.dumps(payload))
        return [self.curl(hook["url"], *words)[0] for hook in recipe(2)["spec"]["analysis"]["webhooks"]]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("pipelines")
    begin = int(time.time()) - 60
    calm: dict[str, list[float | None]] = {site: [3.0] * 600 for site in SITES}
    rules = write_rules(folder / "rules", SITES, datetime.fromtimestamp(begin, UTC) + timedelta(seconds=5))
    with prometheus(folder / "tsdb", calm, begin) as server:
        settings = settings_for(folder, rules, server.url)
        with daemon(settings) as (_daemon, api):
            eventually("an evaluation", lambda: api.get("/api/v1/status")["last_evaluation"])
            yield Running(settings, api.url, folder)


def test_each_recipe_goes_on_while_the_gate_is_open_and_stops_with_the_reason_when_it_closes(here: Running) -> None:
    success = recipe(1)["spec"]["metrics"][0]["successCondition"]
    assert here.github() == (0, "")
    assert here.argo() == (200, success)
    assert here.flagger() == [200, 200]
    code, output = here.shell("pause", "ham-01", "--criterion", "operational-blocker", "--reason", "the belt stands")
    assert code == 0, output
    code, summary = here.github()
    assert code == 1
    assert "earlier phase pilot has a live decision" in summary
    assert here.argo() == (200, success.replace("true", "false"))
    assert here.flagger() == [409, 409]


def test_the_gate_of_a_phase_answers_by_its_newest_judgement(here: Running) -> None:
    status, never = here.curl(f"{here.url}/api/v1/gates/wave-1")
    assert (status, never["judgement"]) == (409, None)
    assert never["reasons"][-1]["text"] == "wave-1 was never judged; run: stopwatch gate wave-1"
    assert here.shell("gate", "wave-1")[0] == 1
    status, answer = here.curl(f"{here.url}/api/v1/gates/wave-1")
    assert (status, answer["judgement"]["verdict"], answer["call"]) == (409, "not_provable", None)
    assert any("too short for 1 d; to pass: long enough at" in reason["text"] for reason in answer["reasons"])
    assert here.shell("gate", "wave-1", "--no-go", "--reason", "too early")[0] == 0
    _, answer = here.curl(f"{here.url}/api/v1/gates/wave-1")
    assert (answer["call"]["go"], answer["call"]["against"]) == (False, False)

    def gauges() -> bool:
        page = httpx.get(f"{here.url}/metrics", timeout=10).text
        return (
            'stopwatch_gate_state{phase="wave-1",state="not_provable"} 1.0' in page
            and 'stopwatch_gate_go{phase="wave-1"} 0.0' in page
        )

    eventually("the gauges tell of the judgement", gauges)
