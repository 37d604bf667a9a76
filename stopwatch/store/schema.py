"""
The tables, and the promises that they hold by themselves.

At most one live decision per rollout and scope: ``live_scope`` repeats the scope while the decision is live and is null
afterwards, and nulls are never equal. A ground is unique for ever by rollout, site, rule and opening instant: a manual
ground has no rule. Both are plain unique constraints, so every dialect holds them alike.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from stopwatch.core.decision import FINAL, Act, DecisionState, GroundKind
from stopwatch.core.inbox import Declaration, Result, Way
from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.core.state import Condition, Reported
from stopwatch.store.columns import CanonicalJson, Instant
from stopwatch.store.schema_evidence import evidence, pruned
from stopwatch.store.schema_lease import lease

metadata = lease.metadata

APPEND_ONLY = ("acts", "activations", "audit", evidence.name, "ledger", pruned.name)
"""Tables whose rows are never changed nor removed; triggers refuse it."""


def _one_of(column: str, *words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for kind in words for word in kind)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _of_query() -> list[Column[Any]]:
    """The columns that name what was folded: a query of a source on a grid."""
    names = [Column(name, Text, primary_key=True) for name in ("rollout", "source", "query")]
    grid = ("step_seconds", "eval_delay_seconds")
    return [*names, *(Column(name, Integer, primary_key=True, autoincrement=False) for name in grid)]


_final = ", ".join(f"'{state.value}'" for state in DecisionState if state in FINAL)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rollout", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("live_scope", Text),
    Column("site", Text),
    Column("phase", Text),
    Column("state", Text, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("detected_late", Boolean, nullable=False),
    Column("until", Instant),
    Column("ended_at", Instant),
    Column("accepted", CanonicalJson, nullable=False),
    Column("clock", CanonicalJson),
    _one_of("state", DecisionState),
    CheckConstraint(f"(state IN ({_final})) = (live_scope IS NULL)", name="live_scope"),
    CheckConstraint("live_scope IS NULL OR live_scope = scope", name="live_scope_is_scope"),
    UniqueConstraint("rollout", "live_scope", name="one_live_decision"),
    Index("decisions_by_end", "rollout", "ended_at"),
)

grounds = Table(
    "grounds",
    metadata,
    Column("decision", Text, ForeignKey("decisions.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("rollout", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("site", Text),
    Column("rule", Text),
    Column("criterion", Text),
    Column("opened_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("pending_since", Instant),
    Column("recovered_at", Instant),
    Column("resolved_at", Instant),
    Column("unwatched", Boolean, nullable=False),
    Column("detected_late", Boolean, nullable=False),
    Column("evidence", Text),
    Column("links", CanonicalJson, nullable=False),
    Column("summary", CanonicalJson),
    _one_of("kind", GroundKind),
    CheckConstraint("kind <> 'rule' OR (rule IS NOT NULL AND site IS NOT NULL)", name="rule_and_site"),
    CheckConstraint("kind <> 'manual' OR rule IS NULL", name="manual_has_no_rule"),
    UniqueConstraint("decision", "position", name="ground_position"),
    UniqueConstraint("rollout", "site", "rule", "opened_at", name="one_ground_for_ever"),
)

acts = Table(
    "acts",
    metadata,
    Column("decision", Text, ForeignKey("decisions.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text),
    Column("rev_before", Integer, nullable=False),
    Column("rev_after", Integer, nullable=False),
    Column("details", CanonicalJson, nullable=False),
)

rule_states = Table(
    "rule_states",
    metadata,
    Column("rollout", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("armed_at", Instant, nullable=False),
    Column("condition", Text, nullable=False),
    Column("pending_since", Instant),
    Column("opened_at", Instant),
    Column("no_data", Text),
    Column("failures", Integer, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("rule_hash", Text, nullable=False),
    Column("reported", Text, nullable=False),
    Column("queries", CanonicalJson, nullable=False),
    _one_of("condition", Condition),
    _one_of("reported", Reported),
)

progress = Table(
    "progress",
    metadata,
    *_of_query(),
    Column("last", Instant, nullable=False),
)

progress_behind = Table(
    "progress_behind",
    metadata,
    *_of_query(),
    Column("site", Text, primary_key=True),
    Column("last", Instant, nullable=False),
)

activations = Table(
    "activations",
    metadata,
    Column("rollout", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("version", Text),
)

unjudged = Table(
    "unjudged",
    metadata,
    Column("rollout", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("first", Instant, primary_key=True),
    Column("last", Instant, primary_key=True),
    Column("recorded_at", Instant, nullable=False),
)

# Its kinds are not constrained here: the number of things people record grows, old rows stay as they are.
ledger = Table(
    "ledger",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rollout", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ledger_by_scope", "rollout", "kind", "scope"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("notifier", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("decision", Text),
    Column("rev", Integer, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("first_attempt_at", Instant),
    Column("sent_at", Instant),
    Column("ts", Text),
    Column("sent_channel", Text),
    Column("desired", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("swept", Integer, nullable=False),
    Column("error", Text),
    _one_of("kind", MessageKind),
    _one_of("state", OutboxState),
    UniqueConstraint("number", name="outbox_number"),
    Index("outbox_by_due", "state", "due_at"),
    Index("outbox_by_decision", "decision", "kind"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("ticket", Text),
    Column("way", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("team", Text),
    Column("decision", Text, nullable=False),
    Column("rev", Integer),
    Column("shown", Integer),
    Column("fields", CanonicalJson, nullable=False),
    Column("origin", CanonicalJson, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("result", Text),
    _one_of("way", Way),
    _one_of("act", Act, Declaration),
    _one_of("result", Result),
    CheckConstraint("(result IS NULL) = (finished_at IS NULL)", name="finished"),
    UniqueConstraint("number", name="inbox_number"),
    UniqueConstraint("ticket", name="inbox_ticket"),
    Index("inbox_by_result", "result"),
)

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("kept_answers_by_age", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("transport", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("decision", Text),
    Column("rev_before", Integer),
    Column("rev_after", Integer),
    Column("reason", Text),
    Column("evidence", Text),
    Column("details", CanonicalJson, nullable=False),
    UniqueConstraint("previous", name="audit_previous"),
    UniqueConstraint("hash", name="audit_hash"),
)
