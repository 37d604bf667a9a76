"""Slack's mrkdwn as HTML: formatting, links, mentions and dates; whatever is not understood is shown as text."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

TOKEN = re.compile(r"<([^<>\n]+)>")
FENCE = re.compile(r"```\n?(.*?)```", re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
EMOJI = re.compile(r":([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):")
DATE = re.compile(r"!date\^(\d{1,12})\^([^^|]*)(?:\^([^|]*))?(?:\|(.*))?")
STYLES = (
    (re.compile(r"(?<![\w*])\*(\S|\S[^*\n]*?\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(\S|\S[^_\n]*?\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(\S|\S[^~\n]*?\S)~(?![\w~])"), "s"),
)
MARK = "\ufdd0"
END = "\ufdd1"
QUOTE = re.compile(r"^(?:>|&gt;) ?")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: their time zone, and the names behind the ids."""

    zone: tzinfo
    people: Mapping[str, str]
    groups: Mapping[str, str]
    channels: Mapping[str, str]


class _Kept:
    """Pieces of finished HTML that further formatting must not touch."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def keep(self, piece: str) -> str:
        self._pieces.append(piece)
        return f"{MARK}{len(self._pieces) - 1}{END}"

    def restore(self, text: str) -> str:
        pattern = re.compile(f"{MARK}(\\d+){END}")
        while pattern.search(text):
            text = pattern.sub(lambda found: self._pieces[int(found[1])], text)
        return text


def escape(text: str) -> str:
    """*text* for an HTML page; Slack's own three entities are read first, as the client does."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html.escape(plain, quote=True)


def plain(text: str) -> str:
    """A plain_text object: only emoji names mean something there."""
    return EMOJI.sub(_eaten, html.escape(text, quote=True)).replace("\n", "<br>")


def mrkdwn(text: str, reader: Reader) -> str:
    """*text* as people see it."""
    kept = _Kept()
    safe = text.replace(MARK, "").replace(END, "").replace("\r", "")
    safe = FENCE.sub(lambda found: kept.keep(f"<pre>{escape(found[1])}</pre>"), safe)
    safe = CODE.sub(lambda found: kept.keep(f"<code>{escape(found[1])}</code>"), safe)
    safe = TOKEN.sub(lambda found: kept.keep(_token(found[1], reader)), safe)
    shown: list[str] = []
    quoted: list[str] = []
    for line in safe.split("\n"):
        if QUOTE.match(line):
            quoted.append(_styled(QUOTE.sub("", line)))
            continue
        if quoted:
            shown.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
            quoted = []
        shown.append(_styled(line) + "<br>")
    if quoted:
        shown.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
    return kept.restore("".join(shown).removesuffix("<br>"))


def _styled(line: str) -> str:
    shown = EMOJI.sub(_eaten, escape(line))
    for pattern, tag in STYLES:
        shown = pattern.sub(rf"<{tag}>\1</{tag}>", shown)
    return shown


def _eaten(found: "re.Match[str]") -> str:
    return f'<span class="emoji" title="Slack would draw an emoji here">:{found[1]}&#58;</span>'


def _token(inside: str, reader: Reader) -> str:
    if MARK in inside:  # finished HTML must never end up in an attribute
        return escape(f"<{inside}>")
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(inside, reader)
    named: tuple[tuple[str, str, Callable[[str], str | None]], ...] = (
        ("@", "@", reader.people.get),
        ("!subteam^", "@", reader.groups.get),
        ("#", "#", reader.channels.get),
        ("!", "@", lambda name: name if name in {"here", "channel", "everyone"} else None),
    )
    for prefix, sign, find in named:
        if target.startswith(prefix):
            name = find(target.removeprefix(prefix)) or label.removeprefix(sign) or target.removeprefix(prefix)
            return f'<span class="mention">{sign}{escape(name)}</span>'
    if target.startswith(("https://", "http://", "mailto:")):
        shown = escape(label or target)
        return f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer">{shown}</a>'
    return escape(f"<{inside}>")


def _date(inside: str, reader: Reader) -> str:
    found = DATE.fullmatch(inside)
    if found is None:
        return escape(inside.partition("|")[2] or inside)
    try:
        at = datetime.fromtimestamp(int(found[1]), UTC).astimezone(reader.zone)
    except (OverflowError, OSError, ValueError):
        return escape(found[4] or "")
    shapes = {
        "date_num": f"{at:%Y-%m-%d}",
        "date": f"{at:%B} {at.day}, {at:%Y}",
        "date_short": f"{at:%b} {at.day}, {at:%Y}",
        "date_long": f"{at:%A}, {at:%B} {at.day}, {at:%Y}",
        "time": f"{at:%H:%M}",
        "time_secs": f"{at:%H:%M:%S}",
        "ago": f"{at:%b} {at.day} at {at:%H:%M}",
    }
    for name in ("date", "date_short", "date_long"):
        shapes[f"{name}_pretty"] = shapes[name]
    shown = re.sub(r"\{(\w+)\}", lambda part: shapes.get(part[1], part[0]), found[2])
    return f'<span class="date" title="{escape(found[4] or "")}">{escape(shown)}</span>'
