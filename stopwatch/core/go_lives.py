"""Every go-live of every site, first tries included, as the records tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopwatch.core.ledger import Entry
    from stopwatch.core.records import Activation


@dataclass(frozen=True, slots=True)
class GoneLive:
    """
    One go-live of *site*: when, with which version, by whom and why.

    *overridden* tells whether it passed a closed entry gate, and *unmet* what that lacked.
    """

    site: SiteId
    at: datetime
    actor: str
    version: str | None = None
    reason: str | None = None
    link: str | None = None
    overridden: bool = False
    unmet: tuple[str, ...] = ()


def go_lives(activations: Mapping[SiteId, Activation], entries: Iterable[Entry]) -> list[GoneLive]:
    """Return every go-live, oldest first; *activations* hold the newest of each site."""
    found = [_of_entry(one) for one in entries if one.kind is EntryKind.ACTIVATION]
    told = {(one.site, one.at) for one in found}
    unwritten = [
        GoneLive(one.site, one.at, one.actor, one.version)
        for one in activations.values()
        if (one.site, one.at) not in told
    ]
    return sorted([*found, *unwritten], key=lambda one: one.at)


def first_activations(
    activations: Mapping[SiteId, Activation], entries: Iterable[Entry]
) -> Mapping[SiteId, Activation]:
    """Return *activations* with the time at which each site went live for the first time."""
    firsts = dict(activations)
    for entry in entries:
        if entry.kind is EntryKind.ACTIVATION and (known := firsts.get(SiteId(entry.scope))) is not None:
            at = _at(entry)
            if at < known.at:
                firsts[known.site] = replace(known, at=at)
    return firsts


def _at(one: Entry) -> datetime:
    at = one.body.get("at")
    return datetime.fromisoformat(str(at)) if at else one.at


def _of_entry(one: Entry) -> GoneLive:
    body = one.body
    overridden, unmet = body.get("override") is True, body.get("unmet")
    return GoneLive(
        SiteId(one.scope),
        _at(one),
        one.actor,
        _text(body.get("version")),
        _text(body.get("reason")),
        _text(body.get("link")),
        overridden,
        tuple(str(text) for text in unmet) if overridden and isinstance(unmet, list | tuple) else (),
    )


def _text(value: object) -> str | None:
    return str(value) if value else None
