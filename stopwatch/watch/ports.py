"""What the work needs of the world, as protocols; adapters fit them without importing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from stopwatch.core.decision import Acted, Decision, DecisionId, Ground, GroundKind
    from stopwatch.core.grid import SlotRange
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.ledger import Entry, EntryKind
    from stopwatch.core.outbox import Message, MessageKind, OutboxRow
    from stopwatch.core.reading import Query, Reading
    from stopwatch.core.records import Activation, AuditEntry, ProgressKey, StateRow, Unjudged
    from stopwatch.core.retention import Prunable, Pruned


class Source(Protocol):
    """One Prometheus."""

    @property
    def name(self) -> str:
        """The source's name in the plan."""
        ...

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """
        Read one query for all its sites at every slot of *slots*.

        Raises:
            SourceError: One of its kinds; no slot is consumed.

        """
        ...


class Reader(Protocol):
    """What can be read of the records, in one consistent view."""

    def decision(self, decision: DecisionId) -> Decision | None:
        """Return a decision with its grounds and acts."""
        ...

    def decisions(
        self, rollout: str, *, state: str | None = None, site: SiteId | None = None, live: bool | None = None
    ) -> list[Decision]:
        """Return decisions, oldest first; *site* matches the scope or any ground's site."""
        ...

    def live_decision(self, rollout: str, scope: str) -> Decision | None:
        """Return the one live decision of a scope, if there is one."""
        ...

    def ended_after(self, rollout: str, instant: datetime) -> list[Decision]:
        """Return final decisions that ended after *instant*, oldest end first."""
        ...

    def ground(self, rollout: str, site: SiteId, rule: RuleId, opened_at: datetime) -> tuple[DecisionId, Ground] | None:
        """Return the ground with that identity and the decision it belongs to."""
        ...

    def opened_counts(self, rollout: str) -> Mapping[str, Mapping[GroundKind, int]]:
        """Return how many decisions were ever opened per scope, by the kind of their first ground."""
        ...

    def newest_act(
        self, rollout: str, scopes: Sequence[str], act: str, *, until: datetime
    ) -> tuple[DecisionId, Acted] | None:
        """Return the newest act of that name, not after *until*, upon decisions of *scopes*, with its decision."""
        ...

    def decision_exists(self, decision: DecisionId) -> bool:
        """Tell whether the id is taken."""
        ...

    def activations(self, rollout: str) -> Mapping[SiteId, Activation]:
        """Return the newest activation of every site that has one."""
        ...

    def reactivations(self, rollout: str, after: datetime) -> list[Activation]:
        """Return the go-lives of sites that were live before, for or recorded after *after*, oldest first."""
        ...

    def entries(self, rollout: str, *, kind: EntryKind | None = None, scope: str | None = None) -> list[Entry]:
        """Return what people recorded, of one kind and of one scope if they are named, oldest first."""
        ...

    def newest_entries(self, rollout: str, *kinds: EntryKind) -> list[Entry]:
        """Return the newest entry of each of *kinds* and each scope, oldest first."""
        ...

    def unjudged(self, rollout: str) -> list[Unjudged]:
        """Return the spans of slots that were too old to be judged, oldest first."""
        ...

    def audited(self, *acts: str) -> list[Mapping[str, object]]:
        """Return the bodies of the audit rows of *acts*, oldest first."""
        ...

    def states(self, rollout: str, site: SiteId | None = None) -> list[StateRow]:
        """Return the stored states of rules at sites."""
        ...

    def progress(self, rollout: str) -> Mapping[ProgressKey, datetime]:
        """Return the newest folded slot instant of every query."""
        ...

    def behind(self, rollout: str) -> Mapping[tuple[ProgressKey, SiteId], datetime]:
        """Return the newest folded slot instant of sites that are behind their query."""
        ...

    def prunable(self, before: datetime) -> list[Prunable]:
        """Return the stored bundles of decisions that ended before *before* and were exported since."""
        ...

    def evidence(self, sha256: str) -> str | None:
        """Return a frozen bundle as the canonical JSON it was stored as."""
        ...

    def card_channels(self, decision: DecisionId) -> list[str]:
        """Return the channels that hold, or wait for, the card of a decision."""
        ...

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        """Return the outbox rows of a decision, for whatever notifier, oldest first."""
        ...

    def unsent(self, kind: MessageKind) -> list[OutboxRow]:
        """Return the pending and unknown rows of a kind, oldest first."""
        ...

    def every(self, kind: MessageKind) -> list[OutboxRow]:
        """Return all rows of a kind, oldest first."""
        ...

    def audit_head(self) -> str:
        """Return the hash of the newest audit row."""
        ...


class Writer(Reader, Protocol):
    """
    One transaction; everything written through it is committed together or not at all.

    Raises (on commit or on any write):
        StoreError: The database refused; nothing is half done.
    """

    def save_decision(self, decision: Decision, *, rev_before: int | None) -> None:
        """
        Insert a decision (*rev_before* None) or bring it, its grounds and its acts to the given value.

        Raises:
            ActStaleError: The stored revision is not *rev_before*.

        """
        ...

    def save_state(self, row: StateRow) -> None:
        """Insert or replace the state of one rule at one site."""
        ...

    def save_progress(self, rollout: str, lasts: Mapping[ProgressKey, datetime]) -> None:
        """Note how far queries were folded for all sites that are not behind."""
        ...

    def save_behind(self, rollout: str, key: ProgressKey, site: SiteId, last: datetime | None) -> None:
        """Note that a site is behind its query, or (None) that it has caught up."""
        ...

    def save_activation(self, activation: Activation) -> None:
        """Append an activation; the newest one of a site counts."""
        ...

    def record(self, entry: Entry) -> Entry:
        """Append to the ledger and return the entry with its number; the caller audits it."""
        ...

    def save_unjudged(self, span: Unjudged) -> bool:
        """Record slots that will never be judged; False if this span was recorded already."""
        ...

    def save_evidence(self, sha256: str, body: str, at: datetime) -> None:
        """Keep a bundle under the hash of its canonical JSON; storing it twice changes nothing."""
        ...

    def prune(self, left: Pruned) -> None:
        """Let a bundle go and keep what is left of it; the caller audits it."""
        ...

    def audit(self, entry: AuditEntry) -> str:
        """Append to the audit chain and return the new head."""
        ...

    def enqueue(self, message: Message, *, now: datetime) -> None:
        """Put a message into the outbox; a key that is already there stays as it is."""
        ...

    def touch_card(self, key: str) -> None:
        """Count one more desired version of the card with that outbox key."""
        ...

    def revise(self, key: str, body: Mapping[str, object]) -> None:
        """Give a living message that is no card a new text; the newest one wins."""
        ...

    def retry(self, key: str, *, now: datetime) -> OutboxRow | None:
        """Make an unsent message due at once, a dead one pending again; None if there is none or it was sent."""
        ...

    def drop(self, key: str, reason: str) -> OutboxRow | None:
        """Give an unsent message up for *reason*; None if there is none or it was sent. The caller audits it."""
        ...


class Store(Protocol):
    """The records; every reader sees one moment, every writer is one transaction."""

    def reading(self) -> AbstractContextManager[Reader]:
        """Open a read-only view."""
        ...

    def writing(self) -> AbstractContextManager[Writer]:
        """Open a transaction that commits when the block ends without an exception and rolls back otherwise."""
        ...

    def advancing(self) -> AbstractContextManager[Writer]:
        """
        Open a transaction as `writing` does, for states of rules and progress alone.

        Nobody who remembers what he read needs to read anything again because of it.
        """
        ...
