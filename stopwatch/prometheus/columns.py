"""Where the names and operators of an expression stand in its text, which the parser's tree does not tell."""

from __future__ import annotations

import re

from stopwatch.prometheus.sites import LITERAL_OR_COMMENT

_TOKEN = re.compile(
    r"""
    (?P<range>\[[^\]]*\])
  | (?P<braces>\{[^}]*\})
  | (?P<group>\b(?:by|without)\s*\([^)]*\))
  | (?P<match>\b(?:on|ignoring|group_left|group_right)\b\s*(?:\([^)]*\))?)
  | (?P<at>@\s*(?:(?:start|end)\s*\(\s*\)|[-+]?[\d.]+(?:e[-+]?\d+)?))
  | (?P<offset>\boffset\s+[-+]?\s*\w+)
  | (?P<bool>\bbool\b)
  | (?P<operator>\b(?:and|or|unless|atan2)\b(?!\s*:)|==|!=|<=|>=|[-+*/%^<>])
  | (?P<number>(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|nan)(?![\w:]))
  | (?P<name>[a-z_:][\w:]*)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<comma>,)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEFORE_A_SIGN = frozenset({"", "open", "comma", "operator", "bool", "match"})
_DEEPEST = 150


def blanked(expression: str) -> str:
    """Replace strings and comments by blanks, so that offsets stay."""
    return LITERAL_OR_COMMENT.sub(lambda found: " " * len(found[0]), expression)


def columns(expression: str) -> list[int]:
    """
    Offsets of whatever becomes a call, an aggregation, a selector or a binary operator, in the order of the text.

    That is also the order of a walk through the tree that visits an operator between its operands.
    """
    found, before = [], ""
    for token in _TOKEN.finditer(blanked(expression)):
        kind = str(token.lastgroup)
        sign = kind == "operator" and token[0] in "+-" and before in _BEFORE_A_SIGN
        nameless = kind == "braces" and before != "name"
        if kind == "name" or nameless or (kind == "operator" and not sign):
            found.append(token.start())
        before = "name" if nameless else kind
    return found


def too_deep(expression: str) -> bool:
    """Whether the tree could be so deep that the parser, which recurses in native code, would end the process."""
    depth = deepest = weight = 0
    for token in _TOKEN.finditer(blanked(expression)):
        if token.lastgroup == "open":
            depth += 1
            deepest = max(deepest, depth)
        elif token.lastgroup == "close":
            depth -= 1
        elif token.lastgroup == "operator" or (token.lastgroup == "range" and ":" in token[0]):
            weight += 1
    return deepest + weight > _DEEPEST
