"""
Builds the image from a debootstrapped base and runs it as its orders say; ``./check --long`` calls it as root.

Everything happens in a mount namespace of its own, below one temporary folder:
``unshare --mount .venv/bin/python -m tests.deploy.container [ROOT]``, where ROOT is a root that was made before.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from stopwatch.demo.prometheus import free_port

ROOT = Path(__file__).parents[2]
IMAGE, NAME = "localhost/stopwatch-check", "stopwatch-check"
SUITE = "bookworm"
UID = 65532
STOP_SECONDS = 10
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
"""Lower than ours: podman's own are higher, which a machine without CAP_SYS_RESOURCE may not set."""


def say(words: str) -> None:
    """Tell what is done now."""
    sys.stdout.write(f"container: {words}\n")
    sys.stdout.flush()


def run(*command: str | Path, **more: object) -> str:
    """Run a command to its end and return what it wrote; what went wrong is shown as it was said."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload] # handed through
    if done.returncode:
        raise SystemExit(
            f"container: {command} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    written: str = done.stdout
    return written


class Engineless:
    """Buildah and podman with everything they keep below *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        places = ["--root", str(folder / "storage"), "--runroot", str(folder / "run")]
        self._places = [*places, "--storage-driver", "vfs"]

    def buildah(self, *words: str | Path) -> str:
        """Call buildah."""
        return run("buildah", *self._places, *words)

    def podman(self, *words: str | Path) -> str:
        """Call podman."""
        own = ["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--tmpdir", str(self.folder / "tmp")]
        return run("podman", *self._places, *own, *words)


def make_root(folder: Path, *more: str) -> Path:
    """Bootstrap a slim Debian, with *more* packages and the wheels that the requirements name: a build asks nobody."""
    root = folder / "root"
    say(f"bootstrapping Debian {SUITE}")
    run(
        "debootstrap",
        "--variant=minbase",
        f"--include={','.join(('python3', 'python3-venv', 'ca-certificates', *more))}",
        SUITE,
        root,
    )
    found = run("chroot", root, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    say(f"fetching the wheels of requirements.txt for Python {found}")
    wanted = [
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--python-version",
        found,
        "-r",
        str(ROOT / "requirements.txt"),
    ]
    run(sys.executable, "-m", "pip", "download", "-q", *wanted, "-d", root / "wheels")
    (root / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    return root


def build(tools: Engineless, root: Path) -> None:
    """Make the base from *root* and the image from the base."""
    say("building the image")
    ground = tools.buildah("from", "scratch").strip()
    tools.buildah("copy", "-q", ground, root, "/")
    tools.buildah("commit", "-q", ground, f"{IMAGE}-base")
    tools.buildah(
        "bud", "--format", "docker", "--isolation", "chroot",
        "--build-arg", f"BASE={IMAGE}-base", "--tag", IMAGE, "--file", ROOT / "Dockerfile", ROOT,
    )  # fmt: skip


def expect(good: bool, words: str) -> None:  # noqa: FBT001 – read as a sentence: expect(it is so, these words)
    """Go on if it is so."""
    if not good:
        raise SystemExit(f"container: expected that {words}")
    say(f"good: {words}")


def inspect_image(tools: Engineless) -> None:
    """Look at what the image says of itself."""
    (told,) = json.loads(tools.podman("image", "inspect", IMAGE))
    config = told["Config"]
    expect(config["User"] == f"{UID}:{UID}", "it runs as nobody in particular")
    expect(list(config["Volumes"]) == ["/data"], "it has one volume")
    expect(config["StopSignal"] == "SIGTERM", "it is stopped by SIGTERM")
    expect(bool(told.get("Healthcheck") or config.get("Healthcheck")), "it can be asked how it does")
    expect("org.opencontainers.image.version" in config["Labels"], "it is labelled")
    say(f"size: {told['Size'] / 1e6:.0f} MB with its base")


def soon(what: str, tell: Callable[[], object], *, seconds: int = 60) -> None:
    """Wait until *tell* is true."""
    for _ in range(seconds * 5):
        if tell():
            say(f"good: {what}")
            return
        time.sleep(0.2)
    raise SystemExit(f"container: did not happen within {seconds} s: {what}")


def get(url: str) -> str:
    """What an address answers, nothing if it does not."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 – our own http address
            body: bytes = answer.read()
            return body.decode()
    except (OSError, urllib.error.URLError):
        return ""


def mounts(folder: Path) -> list[str]:
    """The rules, a token and the volume, each as the image expects it."""
    etc, data = folder / "etc", folder / "data"
    (etc / "rules").mkdir(parents=True)
    for name in ("kpis.yaml", "stop-rules.yaml", "rollout.yaml"):
        shutil.copy(ROOT / "rules" / name, etc / "rules" / name)
    token = run(sys.executable, "-m", "stopwatch", "token", "check", "--scope", "read", cwd=ROOT)
    (etc / "tokens.yaml").write_text(f"tokens:\n{token}")
    data.mkdir(mode=0o700)
    os.chown(data, UID, UID)
    return ["--volume", f"{etc}:/etc/stopwatch:ro", "--volume", f"{data}:/data"]


def start(tools: Engineless, given: Sequence[str], port: int) -> None:
    """Start the daemon with a root that cannot be written and no rights at all."""
    tools.podman(
        "run", "--detach", "--name", NAME, "--read-only", "--read-only-tmpfs=false", "--network", "host",
        "--cap-drop", "all", "--security-opt", "no-new-privileges", *LIMITS, "--no-healthcheck", *given,
        "--env", f"STOPWATCH_LISTEN=127.0.0.1:{port}",
        "--env", "STOPWATCH_PROMETHEUS_URL=http://127.0.0.1:9",
        "--env", "STOPWATCH_API_TOKENS_FILE=/etc/stopwatch/tokens.yaml",
        IMAGE,
    )  # fmt: skip


def try_it(tools: Engineless) -> None:
    """Run the image, ask it everything, stop it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start(tools, mounts(tools.folder), port)
    try:
        soon("it lives", lambda: '"live":true' in get(f"{url}/-/healthy").replace(" ", ""))
        expect("stopwatch_build_info" in get(f"{url}/metrics"), "its metrics are answered")
        tools.podman("exec", NAME, *health_command(tools))
        expect(True, "its own health check is good")  # noqa: FBT003 – the call above would have ended us
        expect("ham-01" in tools.podman("exec", NAME, "stopwatch", "status"), "commands inside it see its records")
        wrote = subprocess.run(
            ["podman", *tools._places, "--runtime", "runc", "exec", NAME, "touch", "/opt/x"],  # noqa: SLF001 – the exit code is what counts
            capture_output=True, check=False,
        )  # fmt: skip
        expect(wrote.returncode != 0, "nothing but the volume can be written")
        began = time.monotonic()
        tools.podman("stop", "--time", str(STOP_SECONDS), NAME)
        (state,) = json.loads(tools.podman("inspect", NAME))
        expect(state["State"]["ExitCode"] == 0, f"SIGTERM ended it well after {time.monotonic() - began:.1f} s")
        expect((tools.folder / "data" / "stopwatch.db").exists(), "its records are on the volume")
    finally:
        say(f"the log:\n{tools.podman('logs', NAME)[-1500:]}")
        tools.podman("rm", "--force", NAME)


def health_command(tools: Engineless) -> list[str]:
    """The command by which the image is asked how it does."""
    (told,) = json.loads(tools.podman("image", "inspect", IMAGE))
    words: list[str] = (told.get("Healthcheck") or told["Config"]["Healthcheck"])["Test"]
    return words[1:]


def main() -> None:
    """Do all of it."""
    folder = Path(tempfile.mkdtemp(prefix="stopwatch-container-"))
    os.environ["TMPDIR"] = str(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    tools = Engineless(folder)
    try:
        root = Path(sys.argv[1]) if sys.argv[1:] else make_root(folder)
        build(tools, root)
        inspect_image(tools)
        try_it(tools)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("all good")


if __name__ == "__main__":
    main()
