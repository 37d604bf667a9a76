"""The Dockerfile keeps its promises as far as can be seen without building it; ``tests.deploy.container`` builds it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stopwatch import __version__
from tests.deploy.yaml_files import ROOT, VARIABLES

TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ORDERS = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
LAST_STAGE = ORDERS[max(n for n, line in enumerate(ORDERS) if line.startswith("FROM ")) :]


def orders(word: str) -> list[str]:
    """What follows *word* in the last stage."""
    return [line.removeprefix(f"{word} ") for line in LAST_STAGE if line.startswith(f"{word} ")]


def test_hadolint_finds_nothing_to_say() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--no-color", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_what_it_is_built_on_is_an_argument_and_no_digest_is_made_up() -> None:
    assert re.search(r"^ARG BASE=python:[\d.]+-slim-\w+$", TEXT, re.MULTILINE)
    assert {line for line in ORDERS if line.startswith("FROM")} == {"FROM ${BASE} AS build", "FROM ${BASE}"}
    assert "sha256:" not in TEXT.replace("sha256:…", "")
    assert "not pulled here" in TEXT


def test_it_runs_as_a_number_on_one_volume_and_is_stopped_and_asked_properly() -> None:
    assert orders("USER") == ["65532:65532"]
    assert orders("VOLUME") == ["/data"]
    assert orders("STOPSIGNAL") == ["SIGTERM"]
    assert len(orders("HEALTHCHECK")) == 1
    assert orders("ENTRYPOINT") == ['["stopwatch"]']
    assert orders("CMD") == ['["run"]']


def test_what_is_installed_has_hashes_and_nothing_that_installs_is_left() -> None:
    assert "--require-hashes" in TEXT
    assert "pip uninstall --yes pip" in TEXT
    assert orders("RUN") == ["install -d -o 65532 -g 65532 -m 0700 /data"]


def test_its_labels_and_settings_are_real() -> None:
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", TEXT))
    assert {"title", "description", "version", "revision"} <= labels
    assert f"ARG VERSION={__version__}" in ORDERS
    assert set(re.findall(r"STOPWATCH_\w+(?==)", TEXT)) - VARIABLES == set()


@pytest.mark.parametrize("name", ["requirements.txt", "stopwatch"])
def test_the_context_holds_what_is_copied_and_nothing_else(name: str) -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert f"!{name}" in lines
    assert {line for line in lines if line.startswith("!")} == {"!requirements.txt", "!stopwatch"}
