"""
Every failure a person must tell apart, as one tree.

::

    StopwatchError
    ├── ConfigurationError            settings or files cannot be used; nothing was loaded
    ├── SourceError                   an evaluation failed: no slot is consumed
    │   ├── SourceUnavailableError    no usable answer; the same slots may be asked for again
    │   ├── QueryRejectedError        Prometheus refused the expression; waiting will not help
    │   ├── SeriesAmbiguousError      two series for one site: a configuration error
    │   ├── PartialAnswerError        the answer came with warnings (Thanos, Mimir)
    │   └── BaselineUnresolvedError   a threshold refers to a baseline that is not frozen
    ├── DecisionNotFoundError         no decision has this id
    ├── IssueNotFoundError            no issue has this id
    ├── IssueStaleError               somebody said something of the issue since the person looked
    ├── ActError                      a person's act changed nothing
    │   ├── ActIncompleteError        a required field is missing or unusable
    │   ├── EntryClosedError          a site may not be activated: its entry gate is closed
    │   └── ActRefusedError           it does not apply to the decision as it stands
    │       ├── ActIllegalError       the decision's state does not allow the act
    │       └── ActStaleError         somebody else acted since the person looked
    ├── KeyReusedError                an idempotency key came with another request before
    ├── KeyBusyError                  the first request with this idempotency key is still being answered
    ├── JudgementRefusedError         a go or no-go rests on no fresh judgement, or has no reason
    ├── BaselineRefusedError          too little is known of a site to freeze it as its baseline
    ├── StoreError                    the database refused a write; nothing is half done
    │   ├── StoreLockedError          another daemon holds this database
    │   ├── LeaseLostError            another replica leads; what was judged here is dropped whole
    │   ├── BackupUnusableError       a copy of the database is damaged or its audit chain does not fit
    │   └── ProgressConflictError     another writer folded these slots first
    └── DeliveryError                 a notifier could not take a message
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.entry import EntryGate


class StopwatchError(Exception):
    """Root of every failure this package raises on purpose."""


class ConfigurationError(StopwatchError):
    """Settings or files cannot be used; nothing was loaded."""


class SourceError(StopwatchError):
    """
    One evaluation failed; no slot is consumed and the slots are asked for again.

    Attributes:
        reason: A short stable word for metrics and logs, e.g. ``timeout``.
        retryable: Whether asking again within the same tick may help.
        seconds: How long it took to fail; None if nothing was asked.

    """

    retryable = False
    seconds: float | None = None

    def __init__(self, message: str, *, reason: str) -> None:
        """Keep *message* for people and *reason* (a short stable word) for metrics."""
        super().__init__(message)
        self.reason = reason


class SourceUnavailableError(SourceError):
    """No usable answer; the same slots may be asked for again."""

    retryable = True


class QueryRejectedError(SourceError):
    """Prometheus refused the expression; waiting will not help."""


class SeriesAmbiguousError(SourceError):
    """The answer holds two series for one site; the query must aggregate by the site label."""


class PartialAnswerError(SourceError):
    """The answer came with warnings, so part of the data may be absent from it."""


class BaselineUnresolvedError(SourceError):
    """A threshold refers to a baseline that nobody has frozen for this site."""

    def __init__(self, message: str) -> None:
        """Keep *message*; the reason word is always ``baseline``."""
        super().__init__(message, reason="baseline")


class DecisionNotFoundError(StopwatchError):
    """No decision has this id."""


class IssueNotFoundError(StopwatchError):
    """No issue has this id."""


class IssueStaleError(StopwatchError):
    """Somebody said something of the issue since the person looked; nothing changed."""


class ActError(StopwatchError):
    """A person's act was refused and changed nothing."""


class ActIncompleteError(ActError):
    """
    A required field of an act is missing or unusable.

    Attributes:
        field: The field's name as the interfaces spell it.

    """

    def __init__(self, field: str, message: str) -> None:
        """Name the *field* at fault."""
        super().__init__(message)
        self.field = field


class EntryClosedError(ActError):
    """
    A site may not be activated: its entry gate is closed.

    Attributes:
        gate: The gate with every reason.

    """

    def __init__(self, message: str, gate: EntryGate) -> None:
        """Keep the *gate*."""
        super().__init__(message)
        self.gate = gate


@dataclass(frozen=True, slots=True)
class Standing:
    """How a decision stands now: revision, state, and who acted last and when, if anybody did."""

    rev: int
    state: str
    by: str | None
    at: datetime | None


class ActRefusedError(ActError):
    """
    The act does not apply to the decision as it now stands.

    Attributes:
        standing: How the decision stands now, so that the loser of a race learns who did what when.

    """

    def __init__(self, message: str, standing: Standing) -> None:
        """Keep how the decision stands."""
        super().__init__(message)
        self.standing = standing


class ActIllegalError(ActRefusedError):
    """The decision's state, or the site's, does not allow the act."""


class ActStaleError(ActRefusedError):
    """Somebody acted, or grounds were added, since the person looked."""


class KeyReusedError(StopwatchError):
    """An idempotency key came with another request before; nothing was done for this one."""


class KeyBusyError(StopwatchError):
    """The first request with this idempotency key is still being answered."""


class JudgementRefusedError(StopwatchError):
    """A person's go or no-go was not recorded; the message says why and what to do."""


class BaselineRefusedError(StopwatchError):
    """Too little is known of a site to freeze it as its baseline; nothing was recorded."""


class StoreError(StopwatchError):
    """The database refused a write; nothing is half done."""


class StoreLockedError(StoreError):
    """Another daemon holds this database."""


class LeaseLostError(StoreError):
    """Another replica leads, or will; what was judged or sent here is not written down."""


class BackupUnusableError(StoreError):
    """A copy of the database is damaged, or its audit chain does not fit; it was not put anywhere."""


class ProgressConflictError(StoreError):
    """Another writer folded these slots first; this evaluation is dropped whole."""


class DeliveryError(StopwatchError):
    """A notifier could not take a message."""
