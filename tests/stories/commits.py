"""What is on the disk after each commit of one opening, cut out of the log of writes; and what of it Slack was told."""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.store.connect import open_store
from tests.stories.traced import half_written

_HEADER, _FRAME = 32, 24
_WRITTEN = re.compile(r"^pwrite64\(\d+<[^>]*-wal>, .*, (\d+), (\d+)\) = \d+$")


@dataclass(frozen=True, slots=True)
class Post:
    """A message that leaves: its *line* of the trace, how long the log of writes was, and whether it was synced."""

    line: str
    written: int
    synced: bool


def posts(trace: str, port: int) -> list[Post]:
    """Return what was posted to Slack, which listens at *port*."""
    found, written, dirty = [], 0, False
    for line in trace.splitlines():
        call = line.partition("(")[0]
        if wrote := _WRITTEN.match(line):
            written, dirty = int(wrote[1]) + int(wrote[2]), True
        elif call in {"fdatasync", "fsync"} and "-wal>" in line:
            dirty = False
        elif call == "sendto" and f"->127.0.0.1:{port}]" in line and "POST /api/chat.postMessage" in line:
            found.append(Post(line, written, not dirty))
    return found


def out_of_order(folder: Path, sent: list[Post]) -> list[str]:
    """
    Say what is wrong with the order in which an opening, kept in *folder*, was recorded and told.

    A post that leaves before everything written is on the disk; a commit after which a decision has no card in the
    outbox; a post whose card the disk does not hold as one of unknown end.
    """
    found = [f"left before the log of writes was on the disk: {post.line}" for post in sent if not post.synced]
    for end in commits(folder / "written" / "stopwatch.db-wal"):
        found += half_written(_as_of(folder, end))
    for post in sent:
        held = cards(_as_of(folder, post.written))
        found += [] if held == [OutboxState.UNKNOWN] else [f"cards as one was posted: {held}"]
    return found


def commits(log: Path) -> Iterator[int]:
    """Yield the length of SQLite's write-ahead *log* after each commit (sqlite.org/fileformat2.html#walformat)."""
    raw = log.read_bytes()
    page, salt = struct.unpack_from(">I", raw, 8)[0], raw[16:24]
    for start in range(_HEADER, len(raw), _FRAME + page):
        _number, pages_after_commit = struct.unpack_from(">II", raw, start)
        if raw[start + 8 : start + 16] == salt and pages_after_commit:
            yield start + _FRAME + page


def _as_of(folder: Path, end: int) -> str:
    """Return the address of the records as they were when their log of writes was so long."""
    cut = folder / f"as-of-{end}"
    cut.mkdir(exist_ok=True)
    shutil.copy(folder / "written" / "stopwatch.db", cut)
    log = (folder / "written" / "stopwatch.db-wal").read_bytes()
    (cut / "stopwatch.db-wal").write_bytes(log[:end])
    return f"sqlite:///{cut}/stopwatch.db"


def cards(url: str) -> list[OutboxState]:
    """Return how the cards stand in the outbox."""
    store = open_store(url)
    try:
        return [row.state for row in store.rows() if row.message.kind is MessageKind.ROOT]
    finally:
        store.close()
