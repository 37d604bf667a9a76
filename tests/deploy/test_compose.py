"""The compose file names only what exists, shows nothing beyond this machine, and keeps secrets in files."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stopwatch.config.settings import Settings, load_settings
from tests.deploy.yaml_files import DEPLOY, ROOT, VARIABLES, documents

FILE = DEPLOY / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
(COMPOSE,) = documents(TEXT)
PROGRAMS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = PROGRAMS["stopwatch"]


def test_the_file_is_what_the_compose_specification_demands() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_everything_an_operator_needs_is_there_and_postgresql_only_when_asked_for() -> None:
    assert PROGRAMS.keys() == {"stopwatch", "prometheus", "alertmanager", "grafana", "postgres"}
    assert [name for name, program in PROGRAMS.items() if program.get("profiles")] == ["postgres"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_mounted_exists(name: str) -> None:
    for mount in PROGRAMS[name]["volumes"]:
        source, _, _target = mount.partition(":")
        if source.startswith("."):
            assert (DEPLOY / source).is_dir(), f"{source} is no folder; single files would never change inside"
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]
    for secret in PROGRAMS[name].get("secrets", []):
        assert COMPOSE["secrets"][secret]["file"].startswith("./secrets/")


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_this_machine_reaches_it(name: str) -> None:
    assert [port for port in PROGRAMS[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "stopwatch"])
def test_an_image_of_others_has_a_version_is_said_not_to_be_pulled_and_has_no_made_up_digest(name: str) -> None:
    image = PROGRAMS[name]["image"]
    assert re.fullmatch(r"[\w/]+:v?\d+\.\d+(\.\d+)?", image)
    assert f"image: {image} # not pulled here" in TEXT


def test_what_prometheus_and_alertmanager_are_told_to_read_is_there() -> None:
    assert (DEPLOY / "prometheus" / "prometheus.yml").is_file()
    told = (DEPLOY / "alertmanager" / "alertmanager.yml").resolve()
    checked = subprocess.run(["amtool", "check-config", told], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_grafana_finds_its_dashboards_where_the_provider_looks() -> None:
    (provider,) = documents((DEPLOY / "grafana" / "provisioning" / "dashboards" / "stopwatch.yml").read_text())
    targets = {mount.split(":")[1] for mount in PROGRAMS["grafana"]["volumes"]}
    assert provider["providers"][0]["options"]["path"] in targets


def test_ours_has_real_settings_that_fit_together(tmp_path: Path) -> None:
    given: dict[str, str] = OURS["environment"]
    assert given.keys() - VARIABLES == set()
    read = {name: value for name, value in given.items() if not name.endswith("_FILE")}
    for name in given.keys() - read.keys():
        (tmp_path / name).write_text("xapp-1" if "APP_TOKEN" in name else "xoxb-1")
        read[name] = given[name] if name == "STOPWATCH_API_TOKENS_FILE" else str(tmp_path / name)
    settings = load_settings(read)
    assert isinstance(settings, Settings)
    assert not settings.listen.loopback
    secrets = {name.rpartition("/")[2] for name in given.values() if name.startswith("/run/secrets/")}
    assert secrets == set(OURS["secrets"])


def test_no_secret_stands_in_the_file() -> None:
    named = {name: value for program in PROGRAMS.values() for name, value in program.get("environment", {}).items()}
    told = {name for name in named if re.search(r"TOKEN|PASSWORD|SECRET", name)}
    assert {name for name in told if not name.endswith("_FILE")} == set()


def test_ours_runs_as_the_image_means_it_with_a_root_that_cannot_be_written() -> None:
    assert (OURS["user"], OURS["read_only"], OURS["cap_drop"]) == ("65532:65532", True, ["ALL"])
    assert OURS["security_opt"] == ["no-new-privileges:true"]
    assert (ROOT / OURS["build"]["dockerfile"]).is_file()
    assert int(OURS["stop_grace_period"].removesuffix("s")) > 10
