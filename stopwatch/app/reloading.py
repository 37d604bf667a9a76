"""Reading the files anew while the daemon runs: on a signal, by the API, or because the folder's content changed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.keys import reload_keyring
from stopwatch.app.sending import slack_sender
from stopwatch.config.load import fingerprint, outlook
from stopwatch.core.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.scheduler import Job, Pulse
    from stopwatch.app.sending import SenderThread
    from stopwatch.app.systemd import Systemd
    from stopwatch.web.tokens import Keyring

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""How often it is looked whether the files look different: three calls of the system, less than events would cost."""
LOOKS_UNHASHED = 60
"""After so many looks the content is compared though the files look as before: some file systems keep time poorly."""
SETTLED_SECONDS = 1.0
"""Files that are still being copied are left alone until their content has stood still for so long."""
STOP_SECONDS = 2.0


class Reloading:
    """Swaps the daemon's whole rule set, or leaves it; safe to be called from several threads."""

    def __init__(
        self,
        daemon: Daemon,
        pulse: Pulse,
        *,
        jobs: Callable[[], Mapping[str, Job]],
        sender: SenderThread | None,
        systemd: Systemd,
        keyring: Keyring,
    ) -> None:
        """Let *pulse* follow the *jobs*, *sender* the plan and *keyring* the tokens in force; tell *systemd*."""
        self.daemon = daemon
        self._pulse = pulse
        self._jobs = jobs
        self._sender = sender
        self._systemd = systemd
        self._keyring = keyring

    def reload(self, *, by: str) -> None:
        """
        Read the tokens and the rule folder anew: all of it, or none; *by* says in the log who asked for it.

        Tokens come first, so that one is revoked although the rules are broken at that moment.

        Raises:
            ConfigurationError: A file cannot be used; the previous tokens, or the previous rule set, stay in force.
            StoreError: The records could not be read or written; the previous rule set stays in force.

        """
        self._systemd.reloading()
        try:
            reload_keyring(self._keyring, self.daemon, by=by)
            self.daemon.reload(by=by)
        except (ConfigurationError, StoreError):
            self._systemd.ready("the newest files were refused, the previous ones are in force")
            raise
        self._pulse.follow(self._jobs(), interval_seconds=self.daemon.pulse_seconds)
        sender = slack_sender(self.daemon)
        if self._sender is not None and sender is not None:
            self._sender.deliver_through(sender)
        self._systemd.ready(f"watching {len(self.daemon.rule_set.plan.sites)} sites")

    def quietly(self, *, by: str) -> None:
        """Reload where nobody waits for an answer; the log and the gauge tell what became of it."""
        try:
            self.reload(by=by)
        except (ConfigurationError, StoreError) as error:
            log.debug("reload.ended", by=by, kind=type(error).__name__)

    def changed(self) -> bool:
        """Tell whether the folder holds something else than what was last tried."""
        return fingerprint(self.daemon.settings.config) != self.daemon.tried


class FolderWatch:
    """
    Reloads when the content of the rule folder has changed, however that came about.

    What counts is a hash of the files, not an event: a Kubernetes ConfigMap swaps one symlink, an editor writes a file
    twice, and NFS tells nothing at all. It is taken when the files look different, and else now and then.
    """

    def __init__(self, folder: Path, reloading: Reloading) -> None:
        """Watch *folder*."""
        self._folder = folder
        self._reloading = reloading
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End, unless a reload is under way."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        known, unhashed = None, 0
        while not self._stop.wait(LOOK_SECONDS):
            found = outlook(self._folder)
            if found == known and unhashed < LOOKS_UNHASHED:
                unhashed += 1
                continue
            known, unhashed = found, 0
            self._look()

    def _look(self) -> None:
        if not self._reloading.changed():
            return
        before, content = "", fingerprint(self._folder)
        while content != before:
            if self._stop.wait(SETTLED_SECONDS):
                return
            before, content = content, fingerprint(self._folder)
        if self._reloading.changed():
            self._reloading.quietly(by="folder")
