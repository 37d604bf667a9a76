"""Mistakes planted into the verdict and the fold are noticed, but for those that change nothing anybody can see."""

from __future__ import annotations

import pytest

from tests.core import mutate

PAST_THE_END = "one step past the end of a plain stretch changes nothing"
ANY_RANGE = "what is breached and sees breaching slots only stays so, however short the range"
IN_BREACH = "state._skip: if state.condition is Condition.BREACHED and state.no_data is None and"
IN_PENDING = "state._towards_breach: if state.condition is Condition.PENDING and since == state.pending_since:"
# How the told change begins and ends, and why no test can notice it.
EQUIVALENT = [
    ("state._steps: if not whole:", "=> (removed)", "never skipping only takes longer"),
    ("state._steps: index = _skip(", "=> (removed)", "never skipping only takes longer"),
    ("state._steps: index = _skip(", "index - reach - 1), reach)", "a longer plain stretch is asked for than needed"),
    ("state._steps: index = _skip(", "index - reach + 0), reach)", "a longer plain stretch is asked for than needed"),
    ("state._steps: if index >= len(classes):", "=> (removed)", PAST_THE_END),
    ("state._steps: if index >= len(classes):", "=> if index > len(classes):", PAST_THE_END),
    (IN_BREACH, "(index - begin + 1 > reach):", "never skipping only takes longer"),
    (IN_BREACH, "(index - begin + 1 < reach):", ANY_RANGE),
    (IN_BREACH, "(index - begin - 1 >= reach):", ANY_RANGE),
    (IN_BREACH, "(index + begin + 1 >= reach):", ANY_RANGE),
    (IN_BREACH, "(index - begin + 2 >= reach):", ANY_RANGE),
    (IN_BREACH, "(index - begin + 0 >= reach):", ANY_RANGE),
    (IN_PENDING, "=> (removed)", "the same state is built anew"),
    (IN_PENDING, "is not Condition.PENDING and since == state.pending_since:", "the same state is built anew"),
    ("state._within_breach: begun = _run_start(", "slots.first - index)", "a recovery never ends in a breaching slot"),
]  # fmt: skip


def is_like(where: str, begins: str, ends: str) -> bool:
    return where.startswith(begins) and where.endswith(ends)


def is_equivalent(where: str) -> bool:
    """Whether a change is one of those that nobody can see."""
    return any(is_like(where, begins, ends) for begins, ends, _ in EQUIVALENT)


def gone(module: str, planted: list[mutate.Mutant]) -> list[str]:
    """What is listed for a module and no longer planted, because the code has changed."""
    listed = [(begins, ends) for begins, ends, _ in EQUIVALENT if begins.startswith(f"{module}.")]
    return [
        f"{begins}{ends}" for begins, ends in listed if not any(is_like(one.where, begins, ends) for one in planted)
    ]


@pytest.mark.slow
def test_a_planted_mistake_is_noticed_and_what_changes_nothing_is_not() -> None:
    first = next(mutant for mutant in mutate.mutants("verdict") if ">= window.m: => if low < window.m" in mutant.where)
    sound = mutate.Mutant("state", "as it is", mutate.source_of("state"))
    assert mutate.survivors([first, sound]) == ["as it is"]


@pytest.mark.long
@pytest.mark.parametrize("module", mutate.MODULES)
def test_only_equivalent_mistakes_survive(module: str) -> None:
    planted = list(mutate.mutants(module))
    assert gone(module, planted) == []
    assert [where for where in mutate.survivors(planted) if not is_equivalent(where)] == []
