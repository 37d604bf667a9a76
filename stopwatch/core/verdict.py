"""The window verdict: a stateless judgement over the newest slots of one rule at one site."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.sample import ANY_MISSING, BREACHING, CLEAR
from stopwatch.core.window import Missing

if TYPE_CHECKING:
    from stopwatch.core.window import Window


class Outcome(StrEnum):
    """What a window says; ``hold`` leaves the state as it is."""

    BREACH = "breach"
    CLEAR = "clear"
    NO_DATA = "no_data"
    HOLD = "hold"


class Branch(StrEnum):
    """Which sentence of the verdict decided; ``explain`` says it in words."""

    ENOUGH_BREACHING = "enough_breaching"
    TOO_FEW_EVEN_IF_MISSING_BREACHED = "too_few_even_if_missing_breached"
    POLICY = "policy"
    COVERAGE = "coverage"
    ONLY_BREACHING_LONG_ENOUGH = "only_breaching_long_enough"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The outcome with the counts it follows from.

    *low* and *high* bound the number of breaching slots among the newest N samples; *used* is how many real samples
    were used of *expected* = min(N, slots in range).
    """

    outcome: Outcome
    branch: Branch
    low: int
    high: int
    used: int
    expected: int

    @property
    def coverage(self) -> float:
        """The share of expected samples that are real, 0…1; 1 when none is expected."""
        return self.used / self.expected if self.expected else 1.0


def judge(window: Window, classes: bytes) -> Verdict:
    """
    Judge the evaluation range.

    Args:
        window: N, M, policy and coverage of the rule.
        classes: One class a slot (B, C, M, L), oldest first, at most N + extra of them, cut at the activation slot.

    """
    real = classes.translate(None, ANY_MISSING)
    use = real[-window.n :]
    expected = min(window.n, len(classes))
    low = use.count(BREACHING)
    high = low + max(0, expected - len(real))
    outcome, branch = _decide(window, classes, real, low=low, high=high, coverage=(len(use), expected))
    return Verdict(outcome, branch, low, high, len(use), expected)


def _decide(
    window: Window, classes: bytes, real: bytes, *, low: int, high: int, coverage: tuple[int, int]
) -> tuple[Outcome, Branch]:
    if low >= window.m:
        return Outcome.BREACH, Branch.ENOUGH_BREACHING
    if high < window.m:
        return Outcome.CLEAR, Branch.TOO_FEW_EVEN_IF_MISSING_BREACHED
    if window.missing is Missing.BREACHING:
        return Outcome.BREACH, Branch.POLICY
    if window.missing is Missing.NOT_BREACHING:
        return Outcome.CLEAR, Branch.POLICY
    used, expected = coverage
    if not real or used / expected < window.min_coverage:
        return (Outcome.NO_DATA if window.missing is Missing.MISSING else Outcome.HOLD), Branch.COVERAGE
    if CLEAR not in real and len(classes) - classes.index(BREACHING) >= window.m:
        held = Outcome.BREACH if window.missing is Missing.MISSING else Outcome.HOLD
        return held, Branch.ONLY_BREACHING_LONG_ENOUGH
    return Outcome.CLEAR, Branch.UNDECIDED


def recovered(window: Window, recover_slots: int, good: bytes) -> bool:
    """
    Tell whether the slots after an opening prove recovery.

    Args:
        window: The rule's window; only its policy and extra slots matter here.
        recover_slots: N = M of the recovery.
        good: One byte a slot (G, N, M) of every slot after the opening one, oldest first; more may be given than are
            needed.

    """
    if len(good) < recover_slots:
        return False
    considered = good[-(recover_slots + window.extra) :]
    real = considered.replace(b"M", b"")
    low = real[-recover_slots:].count(b"G")
    if window.missing is Missing.NOT_BREACHING:
        return low + max(0, recover_slots - len(real)) >= recover_slots
    return low >= recover_slots
