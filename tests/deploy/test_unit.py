"""The systemd unit is understood by systemd and exposes little."""

import json
import re
import subprocess
from pathlib import Path

from stopwatch.config.settings import load_settings
from tests.deploy.yaml_files import DEPLOY, VARIABLES

UNIT = DEPLOY / "systemd" / "stopwatch.service"
TEXT = UNIT.read_text(encoding="utf-8")
MOST_EXPOSED = 2.0


def analyze(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"/opt/stopwatch/bin/\w+", "/bin/true", TEXT))  # the program need not be installed here
    checked = analyze("verify", "--man=no", unit)
    about_it = [line for line in checked.stderr.splitlines() if UNIT.name in line]
    assert (checked.returncode, about_it) == (0, [])


def test_it_is_exposed_less_than_two_of_ten() -> None:
    checked = analyze("security", "--offline=yes", "--no-pager", UNIT)
    found = re.search(r"Overall exposure level for stopwatch\.service: ([\d.]+)", checked.stdout)
    assert found, checked.stdout + checked.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_systemd_waits_for_it_watches_it_and_can_reload_it() -> None:
    values = dict(line.split("=", 1) for line in TEXT.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert (values["Type"], values["NotifyAccess"], values["Restart"]) == ("notify", "main", "always")
    assert "os.environ['MAINPID']" in values["ExecReload"]
    assert "signal.SIGHUP" in values["ExecReload"]
    assert float(values["WatchdogSec"].removesuffix("s")) > 0
    assert float(values["TimeoutStopSec"].removesuffix("s")) > 10


def test_its_environment_is_real() -> None:
    given = dict(re.findall(r"^Environment=(\w+)=(.+)$", TEXT, re.MULTILINE))
    ours = {name: value for name, value in given.items() if name in VARIABLES}
    assert given.keys() == ours.keys()
    assert json.dumps(str(load_settings(ours).config)) == '"/etc/stopwatch/rules"'
