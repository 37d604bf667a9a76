"""Reading the files anew while the daemon runs: on a signal, by the API, or because the folder's content changed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
import watchfiles

from stopwatch.app.keys import reload_keyring
from stopwatch.app.sending import slack_sender
from stopwatch.config.load import fingerprint
from stopwatch.core.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.scheduler import Pulse
    from stopwatch.app.sending import SenderThread
    from stopwatch.app.systemd import Systemd
    from stopwatch.web.tokens import Keyring

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""How often the content is compared where the file system tells of no change, such as on NFS."""
SETTLED_SECONDS = 1.0
"""Files that are still being copied are left alone until their content has stood still for so long."""
STEP_MILLISECONDS = 250
"""How often the wait for an event looks whether it is to end; each look takes the interpreter's lock."""
STOP_SECONDS = 2.0


class Reloading:
    """Swaps the daemon's whole rule set, or leaves it; safe to be called from several threads."""

    def __init__(
        self,
        daemon: Daemon,
        pulse: Pulse,
        *,
        jobs: Callable[[], Mapping[str, Callable[[], None]]],
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

    What counts is a hash of the files, not the event: a Kubernetes ConfigMap swaps one symlink, an editor writes a file
    twice, and NFS tells nothing at all.
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
        while not self._stop.is_set():
            try:
                self._follow()
            except (
                OSError
            ) as error:  # the folder is gone, or the system has no watches left: what is there is looked at
                log.debug("folder.unwatched", folder=str(self._folder), detail=str(error))
                if not self._stop.wait(LOOK_SECONDS):
                    self._look()

    def _follow(self) -> None:
        """Look after each event, and every `LOOK_SECONDS` without one."""
        for _changes in watchfiles.watch(
            self._folder,
            watch_filter=None,
            recursive=False,
            stop_event=self._stop,
            rust_timeout=int(LOOK_SECONDS * 1000),
            step=STEP_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            self._look()
            if not self._folder.is_dir():
                return

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
