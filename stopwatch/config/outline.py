"""What rollout.yaml says about phases and sites, as far as it can be read: enough to check names against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.node import Entry, Fields, Items, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.source import Place


@dataclass(frozen=True, slots=True)
class OutlinedPhase:
    """A phase: its *id*, where that stands, and the ids of its sites with their places."""

    id: str
    place: Place
    listed: Items
    sites: tuple[tuple[str, Place], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """
    The phases and sites that can be read, in the file's order.

    *all_phases* and *all_sites* tell whether these are all: where they are not, a name that is missing proves nothing.
    """

    phases: tuple[OutlinedPhase, ...] = ()
    sites: Mapping[str, Entry] = field(default_factory=dict)
    all_phases: bool = False
    all_sites: bool = False

    @property
    def home(self) -> dict[str, str]:
        """The phase of each site that is in one and has an entry, in the order of the entries."""
        first: dict[str, str] = {}
        for phase in self.phases:
            for site, _ in phase.sites:
                first.setdefault(site, phase.id)
        return {site: first[site] for site in self.sites if site in first}


def read_outline(node: Node | None) -> Outline:
    """Read the phases and sites of the document *node*; what cannot be read is left to the models."""
    if not isinstance(node, Fields):
        return Outline()
    listed, sites = node.get("phases"), node.get("sites")
    items = listed.items if isinstance(listed, Items) else ()
    phases = [_phase(item) for item in items]
    readable = tuple(phase for phase in phases if phase is not None)
    return Outline(
        phases=readable,
        sites=sites.entries if isinstance(sites, Fields) else {},
        all_phases=isinstance(listed, Items) and len(readable) == len(items),
        all_sites=isinstance(sites, Fields),
    )


def _phase(node: Node) -> OutlinedPhase | None:
    if not isinstance(node, Fields):
        return None
    identity, listed = node.get("id"), node.get("sites")
    if not (isinstance(identity, Scalar) and isinstance(identity.value, str) and isinstance(listed, Items)):
        return None
    sites = [
        (item.value, item.place) for item in listed.items if isinstance(item, Scalar) and isinstance(item.value, str)
    ]
    return (
        OutlinedPhase(identity.value, identity.place, listed, tuple(sites)) if len(sites) == len(listed.items) else None
    )
