"""Where the records of one opening lie, life after life: files, perhaps on a small disk, or databases of a server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.store.postgres import Cluster
from tests.stories.disks import PAGE, fill

NAME = "stopwatch.db"


class Records(Protocol):
    """What a life is recorded in; *folder* is that of the life."""

    def address(self, folder: Path) -> str:
        """Return the database's address."""

    def remember(self, folder: Path) -> None:
        """Let every further life begin with what is recorded now."""

    def begin(self, folder: Path) -> None:
        """Let a life begin with what was remembered."""

    def keep(self, folder: Path) -> None:
        """Keep what stands on the disk now, where that can be copied."""


@dataclass(slots=True)
class Files:
    """SQLite, in the folder of each life or on a *disk* of its own, which can be full."""

    disk: Path | None = None
    remembered: Path | None = None

    def address(self, folder: Path) -> str:
        """Return the file's address."""
        return f"sqlite:///{self._file(folder)}"

    def remember(self, folder: Path) -> None:
        """Copy the file."""
        self.remembered = folder / "remembered.db"
        shutil.move(self._file(folder), self.remembered)

    def begin(self, folder: Path) -> None:
        """Copy the file back."""
        assert self.remembered is not None
        shutil.copy(self.remembered, self._file(folder))

    def keep(self, folder: Path) -> None:
        """Copy the file and its log of writes."""
        written = folder / "written"
        written.mkdir()
        for file in self._file(folder).parent.glob(f"{NAME}*"):
            shutil.copy(file, written)

    @contextmanager
    def filled(self, pages: int) -> Iterator[None]:
        """Leave room for so many *pages* on the disk as long as the block lasts."""
        assert self.disk is not None
        filler = fill(self.disk)
        os.truncate(filler, max(0, filler.stat().st_size - pages * PAGE))
        try:
            yield
        finally:
            filler.unlink()

    def _file(self, folder: Path) -> Path:
        return (self.disk or folder) / NAME


@dataclass(slots=True)
class Databases:
    """PostgreSQL, a database for each life; they go with their *server*."""

    server: Cluster
    names: dict[Path, str] = field(default_factory=dict)
    template: str = "template0"
    _numbers: Iterator[int] = field(default_factory=count)

    def address(self, folder: Path) -> str:
        """Return the address of the life's own database."""
        if folder not in self.names:
            self.begin(folder)
        return self.server.address(self.names[folder])

    def remember(self, folder: Path) -> None:
        """Take the life's database as template."""
        self.template = self.names[folder]

    def begin(self, folder: Path) -> None:
        """Make a database like the template."""
        self.names[folder] = self.server.make(f"life_{next(self._numbers)}", self.template)

    def keep(self, folder: Path) -> None:
        """Keep nothing: what a server has on its disk is its own affair."""
