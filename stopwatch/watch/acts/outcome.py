"""What became of a deed of a person in Slack, and the refusal of who may not do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stopwatch.core.decision import Link
from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.inbox import Interaction, Result
from stopwatch.core.records import AuditEntry
from stopwatch.watch.acts.rights import obstacle

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.hypercare import Logged
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.acts.rights import Groups

SLACK = "slack"
_LINK_MOST = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a deed; *why* says, where nothing changed, why not, and *decision* is how it stands now.

    *logged* is the issue that was written, or that the dialog is to show.
    """

    deed: Interaction
    result: Result
    decision: Decision | None = None
    why: str | None = None
    logged: Logged | None = None

    @property
    def told(self) -> bool:
        """Whether the person must be told; who repeats himself and who succeeded sees it on the card, if any."""
        return self.result not in {Result.APPLIED, Result.REPEATED} or self.logged is not None


def refused(desk: Desk, deed: Interaction, decision: Decision | None, groups: Groups, now: datetime) -> Outcome | None:
    """
    Return the refusal of a person without the right, after it is audited; None if nothing speaks against him.

    Raises:
        StoreError: The refusal could not be written.

    """
    why = obstacle(desk.rule_set.plan, deed.act, deed.user, groups)
    if why is None:
        return None
    rev = decision.rev if decision is not None else None
    details = {"act": deed.act.value, "origin": origin_of(deed)}
    with desk.store.writing() as tx:
        tx.audit(AuditEntry(now, deed.actor, SLACK, "refused", deed.decision or None, rev, rev, why, details=details))
    return Outcome(deed, Result.REFUSED, decision, why)


def origin_of(deed: Interaction) -> dict[str, object]:
    """Return what proves who asked, for the audit."""
    return {"way": deed.way.value, "team": deed.team, "payload": dict(deed.origin)}


def links_of(text: str | None) -> tuple[Link, ...]:
    """
    Return the link that a person gave, if he gave one.

    Raises:
        ActIncompleteError: It is no web address.

    """
    if text is None:
        return ()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= _LINK_MOST
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in text):
        raise ActIncompleteError("links", "a link begins with https:// or http:// and names a host")
    return (Link("ticket", text),)
