"""A series as promtool writes it, ``name{label="value"}``, read into its labels."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from stopwatch.config.series import SeriesError
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "__name__"
"""The label that holds the metric's name."""

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(
    r"""\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*(?P<value>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)\s*""",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


def parse_series_name(text: str) -> Mapping[str, str]:
    """
    Return the labels of the series *text*, its metric under `NAME`; a label with an empty value is no label.

    Raises:
        SeriesError: It is no series with a metric's name, or names a label twice.

    """
    labels: dict[str, str] = {}
    begin = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    metric = _METRIC.match(text, begin, end)
    if metric is not None:
        labels[NAME] = metric[0]
        begin = metric.end()
    rest = text[begin:end].lstrip()
    if rest:
        start = end - len(rest)
        if not (rest.startswith("{") and rest.endswith("}")):
            raise SeriesError(f"{shown(rest)} is no list of labels in braces", start, len(rest))
        _read_labels(text, start + 1, end - 1, labels)
    if not _METRIC.fullmatch(labels.get(NAME, "")):
        raise SeriesError("a series needs the name of a metric", 0, max(1, len(text)))
    return MappingProxyType({name: value for name, value in labels.items() if value})


def _read_labels(text: str, at: int, end: int, labels: dict[str, str]) -> None:
    """Add what stands between the braces, from *at* up to *end*; a comma may end it."""
    while text[at:end].strip():
        label = _LABEL.match(text, at, end)
        if label is None or (label.end() < end and text[label.end()] != ","):
            raise SeriesError('labels are written as name="value", with commas between them', at, end - at)
        if label["name"] in labels:
            raise SeriesError(f"the label {shown(label['name'])} is given twice", label.start("name"), 1)
        labels[label["name"]] = _plain(label["value"], label.start("value"))
        at = label.end() + 1


def _plain(quoted: str, at: int) -> str:
    """Return what the string *quoted*, which begins at *at*, stands for."""
    if quoted[0] == "`":
        return quoted[1:-1]
    odd = next((found for found in _ESCAPE.finditer(quoted) if found[1] not in _ESCAPED), None)
    if odd is not None:
        raise SeriesError(f"{shown(odd[0])} stands for nothing in a label's value", at + odd.start(), 2)
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], quoted[1:-1])
