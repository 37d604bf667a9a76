"""A manual stop criterion as a person, or an alert, declares it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import Link
    from stopwatch.core.kpi import PhaseId, SiteId


DRILL = "drill"
LONGEST_CRITERION = 100


def unusable_criterion(word: str) -> str | None:
    """Say why *word* cannot name a criterion: it becomes part of ids, lines and messages. None if it can."""
    if not word.strip():
        return "a manual stop needs a criterion, such as operational-blocker or sev1"
    if not word.isprintable() or len(word) > LONGEST_CRITERION:
        return f"a criterion is one line of at most {LONGEST_CRITERION} characters that can be printed"
    if word.strip().lower() == DRILL:
        return "a stop named drill would look like one; stopwatch drill SITE begins a drill, which pauses nothing"
    return None


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A criterion that was met at a site, a phase or (neither given) the whole rollout.

    *fingerprint* identifies the alert behind it: while its ground is unresolved, the same alert adds nothing. *labels*
    are those of that alert.
    """

    criterion: str
    reason: str
    actor: str
    site: SiteId | None = None
    phase: PhaseId | None = None
    links: tuple[Link, ...] = ()
    fingerprint: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of Alertmanager's webhook payload; *resolved* is its status."""

    fingerprint: str
    resolved: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class AlertOutcome:
    """What became of an alert: a word (opened, joined, known, resolved, nothing_to_resolve, ignored) and why."""

    fingerprint: str
    outcome: str
    detail: str
    decision: str | None = None
