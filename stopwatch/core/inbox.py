"""What people do in Slack, as it is written down before Slack is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import DecisionId


class Receipt(StrEnum):
    """``new``; ``repeated``: the same deed came before; ``replayed``: this very delivery came before."""

    NEW = "new"
    REPEATED = "repeated"
    REPLAYED = "replayed"


class Result(StrEnum):
    """
    What became of one interaction.

    ``applied`` changed the decision. ``repeated``: the same person had done just that. ``stale``, ``illegal`` and
    ``incomplete`` changed nothing, as ``refused`` for want of rights. ``asked`` opened a dialog, ``unasked`` could not.
    ``noted`` needs nothing done, such as a link. ``rejected`` proved no origin, ``unwritable`` could not be kept.
    """

    APPLIED = "applied"
    REPEATED = "repeated"
    STALE = "stale"
    ILLEGAL = "illegal"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    ASKED = "asked"
    UNASKED = "unasked"
    NOTED = "noted"
    REJECTED = "rejected"
    UNWRITABLE = "unwritable"


class Declaration(StrEnum):
    """What a person does that is about no decision yet: a manual stop, a word for the issue log."""

    PAUSE = "pause"
    ISSUE = "issue"


Deed = Act | Declaration
"""Everything that waits in the inbox to be applied."""


class Way(StrEnum):
    """How an interaction came in."""

    HTTP = "http"
    SOCKET = "socket"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Interaction:
    """
    One deed of a person in Slack: a click, a submitted dialog or a word in a thread.

    *key* is the same however often the deed is delivered; *ticket* tells one delivery from another (an envelope's id,
    the digest of a signature). *rev* and *shown* are what the person saw (of an issue: its entries), None where that
    cannot be known. *fields*
    holds what a dialog gave, by block id. *decision* is empty for what is about none. *origin* is the verified payload
    without its secrets, for the audit.
    """

    key: str
    way: Way
    act: Deed
    user: str
    decision: DecisionId
    rev: int | None = None
    shown: int | None = None
    team: str | None = None
    ticket: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, object] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """The person as acts and audit name them."""
        return f"slack:{self.user}"
