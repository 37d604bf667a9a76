"""Whatever bytes a server sends, nothing but our own errors leaves the parser, and no wrong number does."""

import math
import random
from copy import deepcopy

import orjson
import pytest

from stopwatch.core.errors import SourceError
from stopwatch.prometheus.parse import TooManyValuesError, parse_matrix
from stopwatch.prometheus.vector import parse_vector
from tests.prometheus.conftest import FIRST, HAM, LODZ, QUERY, matrix, series, slots

COUNT = 6
VALID = matrix(
    series("HAM", [0.25, 0.5, 1.0, 2.0, math.inf, math.nan]),
    series("LODZ", [None, 1e-9, None, 3.5e22, -4.0, None]),
    series("BER", [1.0] * COUNT),
    infos=["PromQL info: x"],
)
ODDITIES: list[object] = [
    *(None, True, False, 0, -1, 2**63, 1e300, "", "NaN", "x", "1_0", [], {}, [[]], [[0]], [[0, "1"]], {"a": {}}),
    *("HAM", "LODZ", ["HAM"], {"site": "HAM"}, FIRST * 60, FIRST * 60 + 0.5, str(FIRST * 60), "success", "vector"),
]
TOKENS = [
    b"",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b'"',
    b"null",
    b"1e999",
    b"9" * 400,
    b"[" * 1_100,
    b"\xff",
    b"\\u0000",
]


def mutated(chance: random.Random, valid: bytes = VALID) -> bytes:
    """A valid body with one to three wounds, in its bytes or in its structure."""
    if chance.random() < 0.3:
        body = bytearray(valid)
        for _ in range(chance.randint(1, 3)):
            start = chance.randrange(len(body) + 1)
            body[start : start + chance.choice([0, 1, 1, 2, 5, 40, 400])] = chance.choice(
                [*TOKENS, bytes([chance.randrange(256)]), valid[start : start + chance.randrange(80)]]
            )
        return bytes(body)
    tree: object = orjson.loads(valid)
    for _ in range(chance.randint(1, 3)):
        wound(tree, chance)
    return orjson.dumps(tree)


def wound(tree: object, chance: random.Random) -> None:
    """Replace, remove, double or swap something at a random place of *tree*."""
    while isinstance(tree, dict | list) and tree:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        key = chance.choice(keys)
        below = tree[key]
        if isinstance(below, dict | list) and below and chance.random() < 0.95:
            tree = below
            continue
        if chance.random() < 0.6:
            tree[key] = deepcopy(chance.choice(ODDITIES))
        elif isinstance(tree, list):
            tree[:] = deepcopy(chance.choice([[*tree, below], tree[1:], tree[::-1], []]))
        else:
            del tree[key]
        return


def survive(body: bytes) -> str:
    """Parse *body*; give the reason of its refusal, or ``read`` after a look at the values."""
    try:
        found = parse_matrix(body, QUERY, slots(COUNT))
    except SourceError as error:
        return error.reason
    except TooManyValuesError:
        return "oversize"
    assert set(found.series) <= {HAM, LODZ}
    for values in found.series.values():
        assert len(values) == COUNT
        assert all(type(value) is float for value in values)
    return "read"


def survive_vector(body: bytes) -> None:
    try:
        parse_vector(body)
    except (SourceError, TooManyValuesError):
        return


def test_ten_thousand_wounded_bodies_are_read_or_refused() -> None:
    outcomes = {survive(mutated(random.Random(seed))) for seed in range(10_000)}
    assert outcomes >= {"read", "not_json", "malformed", "misaligned", "not_a_number", "two_series", "status_error"}


@pytest.mark.long
def test_half_a_million_wounded_bodies_are_read_or_refused() -> None:
    for seed in range(10_000, 510_000):
        survive(mutated(random.Random(seed)))


def test_wounded_instant_answers_are_read_or_refused() -> None:
    for seed in range(300):
        survive_vector(mutated(random.Random(seed)).replace(b"matrix", b"vector").replace(b"values", b"value"))


def test_the_body_without_a_wound_is_read() -> None:
    found = parse_matrix(VALID, QUERY, slots(COUNT))
    assert found.series[HAM][:5] == [0.25, 0.5, 1.0, 2.0, math.inf]
    assert [math.isnan(value) for value in found.series[LODZ]] == [True, False, True, False, False, True]
    assert found.unknown == 1
