"""An answer in the words of the one before is read by its values alone, and comes to what the full parse says."""

import math
import random
from dataclasses import replace

import pytest

from stopwatch.core.errors import SourceError
from stopwatch.core.grid import SlotRange
from stopwatch.prometheus.numbers import read_numbers
from stopwatch.prometheus.parse import TooManyValuesError, parse_matrix
from stopwatch.prometheus.skeleton import Skeleton
from tests.prometheus.conftest import FIRST, HAM, LODZ, MINUTES, QUERY, matrix, series, slots
from tests.prometheus.test_hostile_bodies import mutated

NEXT = SlotRange(MINUTES, FIRST + 1, FIRST + 1)


def answer(ham: float, lodz: float, ber: float = 1.0, first: int = FIRST, **envelope: object) -> bytes:
    found = [series("HAM", [ham], first), series("BER", [ber], first), series("LODZ", [lodz], first)]
    return matrix(*found, **envelope)


def without_an_end(body: bytes) -> bytes:
    """Cut off whatever follows the first value, up to the words before the second one."""
    before = b'"values":[[%d,"' % (60 * (FIRST + 1))
    head, first, *others = body.split(before)
    return before.join([head, first[: first.find(b'"')], *others])


def learnt(body: bytes) -> Skeleton:
    known = parse_matrix(body, QUERY, slots(1)).skeleton
    assert known is not None
    return known


def outcome(body: bytes, asked: SlotRange, known: Skeleton | None) -> object:
    """What the parse comes to, so that two may be compared."""
    try:
        found = parse_matrix(body, QUERY, asked, known)
    except (SourceError, TooManyValuesError) as error:
        return type(error), str(error)
    return {site: [repr(value) for value in values] for site, values in found.series.items()}, found.unknown


def test_the_next_slot_is_read_by_the_skeleton_of_the_one_before() -> None:
    known = learnt(answer(0.25, 0.5))
    body = answer(math.inf, -1e-9, first=FIRST + 1)
    assert dict(known.read(body, QUERY, 60 * (FIRST + 1)) or {}) == {HAM: [math.inf], LODZ: [-1e-9]}
    found = parse_matrix(body, QUERY, NEXT, known)
    assert found.skeleton is known
    assert found.unknown == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(answer(1.0, 2.0), id="of another slot"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1, warnings=["part is missing"]), id="with warnings"),
        pytest.param(matrix(series("HAM", [1.0], FIRST + 1)), id="with fewer series"),
        pytest.param(matrix(), id="empty"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1).replace(b'"1.0"', b'"1,0"', 1), id="a comma in a number"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1).replace(b'"1.0"', b'"1_0"', 1), id="a number of Python's"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1).replace(b'"1.0"', b'""', 1), id="an empty number"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1).replace(b"LODZ", b"HAM"), id="two series for a site"),
        pytest.param(answer(1.0, 2.0, first=FIRST + 1)[:-1], id="cut off"),
        pytest.param(without_an_end(answer(1.0, 2.0, first=FIRST + 1)), id="nothing between two values"),
    ],
)
def test_what_is_not_in_the_same_words_is_for_the_full_parse(body: bytes) -> None:
    known = learnt(answer(0.25, 0.5))
    assert known.read(body, QUERY, 60 * (FIRST + 1)) is None
    assert outcome(body, NEXT, known) == outcome(body, NEXT, None)


def test_a_skeleton_serves_its_own_query_alone() -> None:
    known = learnt(answer(0.25, 0.5))
    assert known.read(answer(1.0, 2.0), replace(QUERY), 60 * FIRST) is None


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        pytest.param(matrix(series("HAM", [1.0]), series("LODZ", [])), slots(1), id="a series without a point"),
        pytest.param(matrix(series("HAM", [1.0, 2.0])), slots(2), id="two slots"),
        pytest.param(matrix(), slots(1), id="no series"),
    ],
)
def test_no_skeleton_is_kept_of_what_could_not_be_read_by_it(body: bytes, asked: SlotRange) -> None:
    assert parse_matrix(body, QUERY, asked).skeleton is None


def test_with_a_skeleton_a_wounded_body_comes_to_what_it_comes_to_without() -> None:
    known, body = learnt(answer(0.25, 0.5)), answer(3.5e22, math.nan, math.nan, first=FIRST + 1)
    by_skeleton = 0
    for seed in range(3_000):
        wounded = mutated(random.Random(seed), body)
        by_skeleton += known.read(wounded, QUERY, 60 * (FIRST + 1)) is not None
        assert outcome(wounded, NEXT, known) == outcome(wounded, NEXT, None), seed
    assert by_skeleton


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["1", "0.1", "1e-05", "1e+06", "-4", "9007199254740993", "4.9e-324"], id="plain"),
        pytest.param(["1", "+Inf", "-Inf", "NaN", "2.5"], id="not in JSON"),
        pytest.param(["-0", "0"], id="a negative zero first"),
        pytest.param(["0", "-0"], id="a negative zero last"),
        pytest.param(["1e999", "123456789012345678901234567890"], id="huge"),
        pytest.param([], id="none"),
    ],
)
def test_numbers_are_read_as_float_reads_them(texts: list[str]) -> None:
    assert [repr(each) for each in read_numbers(",".join(texts).encode(), len(texts))] == [
        repr(float(t)) for t in texts
    ]


@pytest.mark.parametrize("text", ["1_000", " 1", "1,0", "", "٣", "0x1", "1e"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|convert"):
        read_numbers(f"1,{text},2".encode(), 3)
