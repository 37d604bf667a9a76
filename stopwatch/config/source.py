"""A file's text with its lines, and places in it that a complaint can point at."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Complaint, Weight

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 1 << 20
"""A rule file may be one MiB; whatever is larger was not written by a person."""
WIDEST_EXCERPT = 160
"""Of a longer line, so many characters are shown."""

_SECRET = re.compile(
    r"authorization|bearer|xox[a-z]-|xapp-|sha256|password|passwd|secret|token|api[-_]?key|cookie|://[^/\s]*@",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """The text of the file called *name*, its newlines unified."""

    name: str
    body: str
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Note where each line begins."""
        starts = [0, *(match.end() for match in re.finditer("\n", self.body))]
        object.__setattr__(self, "_starts", starts)

    def locate(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 1) of the character at *offset*."""
        offset = max(0, min(offset, len(self.body)))
        row = bisect_right(self._starts, offset)
        return row, offset - self._starts[row - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line *number* (from 1) without its newline."""
        start = self._starts[number - 1]
        end = self.body.find("\n", start)
        return self.body[start : len(self.body) if end < 0 else end]

    def place(self, start: int, end: int | None = None) -> Place:
        """Return the place from *start* up to *end* (one character without it)."""
        return Place(self, start, start + 1 if end is None else end)


@dataclass(frozen=True, slots=True)
class Place:
    """The characters *start* … *end* − 1 of a text."""

    text: Text = field(repr=False)
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line it begins in, from 1."""
        return self.text.locate(self.start)[0]

    def complaint(self, code: str, message: str, hint: str = "", *, severity: Weight = Weight.ERROR) -> Complaint:
        """Make a complaint that points here; a line that may hold a secret is not quoted."""
        line, column = self.text.locate(self.start)
        excerpt = self.text.line(line)
        excerpt, lead = ("", 0) if _SECRET.search(excerpt) else _clipped(excerpt, column - 1)
        length = max(1, min(self.end - self.start, len(excerpt) - lead))
        return Complaint(self.text.name, line, column, code, message, hint, severity, excerpt, length, lead)


def _clipped(line: str, at: int) -> tuple[str, int]:
    """Return *line*, or of a long one what stands around *at*, and where *at* is in that."""
    if len(line) <= WIDEST_EXCERPT:
        return line, at
    start = max(0, min(at - WIDEST_EXCERPT // 2, len(line) - WIDEST_EXCERPT))
    end = start + WIDEST_EXCERPT
    left, right = "…" if start else "", "…" if end < len(line) else ""
    return f"{left}{line[start:end]}{right}", at - start + len(left)


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes | Complaint:
    """Read the file at *path* if it holds no more than *most* bytes, or say why that cannot be done."""
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        return Complaint(name, 1, 1, "file-missing", "there is no such file", _folder_hint(path))
    except IsADirectoryError:
        return Complaint(name, 1, 1, "file-is-folder", "this is a folder, not a file", "put a YAML file in its place")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the path is unusable"
        return Complaint(
            name, 1, 1, "file-unreadable", f"cannot be read: {reason}", "check the path and its permissions"
        )
    if len(data) > most:
        hint = "a rule file is written by people; generate smaller files or remove what does not belong here"
        return Complaint(name, 1, 1, "file-too-large", f"the file is larger than {most >> 20} MiB", hint)
    return data


def _folder_hint(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} either; name the right one with --config or STOPWATCH_CONFIG"
    return f"add {path.name} to {path.parent}"


def decode(name: str, data: bytes) -> Text | Complaint:
    """Decode UTF-8 *data* (a byte order mark is dropped, newlines are unified), or say where it is not UTF-8."""
    try:
        body = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = Text(name, data[: error.start].decode("utf-8-sig", errors="replace").replace("\r\n", "\n"))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return good.place(len(good.body)).complaint("not-utf-8", message, "save the file as UTF-8")
    return Text(name, body.replace("\r\n", "\n").replace("\r", "\n"))
