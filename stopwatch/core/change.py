"""The change that is rolled out: what, why, how strictly it is gated, what it touches and who is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


CHANGE_KEYS = frozenset(
    {"type", "what", "why", "risk", "version", "initiator", "scope", "integrations", "customers", "communication"}
    | {"cutover"}
)
"""The keys of a change record that mean something; others are people's own."""


class ChangeType(StrEnum):
    """How strict the rollout is with it."""

    STANDARD = "standard"
    """Low risk: no gate items are demanded, everything is still audited."""
    NORMAL = "normal"
    """All gate items are demanded."""
    EMERGENCY = "emergency"
    """Goes ahead with one approver; a retrospective item then blocks the exit."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the communication plan: who learns what, and when; any of them may be empty."""

    what: str
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """
    The change record of the plan.

    *written* is everything as it stands in the file, keys of one's own included; a plan without a type is *normal*.
    """

    type: ChangeType = ChangeType.NORMAL
    what: str | None = None
    why: str | None = None
    risk: str | None = None
    version: str | None = None
    initiator: str | None = None
    scope_in: tuple[str, ...] = ()
    scope_out: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    communication: tuple[Notice, ...] = ()
    cutover: str | None = None
    written: Mapping[str, object] = field(default_factory=dict)
