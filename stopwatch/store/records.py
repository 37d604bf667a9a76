"""What can be read within one view of the database, and written within one transaction."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import select

from stopwatch.core.decision import Acted, Decision, DecisionId, Ground, GroundKind
from stopwatch.store import chain, decisions, inbox, kept, ledger, outbox, pruning, states
from stopwatch.store.schema import audit as audit_table
from stopwatch.store.schema import decisions as decisions_table
from stopwatch.store.schema import outbox as outbox_table
from stopwatch.store.schema_evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from stopwatch.core.inbox import Interaction
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.ledger import Entry, EntryKind
    from stopwatch.core.once import Answer, Once
    from stopwatch.core.outbox import Message, MessageKind, OutboxRow
    from stopwatch.core.records import Activation, AuditEntry, ProgressKey, StateRow, Unjudged
    from stopwatch.core.retention import Prunable, Pruned
    from stopwatch.core.selection import Selection
    from stopwatch.store.chain import AuditRow
    from stopwatch.store.outbox import Waiting

_SQLITE_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
_POSTGRESQL_SIZE = "SELECT pg_database_size(current_database())"


class SqlReader:
    """One view of the database; to be used by one thread, until its block ends."""

    def __init__(self, connection: Connection) -> None:
        """Read through *connection*, whose transaction has begun."""
        self.connection = connection

    def decision(self, decision: DecisionId) -> Decision | None:
        """Return a decision with its grounds and acts."""
        return next(iter(decisions.load(self.connection, decisions_table.c.id == decision)), None)

    def decisions(
        self, rollout: str, *, state: str | None = None, site: SiteId | None = None, live: bool | None = None
    ) -> list[Decision]:
        """Return decisions, oldest first; *site* matches the scope or any ground's site."""
        return decisions.load(self.connection, decisions.of_rollout(rollout, state=state, site=site, live=live))

    def newest(
        self, rollout: str, *, state: str | None, site: SiteId | None, limit: int, before: DecisionId | None
    ) -> list[Decision]:
        """Return the newest *limit* of these decisions that come before *before*, oldest first."""
        where = decisions.of_rollout(rollout, state=state, site=site, live=None)
        return decisions.load_newest(self.connection, where, limit=limit, before=before)

    def selected(self, rollout: str, wanted: Selection, *, limit: int | None) -> tuple[list[Decision], int]:
        """Return the newest *limit* (None: all) decisions of a selection, newest first, and how many it has in all."""
        return decisions.load_selected(self.connection, rollout, wanted, limit=limit)

    def live_decision(self, rollout: str, scope: str) -> Decision | None:
        """Return the one live decision of a scope, if there is one."""
        where = (decisions_table.c.rollout == rollout) & (decisions_table.c.live_scope == scope)
        return next(iter(decisions.load(self.connection, where)), None)

    def ended_after(self, rollout: str, instant: datetime) -> list[Decision]:
        """Return final decisions that ended after *instant*, oldest end first."""
        where = (decisions_table.c.rollout == rollout) & (decisions_table.c.ended_at > instant)
        return decisions.load(self.connection, where, by_end=True)

    def ground(self, rollout: str, site: SiteId, rule: RuleId, opened_at: datetime) -> tuple[DecisionId, Ground] | None:
        """Return the ground with that identity and the decision it belongs to."""
        return decisions.find_ground(self.connection, rollout, site, rule, opened_at)

    def size_bytes(self) -> int:
        """Return how large the database is, without what is still in a write-ahead log."""
        sqlite = self.connection.dialect.name == "sqlite"
        query = _SQLITE_SIZE if sqlite else _POSTGRESQL_SIZE
        return int(self.connection.exec_driver_sql(query).scalar_one())

    def opened_counts(self, rollout: str) -> dict[str, dict[GroundKind, int]]:
        """Return how many decisions were ever opened per scope, by the kind of their first ground."""
        return decisions.opened_counts(self.connection, rollout)

    def newest_act(
        self, rollout: str, scopes: Sequence[str], act: str, *, until: datetime
    ) -> tuple[DecisionId, Acted] | None:
        """Return the newest act of that name, not after *until*, upon decisions of *scopes*, with its decision."""
        return decisions.newest_act(self.connection, rollout, scopes, act, until=until)

    def decision_exists(self, decision: DecisionId) -> bool:
        """Tell whether the id is taken."""
        query = select(1).select_from(decisions_table).where(decisions_table.c.id == decision)
        return self.connection.execute(query).first() is not None

    def activations(self, rollout: str) -> Mapping[SiteId, Activation]:
        """Return the newest activation of every site that has one."""
        return states.load_activations(self.connection, rollout)

    def reactivations(self, rollout: str, after: datetime) -> list[Activation]:
        """Return the go-lives of sites that were live before, for or recorded after *after*, oldest first."""
        return states.load_reactivations(self.connection, rollout, after)

    def entries(self, rollout: str, *, kind: EntryKind | None = None, scope: str | None = None) -> list[Entry]:
        """Return what people recorded, of one kind and of one scope if they are named, oldest first."""
        return ledger.load(self.connection, rollout, kind=kind, scope=scope)

    def newest_entries(self, rollout: str, *kinds: EntryKind) -> list[Entry]:
        """Return the newest entry of each of *kinds* and each scope, oldest first."""
        return ledger.newest(self.connection, rollout, kinds)

    def unjudged(self, rollout: str) -> list[Unjudged]:
        """Return the spans of slots that were too old to be judged, oldest first."""
        return states.load_unjudged(self.connection, rollout)

    def audited(self, *acts: str) -> list[Mapping[str, object]]:
        """Return the bodies of the audit rows of *acts*, oldest first."""
        with closing(chain.rows(self.connection, audit_table.c.act.in_(acts))) as found:
            return [row.body for row in found]

    def states(self, rollout: str, site: SiteId | None = None) -> list[StateRow]:
        """Return the stored states of rules at sites."""
        return states.load_states(self.connection, rollout, site)

    def progress(self, rollout: str) -> Mapping[ProgressKey, datetime]:
        """Return the newest folded slot instant of every query."""
        return states.load_progress(self.connection, rollout)

    def behind(self, rollout: str) -> Mapping[tuple[ProgressKey, SiteId], datetime]:
        """Return the newest folded slot instant of sites that are behind their query."""
        return states.load_behind(self.connection, rollout)

    def evidence(self, sha256: str) -> str | None:
        """Return a frozen bundle as the canonical JSON it was stored as."""
        query = select(evidence.c.body).where(evidence.c.sha256 == sha256)
        return self.connection.execute(query).scalar_one_or_none()

    def prunable(self, before: datetime) -> list[Prunable]:
        """Return the stored bundles of decisions that ended before *before* and were exported since."""
        return pruning.prunable(self.connection, before)

    def pruned(self, sha256: str) -> Pruned | None:
        """Return what is left of a bundle whose samples were pruned."""
        return pruning.find(self.connection, sha256)

    def card_channels(self, decision: DecisionId) -> list[str]:
        """Return the channels that hold, or wait for, the card of a decision."""
        return outbox.card_channels(self.connection, decision)

    def waiting(self) -> list[Waiting]:
        """Return what every notifier still has to deliver."""
        return outbox.waiting(self.connection)

    def due(self, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
        """Return rows with work to do and due not after *now*, most urgent first; see ``outbox.due``."""
        return outbox.due(self.connection, now, limit=limit, notifier=notifier)

    def deeds(self) -> list[tuple[Interaction, datetime]]:
        """Return what people did and nobody has applied yet, with the times of its arrival, oldest first."""
        return inbox.waiting(self.connection)

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        """Return the outbox rows of a decision, for whatever notifier, oldest first."""
        return outbox.rows(self.connection, outbox_table.c.decision == decision)

    def unsent(self, kind: MessageKind) -> list[OutboxRow]:
        """Return the pending and unknown rows of a kind, oldest first."""
        return outbox.unsent(self.connection, kind)

    def every(self, kind: MessageKind) -> list[OutboxRow]:
        """Return all rows of a kind, oldest first."""
        return outbox.rows(self.connection, outbox_table.c.kind == kind.value)

    def audit_head(self) -> str:
        """Return the hash of the newest audit row."""
        return chain.head(self.connection)[1]

    def audit_rows(self) -> Generator[AuditRow]:
        """Return the audit chain from its first row, for export; read it before the block ends."""
        return chain.rows(self.connection)

    def audit_of(self, decision: DecisionId) -> Generator[AuditRow]:
        """Return the rows of the audit chain that name a decision, oldest first; read them before the block ends."""
        return chain.rows(self.connection, audit_table.c.decision == decision)

    def every_act(self) -> list[tuple[str, str, str]]:
        """Return (decision, act, time) of every act of a person, times as the audit writes them."""
        return decisions.every_act(self.connection)


class SqlWriter(SqlReader):
    """One transaction; everything written through it is committed together or not at all."""

    def save_decision(self, decision: Decision, *, rev_before: int | None) -> None:
        """
        Insert a decision (*rev_before* None) or bring it, its grounds and its acts to the given value.

        Raises:
            ActStaleError: The stored revision is not *rev_before*, or grounds or acts were added since.
            DecisionNotFoundError: There is none with this id to be changed.

        """
        decisions.save(self.connection, decision, rev_before=rev_before)

    def save_state(self, row: StateRow) -> None:
        """Insert or replace the state of one rule at one site."""
        states.save_state(self.connection, row)

    def save_progress(self, rollout: str, lasts: Mapping[ProgressKey, datetime]) -> None:
        """Note how far queries were folded for all sites that are not behind."""
        states.save_progress(self.connection, rollout, lasts)

    def save_behind(self, rollout: str, key: ProgressKey, site: SiteId, last: datetime | None) -> None:
        """Note that a site is behind its query, or (None) that it has caught up."""
        states.save_behind(self.connection, rollout, key, site, last)

    def save_activation(self, activation: Activation) -> None:
        """Append an activation; the newest one of a site counts."""
        states.save_activation(self.connection, activation)

    def record(self, entry: Entry) -> Entry:
        """Append to the ledger and return the entry with its number; the caller audits it."""
        return ledger.append(self.connection, entry)

    def save_unjudged(self, span: Unjudged) -> bool:
        """Record slots that will never be judged; False if this span was recorded already."""
        return states.save_unjudged(self.connection, span)

    def save_evidence(self, sha256: str, body: str, at: datetime) -> None:
        """Keep a bundle under the hash of its canonical JSON; storing it twice changes nothing."""
        states.put_once(self.connection, evidence, {"sha256": sha256, "body": body, "at": at})

    def prune(self, left: Pruned) -> None:
        """Let a bundle go and keep what is left of it; the caller audits it."""
        pruning.prune(self.connection, left)

    def audit(self, entry: AuditEntry) -> str:
        """Append to the audit chain and return the new head."""
        return chain.append(self.connection, entry)

    def kept_answer(self, caller: str, key: str) -> tuple[Once, Answer] | None:
        """Return the request that used an idempotency key first and its answer."""
        return kept.find(self.connection, caller, key)

    def keep_answer(self, asked: Once, answer: Answer, *, at: datetime) -> None:
        """Keep the answer to a request."""
        kept.keep(self.connection, asked, answer, at=at)

    def forget_answers(self, before: datetime) -> None:
        """Forget the answers that were kept before an instant."""
        kept.forget(self.connection, before)

    def enqueue(self, message: Message, *, now: datetime) -> None:
        """Put a message into the outbox; a key that is already there stays as it is."""
        outbox.enqueue(self.connection, message, now=now)

    def touch_card(self, key: str) -> None:
        """Count one more desired version of the card with that outbox key."""
        outbox.touch_card(self.connection, key)

    def revise(self, key: str, body: Mapping[str, object]) -> None:
        """Give a living message that is no card a new text; the newest one wins."""
        outbox.revise(self.connection, key, body)

    def retry(self, key: str, *, now: datetime) -> OutboxRow | None:
        """Make an unsent message due at once, a dead one pending again; None if there is none or it was sent."""
        return outbox.retry(self.connection, key, now=now)

    def drop(self, key: str, reason: str) -> OutboxRow | None:
        """Give an unsent message up for *reason*; None if there is none or it was sent. The caller audits it."""
        return outbox.drop(self.connection, key, reason)
