"""Everything that the first version keeps."""

import sqlalchemy as sa
from alembic import op

from stopwatch.store.triggers import append_only

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables, then make the append-only ones so."""
    _decisions()
    _grounds()
    _acts()
    _evidence()
    _rule_states()
    _progress()
    _progress_behind()
    _activations()
    _unjudged()
    _outbox()
    _audit()
    for statement in append_only(op.get_bind().dialect.name, ("acts", "activations", "audit", "evidence")):
        op.execute(statement)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("live_scope", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("detected_late", sa.Boolean(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('resumed', 'dismissed', 'verified', 'closed')) = (live_scope IS NULL)",
            name=op.f("ck_decisions_live_scope"),
        ),
        sa.CheckConstraint(
            (
                "state IN ('open', 'acknowledged', 'confirmed', 'overridden', 'rolled_back', 'flagged', "
                "'resumed', 'dismissed', 'verified', 'closed')"
            ),
            name=op.f("ck_decisions_state"),
        ),
        sa.CheckConstraint("live_scope IS NULL OR live_scope = scope", name=op.f("ck_decisions_live_scope_is_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("rollout", "live_scope", name="one_live_decision"),
    )
    op.create_index("decisions_by_end", "decisions", ["rollout", "ended_at"], unique=False)


def _grounds() -> None:
    op.create_table(
        "grounds",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("criterion", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("pending_since", sa.Text(), nullable=True),
        sa.Column("recovered_at", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.Text(), nullable=True),
        sa.Column("unwatched", sa.Boolean(), nullable=False),
        sa.Column("detected_late", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.CheckConstraint("kind <> 'manual' OR rule IS NULL", name=op.f("ck_grounds_manual_has_no_rule")),
        sa.CheckConstraint(
            "kind <> 'rule' OR (rule IS NOT NULL AND site IS NOT NULL)", name=op.f("ck_grounds_rule_and_site")
        ),
        sa.CheckConstraint("kind IN ('rule', 'manual')", name=op.f("ck_grounds_kind")),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"], name=op.f("fk_grounds_decision")),
        sa.PrimaryKeyConstraint("decision", "id", name=op.f("pk_grounds")),
        sa.UniqueConstraint("decision", "position", name="ground_position"),
        sa.UniqueConstraint("rollout", "site", "rule", "opened_at", name="one_ground_for_ever"),
    )


def _acts() -> None:
    op.create_table(
        "acts",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rev_before", sa.Integer(), nullable=False),
        sa.Column("rev_after", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"], name=op.f("fk_acts_decision")),
        sa.PrimaryKeyConstraint("decision", "number", name=op.f("pk_acts")),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_evidence_sha256")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence")),
    )


def _rule_states() -> None:
    op.create_table(
        "rule_states",
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("armed_at", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("pending_since", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.Text(), nullable=True),
        sa.Column("no_data", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=False),
        sa.Column("reported", sa.Text(), nullable=False),
        sa.Column("queries", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "condition IN ('ok', 'pending', 'breached', 'recovering')", name=op.f("ck_rule_states_condition")
        ),
        sa.CheckConstraint(
            "reported IN ('ok', 'pending', 'no_data', 'error', 'recovering', 'breached')",
            name=op.f("ck_rule_states_reported"),
        ),
        sa.PrimaryKeyConstraint("rollout", "site", "rule", name=op.f("pk_rule_states")),
    )


def _progress() -> None:
    op.create_table(
        "progress",
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("step_seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("eval_delay_seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "rollout", "source", "query", "step_seconds", "eval_delay_seconds", name=op.f("pk_progress")
        ),
    )


def _progress_behind() -> None:
    op.create_table(
        "progress_behind",
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("step_seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("eval_delay_seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "rollout", "source", "query", "step_seconds", "eval_delay_seconds", "site", name=op.f("pk_progress_behind")
        ),
    )


def _activations() -> None:
    op.create_table(
        "activations",
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("rollout", "site", "number", name=op.f("pk_activations")),
    )


def _unjudged() -> None:
    op.create_table(
        "unjudged",
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rollout", "site", "rule", "first", "last", name=op.f("pk_unjudged")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("notifier", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("first_attempt_at", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("sent_channel", sa.Text(), nullable=True),
        sa.Column("desired", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("swept", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            (
                "kind IN ('root', 'ground', 'act', 'recovered', 'reminder', 'escalation', 'blind', "
                "'image', 'summary', 'drill', 'report')"
            ),
            name=op.f("ck_outbox_kind"),
        ),
        sa.CheckConstraint("state IN ('pending', 'unknown', 'sent', 'dead')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outbox")),
        sa.UniqueConstraint("number", name="outbox_number"),
    )
    op.create_index("outbox_by_decision", "outbox", ["decision", "kind"], unique=False)
    op.create_index("outbox_by_due", "outbox", ["state", "due_at"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("transport", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("rev_before", sa.Integer(), nullable=True),
        sa.Column("rev_after", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name="audit_hash"),
        sa.UniqueConstraint("previous", name="audit_previous"),
    )
