"""Metrics of what people keep in a rollout: gates, the issue log, checkpoints; part of the table of `families`."""

from __future__ import annotations

from stopwatch.telemetry.family import Family, Kind

_SITE = ("site", "phase")

GATE_STATE = Family(
    "gate_state",
    Kind.GAUGE,
    ("phase", "state"),
    "0 or 1",
    "1 for the verdict of the phase's newest judgement (pass, fail, not_provable); none before the first.",
)
GATE_JUDGED = Family(
    "gate_judged_timestamp_seconds",
    Kind.GAUGE,
    ("phase",),
    "seconds since 1970",
    "When the phase was judged last; none before the first judgement.",
)
GATE_GO = Family(
    "gate_go",
    Kind.GAUGE,
    ("phase",),
    "0 or 1",
    "1 if a person said go on the phase's newest judgement, 0 for no-go; none while nobody has.",
)
ISSUES_OPEN = Family(
    "issues_open",
    Kind.GAUGE,
    (*_SITE, "severity"),
    "issues",
    "Issues that are not resolved, by severity; none where the log has no issue. One of a whole phase has it as site.",
)
ISSUES_OVERDUE = Family(
    "issues_overdue",
    Kind.GAUGE,
    _SITE,
    "issues",
    "Open issues whose target day is over where their site is; none where the log has no issue.",
)
ISSUES_UNREVIEWED = Family(
    "issues_unreviewed",
    Kind.GAUGE,
    _SITE,
    "issues",
    "Open issues in hypercare that nobody looked at within the plan's time; none where the log has no issue.",
)
CHECKPOINT_HELD = Family(
    "checkpoint_held_timestamp_seconds",
    Kind.GAUGE,
    ("phase",),
    "seconds since 1970",
    "When a checkpoint of the phase, which is in hypercare, was recorded last; none before the first.",
)
CHECKPOINT_OVERDUE = Family(
    "checkpoint_overdue",
    Kind.GAUGE,
    ("phase",),
    "0 or 1",
    "1 if nobody recorded the newest checkpoint of the phase although it should be over; none outside hypercare.",
)

ALL = (
    GATE_STATE,
    GATE_JUDGED,
    GATE_GO,
    ISSUES_OPEN,
    ISSUES_OVERDUE,
    ISSUES_UNREVIEWED,
    CHECKPOINT_HELD,
    CHECKPOINT_OVERDUE,
)
"""Every metric of this part."""
