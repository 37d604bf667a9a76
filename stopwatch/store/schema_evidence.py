"""The tables of evidence: bundles as they were frozen, and what is left of those whose samples were let go."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Table, Text

from stopwatch.store.columns import Instant
from stopwatch.store.tables import metadata

evidence = Table(
    "evidence",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)

pruned = Table(
    "pruned",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("exported_at", Instant, nullable=False),
    Column("sums", Text, nullable=False),
    CheckConstraint("length(sha256) = 64", name="sha256"),
)
