"""Random counts: exact at the edges, right on average, never out of range."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.demo.sites.chance import binomial, poisson, scatter


@pytest.mark.parametrize("mean", [0.3, 7.0, 24.9, 25.1, 400.0])
def test_a_poisson_count_has_the_mean_and_the_variance_asked_for(mean: float) -> None:
    rng = Random(1)
    drawn = [poisson(rng, mean) for _ in range(4000)]
    average = sum(drawn) / len(drawn)
    variance = sum((count - average) ** 2 for count in drawn) / len(drawn)
    assert average == pytest.approx(mean, rel=0.06)
    assert variance == pytest.approx(mean, rel=0.12)


@pytest.mark.parametrize(
    ("trials", "chance"),
    [
        pytest.param(20, 0.3, id="few"),
        pytest.param(1000, 0.004, id="rare among many"),
        pytest.param(1000, 0.3, id="normal"),
        pytest.param(1000, 0.996, id="almost all"),
    ],
)
def test_a_binomial_count_has_the_mean_asked_for(trials: int, chance: float) -> None:
    rng = Random(2)
    drawn = [binomial(rng, trials, chance) for _ in range(4000)]
    assert sum(drawn) / len(drawn) == pytest.approx(trials * chance, rel=0.04)


@given(trials=st.integers(-5, 5000), chance=st.floats(-0.5, 1.5), seed=st.integers(0, 1000))
def test_a_binomial_count_stays_between_none_and_all(trials: int, chance: float, seed: int) -> None:
    assert 0 <= binomial(Random(seed), trials, chance) <= max(0, trials)


@given(
    trials=st.integers(0, 5000),
    weights=st.lists(st.floats(0, 10), min_size=1, max_size=12).filter(lambda weights: sum(weights) > 0.1),
    seed=st.integers(0, 1000),
)
def test_scattering_loses_and_invents_nothing(trials: int, weights: list[float], seed: int) -> None:
    counts = scatter(Random(seed), trials, [weight / sum(weights) for weight in weights])
    assert sum(counts) == trials
    assert all(count >= 0 for count in counts)


def test_nothing_expected_is_nothing_counted() -> None:
    assert poisson(Random(3), 0.0) == 0
    assert poisson(Random(3), -1.0) == 0
