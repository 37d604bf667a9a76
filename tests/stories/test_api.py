"""The whole daemon as programs meet it: keys, tokens, Alertmanager's own payload, and the examples of the documents."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from stopwatch.config.settings import Settings
from stopwatch.core.errors import ConfigurationError
from tests.notify.alertmanager import alertmanager
from tests.stories.world import Api, daemon, eventually, settings_for, write_rules
from tests.web.test_server import half_open

pytestmark = pytest.mark.slow

NOBODY = "http://127.0.0.1:9"
"""Where no Prometheus listens: what is told here needs no data."""
SITES = {"ham-01": "pilot", "lodz": "wave-1"}
STOP = {"site": "ham-01", "criterion": "sev1", "reason": "nothing ships"}
DOCUMENTS = Path(__file__).parents[2] / "deploy" / "README.md"


def line(name: str, scope: str) -> str:
    return f"- {{name: {name}, sha256: {hashlib.sha256(name.encode()).hexdigest()}, scopes: [{scope}]}}\n"


TOKENS = {"reader": line("reader", "read"), "actor": line("actor", "act"), "admin": line("admin", "admin")}


@dataclass(frozen=True)
class Place:
    """A folder with rules and tokens, and the settings of a daemon on it."""

    folder: Path
    settings: Settings

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.yaml"

    @contextlib.contextmanager
    def running(self) -> Iterator[httpx.Client]:
        """Run the daemon; the client shows the token *actor*."""
        with daemon(self.settings) as (_daemon, api), client(api, "actor") as made:
            yield made


def client(api: Api, token: str) -> httpx.Client:
    return httpx.Client(base_url=api.url, headers={"Authorization": f"Bearer {token}"}, timeout=20, trust_env=False)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    rules = write_rules(tmp_path / "rules", SITES, datetime.now(UTC) - timedelta(minutes=1))
    (tmp_path / "tokens.yaml").write_text("tokens:\n" + "".join(TOKENS.values()))
    return Place(tmp_path, settings_for(tmp_path, rules, NOBODY, api_tokens_file=tmp_path / "tokens.yaml"))


def test_a_request_with_a_key_is_done_once_also_after_a_restart(place: Place) -> None:
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    with place.running() as actor:
        first = actor.post("/api/v1/pauses", json=STOP, headers=key)
        assert first.status_code == 201
        refused = actor.post("/api/v1/pauses", json=STOP | {"reason": "another"}, headers=key)
        assert refused.status_code == 422
    with place.running() as actor:
        again = actor.post("/api/v1/pauses", json=STOP, headers=key)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        (decision,) = actor.get("/api/v1/decisions").json()["decisions"]
        assert len(decision["grounds"]) == 1


def test_the_same_key_at_the_same_time_opens_one_ground(place: Place) -> None:
    with place.running() as actor, ThreadPoolExecutor(16) as crowd:
        sent = [
            crowd.submit(actor.post, "/api/v1/pauses", json=STOP, headers={"Idempotency-Key": "one"}) for _ in range(16)
        ]
        statuses = {each.result().status_code for each in sent}
        assert statuses <= {201, 409}
        assert actor.post("/api/v1/pauses", json=STOP, headers={"Idempotency-Key": "one"}).status_code == 201
        (decision,) = actor.get("/api/v1/decisions").json()["decisions"]
        assert len(decision["grounds"]) == 1


def test_a_refused_request_may_be_sent_again_with_its_key(place: Place) -> None:
    key = {"Idempotency-Key": "resume"}
    with place.running() as actor:
        decision = actor.post("/api/v1/pauses", json=STOP).json()
        path, body = f"/api/v1/decisions/{decision['id']}", {"rev": 1, "reason": "over", "category": "false_alarm"}
        assert actor.post(f"{path}/dismiss", json=body | {"rev": 2}, headers=key).status_code == 409
        ended = actor.post(f"{path}/dismiss", json=body, headers=key)
        assert (ended.status_code, ended.json()["state"]) == (200, "dismissed")


def test_tokens_follow_their_file_on_reload_and_a_broken_file_changes_nothing(place: Place) -> None:
    with place.running() as actor:

        def reload() -> int:
            return actor.post("/-/reload", headers=bearer("admin")).status_code

        def reads(token: str) -> int:
            return actor.get("/api/v1/status", headers=bearer(token)).status_code

        assert (reads("reader"), reads("late")) == (200, 401)
        place.tokens.write_text("tokens:\n" + TOKENS["admin"] + line("late", "read"))
        assert (reads("reader"), reads("late")) == (200, 401), "nothing counts before the reload"
        assert reload() == 200
        assert (reads("reader"), reads("late"), reads("actor")) == (401, 200, 401)
        place.tokens.write_text("tokens: [{name: late}]\n")
        refused = actor.post("/-/reload", headers=bearer("admin"))
        assert (refused.status_code, "tokens.yaml:1:" in refused.json()["detail"]) == (422, True)
        assert (reads("late"), reads("admin")) == (200, 200)
        assert "stopwatch_config_last_reload_successful 0" in actor.get("/metrics").text


def test_a_token_is_revoked_although_the_rules_are_broken(place: Place) -> None:
    with place.running() as actor:
        place.tokens.write_text("tokens:\n" + TOKENS["admin"])
        (place.settings.config / "stop-rules.yaml").write_text("rules: [")
        assert actor.post("/-/reload", headers=bearer("admin")).status_code == 422
        assert actor.get("/api/v1/status").status_code == 401


def test_an_unusable_tokens_file_is_told_before_the_database_is_touched(place: Place) -> None:
    place.tokens.write_text("tokens: 7\n")
    with pytest.raises(ConfigurationError, match=r"tokens\.yaml:1"), place.running():
        pass
    assert not (place.folder / "stopwatch.db").exists()


def test_an_empty_tokens_file_opens_nothing(place: Place) -> None:
    place.tokens.write_text("tokens: []\n")
    with place.running() as actor:
        assert actor.get("/api/v1/status").status_code == 401
        assert actor.post("/-/reload").status_code == 401


def test_alertmanagers_own_payload_pauses_and_its_resolution_resolves_the_ground(place: Place) -> None:
    with place.running() as actor:
        configuration = f"""
route: {{receiver: stopwatch, group_wait: 1s, group_interval: 1s}}
receivers:
  - name: stopwatch
    webhook_configs:
      - url: {actor.base_url}/api/v1/alerts
        http_config: {{authorization: {{credentials: actor}}}}
"""
        with alertmanager(place.folder, configuration) as alerts:
            now = datetime.now(UTC)
            alert = {
                "labels": {"alertname": "Sev1", "site": "ham-01", "criterion": "sev1"},
                "annotations": {"summary": "nothing ships"},
                "generatorURL": "http://prometheus.example/graph",
                "startsAt": now.isoformat(),
            }
            foreign = alert | {"labels": {"alertname": "Disk", "site": "MUC", "criterion": "disk"}}
            httpx.post(f"{alerts.url}/api/v2/alerts", json=[alert, foreign], timeout=60).raise_for_status()

            def decisions() -> list[dict[str, object]]:
                found: list[dict[str, object]] = actor.get("/api/v1/decisions").json()["decisions"]
                return found

            eventually("the site is paused", decisions)
            assert actor.get("/api/v1/gates/ham-01").status_code == 409
            ended = alert | {"endsAt": datetime.now(UTC).isoformat()}
            httpx.post(f"{alerts.url}/api/v2/alerts", json=[ended], timeout=60).raise_for_status()
            eventually(
                "the ground is resolved",
                lambda: '"resolved_at":null' not in json.dumps(decisions(), separators=(",", ":")),
            )
            (decision,) = decisions()
            assert isinstance(decision["grounds"], list)
            (ground,) = decision["grounds"]
            assert (decision["site"], ground["criterion"], decision["state"]) == ("ham-01", "sev1", "open")
            assert ground["links"] == [{"kind": "alert", "url": "http://prometheus.example/graph"}]


def test_the_examples_of_the_documents_do_what_they_say(place: Place) -> None:
    section = DOCUMENTS.read_text().partition("### By example")[2].partition("\n## ")[0]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL))
    assert script.count("curl ") >= 5
    with place.running() as actor:
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=place.folder,
            env={"STOPWATCH": str(actor.base_url), "TOKEN": "actor", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        (decision,) = actor.get("/api/v1/decisions").json()["decisions"]
        acts = [act["act"] for act in decision["acts"]]
    assert acts == ["acknowledge", "attach", "resolve", "dismiss"]
    assert json.loads((place.folder / "gate.json").read_text())["site"] == "ham-01"
    assert ended.stdout.splitlines()[-1].split("\t")[1] == "dismissed"


def test_half_open_connections_keep_neither_metrics_nor_evaluation_from_going_on(place: Place) -> None:
    with place.running() as actor, half_open(place.settings.listen.port, 500):

        def evaluated() -> float:
            page = httpx.get(f"{actor.base_url}/metrics", trust_env=False, timeout=20).text
            found = re.search(r"^stopwatch_last_evaluation_timestamp_seconds (\S+)", page, re.MULTILINE)
            return float(found[1]) if found else 0.0

        before = eventually("an evaluation", evaluated)
        assert eventually("the next evaluation", lambda: evaluated() > before, seconds=30)
