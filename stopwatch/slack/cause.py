"""Why a site is paused: one ground's facts in words, each clipped before it is joined with the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.decision import GroundKind
from stopwatch.slack.figures import figure, figures, moment, span
from stopwatch.slack.text import clip, fitted, safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.decision import Decision, Ground

NAME = 60
REASON = 300

_OPS = {">": "over", ">=": "at or over", "<": "under", "<=": "at or under"}
_GOOD = {">": "below", ">=": "below", "<": "above", "<=": "above"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One ground as a reader of its frozen facts; every text it gives is safe to send."""

    ground: Ground

    @property
    def facts(self) -> Mapping[str, object]:
        """The facts frozen at the opening; each may be absent."""
        return self.ground.summary or {}

    @property
    def title(self) -> str:
        """The KPI's title, else the rule or the criterion."""
        return safe(self.facts.get("kpi_title") or "", NAME) or safe(self.ground.name, NAME) or "a ground"

    @property
    def value(self) -> str | None:
        """The value at the opening."""
        return self._numbers()[0]

    @property
    def limit(self) -> str | None:
        """The limit with its direction: ``over 5 %``."""
        written = self._numbers()[1]
        return f"{self._op()} {written}" if written else None

    @property
    def good_again(self) -> str | None:
        """Where recovery begins, if that is not the limit itself: ``below 4 %``."""
        limit, recovery = self._numbers()[1:]
        word = _GOOD.get(str(self.facts.get("op")), "at")
        return f"{word} {recovery}" if recovery and recovery != limit else None

    @property
    def held(self) -> str | None:
        """How long the condition had held."""
        return span(self.facts.get("held_seconds"))

    @property
    def pages(self) -> bool:
        """Whether somebody is to be called; a manual criterion always does."""
        return self.facts.get("severity") != "notify"

    @property
    def drill(self) -> bool:
        """Whether the breach was made on purpose to try the path."""
        return bool(self.facts.get("drill")) or self.ground.criterion == "drill"

    @property
    def over_since(self) -> datetime | None:
        """When the breach of a ground that was found late ended, if it has ended."""
        if not self.ground.detected_late:
            return None
        return moment(self.facts.get("over_since")) or self.ground.recovered_at

    def words(self) -> str:
        """The cause in one line: ``*Integration 5xx*: *7.4 %*, over the limit of 5 % for 15 min``."""
        if self.ground.kind is GroundKind.MANUAL:
            return f"*{self.title}* declared by {self._declarer()}{self._said()}"
        value, limit, held = self.value, self._numbers()[1], self.held
        measured = f": *{value}*, {self._op()} the limit of {limit}" if value and limit else ""
        return f"*{self.title}*{measured}{f' for {held}' if held else ''}"

    def short(self, room: int) -> str:
        """The cause for a push line, at most *room* characters: ``Integration 5xx 7.4 % over 5 % for 15 min``."""
        if self.ground.kind is GroundKind.MANUAL:
            name = fitted(self.ground.name, min(room, NAME))
            left = room - len(name) - 2
            return f"{name}: {fitted(self.facts.get('reason') or 'declared', left)}" if left > 0 else name
        parts = [self.value, self.limit, f"for {self.held}" if self.held else None]
        numbers = " ".join(part for part in parts if part)
        name = fitted(self.facts.get("kpi_title") or self.ground.name, min(room - len(numbers) - 1, NAME))
        return f"{name} {numbers}".strip() if name else fitted(self.ground.name, room)

    def others(self) -> str | None:
        """The same KPI at other sites: ``ber-02 0.4 %, muc-01 0.3 %``."""
        listed = self.facts.get("other_sites")
        if not isinstance(listed, list | tuple):
            return None
        pairs = [
            (entry.get("site"), figure(entry.get("value"), self.unit)) for entry in listed if isinstance(entry, dict)
        ]
        return ", ".join(f"{safe(site, NAME)} {value}" for site, value in pairs[:6] if value) or None

    @property
    def unit(self) -> object:
        """The unit's word."""
        return self.facts.get("unit")

    def _numbers(self) -> tuple[str | None, str | None, str | None]:
        wanted = [self.facts.get(name) for name in ("value", "threshold", "recover_threshold")]
        value, limit, recovery = figures(wanted, self.unit)
        return value, limit, recovery

    def _op(self) -> str:
        return _OPS.get(str(self.facts.get("op")), "beyond")

    def _declarer(self) -> str:
        return person(self.facts.get("actor") or "somebody")

    def _said(self) -> str:
        reason = self.facts.get("reason")
        return f": “{safe(reason, REASON)}”" if reason else ""


def lead(decision: Decision) -> Cause | None:
    """Return the ground a card leads with: the first that still holds, else the first of all."""
    if not decision.grounds:
        return None
    return Cause(next((ground for ground in decision.grounds if not ground.over), decision.grounds[0]))


def person(actor: object) -> str:
    """Write an actor as people know him, safe to send and never as a mention."""
    return safe(actor_name(actor), NAME) or "somebody"


def actor_name(actor: object) -> str:
    """Return an actor as people know him, not yet escaped: ``anna``, ``token ci``, ``stopwatch``."""
    kind, colon, name = str(actor).partition(":")
    if not colon:
        return "stopwatch" if kind == "daemon" else clip(kind, NAME)
    if kind == "plan":
        return "the plan"
    return f"token {clip(name, NAME)}" if kind == "api" else clip(name, NAME)
