"""Credentials lie in files that the plan names: they are sent to their own source, and shown nowhere."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from stopwatch.app.building import load, sources_of
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.config.settings import Settings, load_settings
from stopwatch.core.errors import ConfigurationError
from stopwatch.store.connect import open_store
from stopwatch.telemetry.logs import set_up_logs
from stopwatch.telemetry.metrics import Metrics
from tests.app.test_tenants import KPIS, PLAN, RULES
from tests.prometheus.scripted import ScriptedServer, Seen, http

TOKEN, PASSWORD = "eyJ-a-token-0123456789", "p:ss/w@rd 7%"
NORTH = "headers: {{X-Scope-OrgID: tenant-north}}"
EAST = "headers: {{X-Scope-OrgID: tenant-east}}"


def write(folder: Path, url: str, north: str, east: str) -> Settings:
    """Write a rule folder whose two sources are let in by *north* and *east*."""
    plan = PLAN.replace(NORTH, f"{NORTH}, {north}").replace(EAST, f"{EAST}, {east}").format(url=url)
    for name, text in (("kpis", KPIS), ("stop-rules", RULES), ("rollout", plan)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_settings({"STOPWATCH_CONFIG": str(folder)})


def echo(seen: Seen) -> bytes:
    """Refuse, and say what was sent, as a careless proxy may."""
    sent = seen.headers["authorization"]
    plain = base64.b64decode(sent.removeprefix("Basic ")).decode() if sent.startswith("Basic ") else ""
    return http(f'{{"status": "error", "error": "no: {sent} {plain}"}}', 401, "Content-Type: application/json")


def test_each_source_is_asked_with_its_own_credentials_which_no_log_or_metric_shows(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    password = tmp_path / "secrets" / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    with ScriptedServer(echo) as server:
        settings = write(tmp_path, server.url, "token_file: token", f"user: ida, password_file: {password}")
        set_up_logs(json=True, level="debug", stream=(log := io.StringIO()))
        store, clock = open_store(f"sqlite:///{tmp_path}/stopwatch.db"), Clock()
        metrics = Metrics(version="0", now=clock.now)
        daemon = Daemon(settings, store, clock, metrics)
        for source in daemon.source_names:
            daemon.tick(source)
        daemon.learn_versions()
        shown = metrics.render().decode()
        daemon.close()
        store.close()
    basic = base64.b64encode(f"ida:{PASSWORD}".encode()).decode()
    sent = {(seen.headers["x-scope-orgid"], seen.headers["authorization"]) for seen in server.seen}
    assert sent == {("tenant-north", f"Bearer {TOKEN}"), ("tenant-east", f"Basic {basic}")}
    set_up_logs(json=True, level="warning")
    told = shown + log.getvalue()
    assert "evaluation.failed" in told
    assert [secret for secret in (TOKEN, PASSWORD, basic) if secret in told] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file or directory", id="no file"),
        pytest.param(b"\n", "it is empty", id="nothing in it"),
        pytest.param(b"hunter2\nhunter3\n", "it holds more than one line", id="two lines"),
        pytest.param(b"\xff\xfe", "it is not UTF-8 text", id="no text"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_without_its_content(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    settings = write(tmp_path, "http://127.0.0.1:1", "token_file: token", "user: ida, password_file: token")
    with pytest.raises(ConfigurationError) as refused:
        sources_of(load(tmp_path), settings, Clock())
    assert str(refused.value) == f"sources.north.token_file: {tmp_path}/token cannot be read: {reason}"


def test_a_reload_reads_the_files_anew(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first-token", encoding="utf-8")
    with ScriptedServer(echo) as server:
        settings = write(tmp_path, server.url, "token_file: token", "token_file: token")
        store, clock = open_store(f"sqlite:///{tmp_path}/stopwatch.db"), Clock()
        daemon = Daemon(settings, store, clock, Metrics(version="0", now=clock.now))
        daemon.tick("north")
        (tmp_path / "token").write_text("second-token", encoding="utf-8")
        daemon.reload(by="signal")
        daemon.tick("north")
        daemon.close()
        store.close()
    assert list(dict.fromkeys(seen.headers["authorization"] for seen in server.seen)) == [
        "Bearer first-token",
        "Bearer second-token",
    ]
