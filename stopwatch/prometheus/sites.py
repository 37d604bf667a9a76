"""``$sites`` in a query becomes a regular expression of the watched label values, safe inside its quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LITERAL_OR_COMMENT = re.compile(r"""(?s)"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*""")
"""A PromQL string in any of its quotes, or a comment."""

_PLACEHOLDER = re.compile(r"\$sites(?![A-Za-z0-9_])")
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")


def uses_sites(expression: str) -> bool:
    """Tell whether *expression* names ``$sites`` inside a string."""
    return any(_PLACEHOLDER.search(found[0]) for found in LITERAL_OR_COMMENT.finditer(expression) if found[0][0] != "#")


def expand(expression: str, values: Iterable[str]) -> str:
    """
    Replace ``$sites`` inside the strings of *expression* by an alternation that matches exactly *values*.

    Outside a string it is left alone: there it would be code, and Prometheus refuses it.
    """
    if "$sites" not in expression:
        return expression
    pattern = "|".join(_META.sub(r"\\\g<0>", value) for value in sorted(values))

    def within(found: re.Match[str]) -> str:
        literal = found[0]
        if literal[0] == "#":
            return literal
        quoted = _quote(pattern, literal[0])
        return _PLACEHOLDER.sub(lambda _: quoted, literal)

    return LITERAL_OR_COMMENT.sub(within, expression)


def _quote(text: str, quote: str) -> str:
    """Escape *text* for a PromQL string in *quote*; back quotes know no escapes, so the regex carries it."""
    if quote == "`":
        return text.replace("`", r"\x60").replace("\r", r"\r")
    return text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")
