"""Foreign text made safe for Slack's mark-up: clipped first, then defused, then escaped."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

JOINER = "\u2060"
"""WORD JOINER: invisible, no space, no break; it keeps Slack from reading what follows as mark-up."""

_SPACE = re.compile(r"\s+")
_EMOJI = re.compile(r":(?=[\w+'-])")
_STYLE = re.compile(r"(?<!\w)_|_(?!\w)")
# An invisible letter beside them would not do: where letters are no word, these marks style what stands between them.
_LOOKS_LIKE = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}"}
)
_QUOTE = re.compile(r"^(?=>)")
_BULLET = re.compile(r"^(?=[-•]\s)")
_WEB = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_URL_MOST = 3000
_READ = 8
_URL_LETTERS = "%/:?#[]@!$&()*+,;=~-._"
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clip(text: object, most: int) -> str:
    """Return *text* on one line, without invisible characters, of at most *most* characters, ``…`` where it is cut."""
    read = str(text)[: _READ * max(1, most)]
    seen = "".join(letter for letter in read if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE)
    plain = _SPACE.sub(" ", seen).strip()
    if len(plain) <= most:
        return plain
    return plain[: max(0, most - 1)].rstrip() + "…" if most > 0 else ""


def safe(text: object, most: int) -> str:
    """Return *text* clipped to *most* characters, then free of mark-up: shown letter by letter in any mrkdwn field."""
    return escape(_defused(clip(text, most)))


def fitted(text: object, room: int) -> str:
    """Return `safe` text that is at most *room* characters long as it is sent, whatever escaping adds."""
    most = room
    while most > 0:
        written = safe(text, most)
        if len(written) <= room:
            return written
        most -= max(1, (len(written) - room) // 6)
    return ""


def escape(text: str) -> str:
    """Replace the three characters that mean something to Slack: ``&``, ``<`` and ``>``."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def web_address(url: str) -> str | None:
    """Return *url* fit for a button or a link, or None if it is no http(s) address that Slack takes."""
    written = quote(url.strip(), safe=_URL_LETTERS, errors="replace")
    return written if _WEB.fullmatch(written) and len(written) <= _URL_MOST else None


def _defused(text: str) -> str:
    joined = _EMOJI.sub(":" + JOINER, text)
    joined = _STYLE.sub(lambda found: JOINER + found.group(), joined.translate(_LOOKS_LIKE))
    # An escaped > at the start of a line is still a quote bar, and a dash a list.
    return _BULLET.sub(JOINER, _QUOTE.sub(JOINER, joined))
