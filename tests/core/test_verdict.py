"""Every sentence of the window's verdict, with the branch that decided it."""

from __future__ import annotations

import pytest

from stopwatch.core.verdict import Branch, Outcome, Verdict, judge, recovered
from stopwatch.core.window import Missing, Window


def branch_of(classes: str, n: int, m: int, policy: str, coverage: float = 0.8) -> tuple[Outcome, Branch]:
    found = judge(Window(n, m, 2, Missing(policy), coverage), classes.encode())
    return found.outcome, found.branch


@pytest.mark.parametrize(
    ("classes", "outcome"),
    [
        pytest.param("BBBBBBBBBBB", Outcome.BREACH, id="held exactly"),
        pytest.param("BBBBBBBBBB", Outcome.CLEAR, id="one slot short"),
        pytest.param("CBBBBBBBBBBB", Outcome.BREACH, id="held, clear before"),
        pytest.param("BBBBBCBBBBBBB", Outcome.CLEAR, id="one clear slot within"),
        pytest.param("MBBBBBBBBBBMB", Outcome.BREACH, id="two missing, replaced from the extra slots"),
        pytest.param("MBBBBBMBBBBMB", Outcome.BREACH, id="three missing, nothing speaks against it"),
        pytest.param("MMMBBBBBBBBBB", Outcome.CLEAR, id="the oldest breach is ten slots old"),
        pytest.param("CBBBBBMBBBBMM", Outcome.CLEAR, id="a clear slot speaks against it"),
        pytest.param("MMMMMMMMMMM", Outcome.NO_DATA, id="nothing seen"),
        pytest.param("LLLLLLLLLLL", Outcome.NO_DATA, id="too little volume all along"),
        pytest.param("MMMBBBBBBBBMM", Outcome.NO_DATA, id="eight of eleven seen"),
        pytest.param("MMCCCCCCCCCMM", Outcome.CLEAR, id="nine of eleven seen, all clear"),
        pytest.param("MMMMMMMMMMC", Outcome.CLEAR, id="a clear slot makes eleven breaching ones impossible"),
        pytest.param("", Outcome.CLEAR, id="nothing exists yet"),
    ],
)
def test_ten_minutes_at_one_minute_steps(classes: str, outcome: Outcome) -> None:
    assert judge(Window(11, 11), classes.encode()).outcome is outcome


@pytest.mark.parametrize(
    ("classes", "policy", "outcome", "branch"),
    [
        pytest.param("CBBMB", "missing", "breach", "enough_breaching", id="enough breaching whatever is missing"),
        pytest.param("BCMCM", "missing", "clear", "too_few_even_if_missing_breached", id="cannot be enough"),
        pytest.param("BBMMM", "breaching", "breach", "policy", id="missing counts as breaching"),
        pytest.param("BBMMM", "not_breaching", "clear", "policy", id="missing counts as clear"),
        pytest.param("BBMMM", "missing", "no_data", "coverage", id="two of three are too few"),
        pytest.param("BBMMM", "ignore", "hold", "coverage", id="two of three are too few to move"),
        pytest.param("MMMMM", "ignore", "hold", "coverage", id="nothing seen, nothing moves"),
    ],
)
def test_each_branch_of_three_out_of_three(classes: str, policy: str, outcome: str, branch: str) -> None:
    assert branch_of(classes, 3, 3, policy) == (Outcome(outcome), Branch(branch))


@pytest.mark.parametrize(
    ("classes", "m", "policy", "outcome", "branch"),
    [
        pytest.param("BBBMBMM", 5, "missing", "breach", "only_breaching_long_enough", id="no clear slot, old enough"),
        pytest.param("BBBMBMM", 5, "ignore", "hold", "only_breaching_long_enough", id="ignore only holds"),
        pytest.param("MMMBBBB", 5, "missing", "clear", "undecided", id="no clear slot, but too young"),
        pytest.param("MMMBBBB", 5, "ignore", "clear", "undecided", id="too young for ignore as well"),
        pytest.param("CBBMMMB", 4, "missing", "clear", "undecided", id="a clear slot among four"),
        pytest.param("CBBMMMB", 4, "ignore", "clear", "undecided", id="a clear slot among four, ignoring"),
    ],
)
def test_what_four_of_five_samples_can_say(classes: str, m: int, policy: str, outcome: str, branch: str) -> None:
    assert branch_of(classes, 5, m, policy) == (Outcome(outcome), Branch(branch))


@pytest.mark.parametrize(
    ("coverage", "outcome"),
    [
        pytest.param(0.8, Outcome.BREACH, id="exactly enough"),
        pytest.param(0.81, Outcome.NO_DATA, id="a little more asked for"),
        pytest.param(1.0, Outcome.NO_DATA, id="all asked for"),
        pytest.param(0.0, Outcome.BREACH, id="nothing asked for"),
    ],
)
def test_four_of_five_samples_are_eighty_percent(coverage: float, outcome: Outcome) -> None:
    assert branch_of("BBBBMMM", 5, 5, "missing", coverage)[0] is outcome


def test_a_verdict_tells_the_numbers_it_follows_from() -> None:
    found = judge(Window(5, 4), b"CMBBMCM")
    assert found == Verdict(Outcome.CLEAR, Branch.TOO_FEW_EVEN_IF_MISSING_BREACHED, low=2, high=3, used=4, expected=5)
    assert found.coverage == 0.8
    assert judge(Window(5, 4), b"").coverage == 1.0


@pytest.mark.parametrize(
    ("good", "policy", "expected"),
    [
        pytest.param("GGG", "missing", True, id="three good slots"),
        pytest.param("GG", "missing", False, id="too few slots since the opening"),
        pytest.param("NGG", "missing", False, id="one was not good"),
        pytest.param("NGGG", "missing", True, id="an older one was not good"),
        pytest.param("GMGMG", "missing", True, id="three good among five"),
        pytest.param("GMGMMG", "missing", False, id="the oldest good one is out of range"),
        pytest.param("GMM", "missing", False, id="missing is not good"),
        pytest.param("MMM", "ignore", False, id="nothing seen is not good"),
        pytest.param("MMM", "breaching", False, id="missing breaches"),
        pytest.param("MMM", "not_breaching", True, id="missing is clear"),
        pytest.param("GMG", "not_breaching", True, id="missing is clear between good ones"),
        pytest.param("NMM", "not_breaching", False, id="missing does not outweigh a bad slot"),
        pytest.param("MM", "not_breaching", False, id="too few slots, whatever they are"),
        pytest.param("GNG", "not_breaching", False, id="what was seen is not made up for where nothing is missing"),
    ],
)
def test_recovery_over_three_slots(good: str, policy: str, *, expected: bool) -> None:
    assert recovered(Window(9, 1, 2, Missing(policy)), 3, good.encode()) is expected
