"""The table of the leader's lease, in the database's own time and not in text of ours; SQLite leaves it empty."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, Table, Text

from stopwatch.store.tables import metadata

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)
