"""Grafana's own types accept every dashboard, for the oldest and the newest version that we name."""

from pathlib import Path

import pytest

from deploy.grafana.__main__ import dashboards
from tests.deploy.typescript import complaints, npm_folder

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("schema", ["11.6.0", "13.2.3"])
def test_grafanas_own_types_accept_every_dashboard(tmp_path: Path, schema: str) -> None:
    folder = npm_folder(tmp_path, schema)
    assert complaints(folder, dashboards().values()) == ""
    wrong = {**dashboards()["stopwatch-site.json"], "refresh": 30}
    assert "TS2322" in complaints(folder, [wrong])
    assert {path.name for path in folder.iterdir()} == {"node_modules", "dashboards.ts"}
