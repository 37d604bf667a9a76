"""
Boots a small Debian in systemd-nspawn and runs the unit there; ``./check --long`` calls it as root.

``unshare --mount .venv/bin/python -m tests.deploy.nspawn [ROOT]``, where ROOT has systemd and /wheels already.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stopwatch.demo.prometheus import free_port
from tests.deploy.container import ROOT, expect, get, make_root, run, say, soon

VENV = "/opt/stopwatch"
SYSTEM = "etc/systemd/system"
SYSTEMD = ("systemd", "systemd-sysv", "dbus")


def inside(root: Path, *command: str) -> str:
    """Run a command in *root*, where pip asks whom the root says and nobody that the caller's shell names."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return run("chroot", root, *command, env=known)


def install(root: Path, port: int) -> None:
    """Install the program and its unit as the head of the unit says, with a watchdog that does not take a minute."""
    say("installing the program and its unit")
    shutil.copy(ROOT / "requirements.txt", root / "requirements.txt")
    inside(root, "python3", "-m", "venv", VENV)
    inside(root, f"{VENV}/bin/pip", "install", "-q", "--require-hashes", "-r", "/requirements.txt")
    site = inside(root, f"{VENV}/bin/python", "-c", "import site; print(site.getsitepackages()[0])").strip()
    shutil.copytree(ROOT / "stopwatch", root / site[1:] / "stopwatch", dirs_exist_ok=True)
    program = root / VENV[1:] / "bin" / "stopwatch"
    program.write_text(f"#!{VENV}/bin/python\nfrom stopwatch.cli import main\n\nmain()\n")
    program.chmod(0o755)
    rules = root / "etc/stopwatch/rules"
    rules.mkdir(parents=True, exist_ok=True)
    for name in ("kpis.yaml", "stop-rules.yaml", "rollout.yaml"):
        shutil.copy(ROOT / "rules" / name, rules / name)
    settings = f"STOPWATCH_PROMETHEUS_URL=http://127.0.0.1:9\nSTOPWATCH_LISTEN=127.0.0.1:{port}\n"
    (rules.parent / "environment").write_text(settings + "STOPWATCH_WATCH_CONFIG=false\n")
    shutil.copy(ROOT / "deploy/systemd/stopwatch.service", root / SYSTEM / "stopwatch.service")
    wanted, quicker = root / SYSTEM / "multi-user.target.wants", root / SYSTEM / "stopwatch.service.d"
    wanted.mkdir(exist_ok=True)
    quicker.mkdir(exist_ok=True)
    (wanted / "stopwatch.service").unlink(missing_ok=True)
    (wanted / "stopwatch.service").symlink_to(f"/{SYSTEM}/stopwatch.service")
    (quicker / "quicker.conf").write_text("[Service]\nWatchdogSec=6s\nRestartSec=1s\n")


class Machine:
    """A booted machine, spoken to from outside through its first process."""

    def __init__(self, init: int) -> None:
        self._init = init

    def systemctl(self, *words: str) -> str:
        """Call systemctl inside."""
        return run("nsenter", "--target", str(self._init), "--all", "systemctl", "--no-pager", *words)

    def shown(self, name: str) -> str:
        """A property of the unit."""
        return self.systemctl("show", "stopwatch", "--value", "--property", name).strip()

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the daemon."""
        self.systemctl("kill", "--kill-who=main", f"--signal={number.name}", "stopwatch")


@contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """Boot *root* as long as the block lasts."""
    say("booting")
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--boot", "--register=no", "--keep-unit"]
    started = subprocess.Popen(
        [*command, "--console=pipe"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    try:
        soon("its first process runs", lambda: children.read_text().split())
        yield Machine(int(children.read_text().split()[0]))
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            started.send_signal(number)
            try:
                started.wait(20)
                break
            except subprocess.TimeoutExpired:
                continue


def try_it(machine: Machine, root: Path, port: int) -> None:
    """Start, reload well and badly, freeze, stop."""
    url = f"http://127.0.0.1:{port}"
    soon("the unit is up and evaluates", lambda: '"live":true' in get(f"{url}/-/healthy").replace(" ", ""))
    soon("systemd was told so", lambda: machine.shown("ActiveState") == "active")
    expect(machine.shown("StatusText").startswith("watching "), "systemctl status says what it watches")
    expect((root / "var/lib/private/stopwatch/stopwatch.db").exists(), "its records lie in its state folder")
    rules = root / "etc/stopwatch/rules/stop-rules.yaml"
    good = rules.read_text()
    rules.write_text("rules: 5")
    machine.systemctl("reload", "stopwatch")
    soon("a refused reload is told", lambda: "refused" in machine.shown("StatusText"))
    rules.write_text(good)
    machine.systemctl("reload", "stopwatch")
    soon("a good one too", lambda: machine.shown("StatusText").startswith("watching "))
    frozen = machine.shown("MainPID")
    machine.kill(signal.SIGSTOP)
    soon("a frozen daemon is replaced", lambda: machine.shown("MainPID") not in {frozen, "0"})
    soon("the new one is up", lambda: machine.shown("ActiveState") == "active")
    machine.systemctl("stop", "stopwatch")
    expect(machine.shown("Result") == "success", "it is stopped well")


def main() -> None:
    """Do all of it."""
    folder = Path(tempfile.mkdtemp(prefix="stopwatch-nspawn-"))
    os.environ["TMPDIR"] = str(folder)
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    port = free_port()
    try:
        root = Path(sys.argv[1]) if sys.argv[1:] else make_root(folder, *SYSTEMD)
        install(root, port)
        with booted(root) as machine:
            try_it(machine, root, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("all good")


if __name__ == "__main__":
    main()
