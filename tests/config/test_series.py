"""Series of test files: promtool's notation as promtool reads it, with E for a failed evaluation."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.config.series import MOST_VALUES, SeriesError, Value, expand

NAN, INF = math.nan, math.inf
GOOD = [
    pytest.param("1x2", [1, 1, 1], id="a value and two copies"),
    pytest.param("1+2x3", [1, 3, 5, 7], id="steps upward"),
    pytest.param("9-4x3", [9, 5, 1, -3], id="steps downward"),
    pytest.param("-1-1x1 +2", [-1, -2, 2], id="signs"),
    pytest.param("_ _x3 _x0", [NAN] * 4, id="missing values; a blank times three is three"),
    pytest.param("stale 5 stale+1x1", [NAN, 5, NAN, NAN], id="stale is missing"),
    pytest.param("NaN nan -NaN +Inf -INF inf", [NAN, NAN, NAN, INF, -INF, INF], id="words in any case"),
    pytest.param("inf-1x1 Inf", [INF, INF, INF], id="steps from infinity"),
    pytest.param("0x3", [0, 0, 0, 0], id="no hexadecimal in series"),
    pytest.param("010 00 08 010x1", [8, 0, 8, 8, 8], id="a leading zero is octal where it can be"),
    pytest.param("1x010", [1] * 11, id="a count is decimal"),
    pytest.param("5. .5 1e3 1E-2x1", [5, 0.5, 1000, 0.01, 0.01], id="points and exponents"),
    pytest.param("9223372036854775807", [9.223372036854775807e18], id="the largest whole number"),
    pytest.param("01777777777777777777777", [1.7777777777777778e21], id="too large to be octal"),
    pytest.param("0.1+0.1x2", [0.1, 0.2, 0.1 + 0.1 + 0.1], id="accumulated by addition"),
    pytest.param("1x0", [1], id="no further copy"),
    pytest.param("", [], id="nothing"),
    pytest.param(" 1\t2 \n 3 ", [1, 2, 3], id="any white space"),
    pytest.param("1e-400", [0], id="too small to tell from zero"),
    pytest.param("E 1 Ex2 _ Ex0", [None, 1, None, None, NAN], id="failed evaluations"),
]
REFUSED_BY_PROMTOOL = [
    "x", "1x", "1 x2", "x3", "_x", "1x2x3", "0x3x2", "1x-1", "1x+1", "1x2.0", "1x1e1", "1+2", "1+-2x3", "--1", "1_000",
    "__", "_1", "_+1x2", "NaNx3", "Infx2", "stalex3", "1+NaNx2", "infinity", ".", "1.5.2", "1e", "1e+", "1e400", "1,2",
    "0b1", "0xA", "1 #", "yes", "1x2y", "3s", "'1'", "1٢", "{{schema:0}}", "1x18446744073709551616",
]  # fmt: skip


def same(one: Value, other: Value) -> bool:
    """Equal, where missing equals missing and the sign of zero counts."""
    if one is None or other is None:
        return one is other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other and math.copysign(1, one) == math.copysign(1, other)


@pytest.mark.parametrize(("text", "values"), GOOD)
def test_a_series_is_read_as_promtool_reads_it(text: str, values: list[Value]) -> None:
    found = expand(text)
    assert len(found) == len(values)
    assert all(map(same, found, values)), found


@pytest.mark.parametrize("text", [*REFUSED_BY_PROMTOOL, "e", "E3", "ex3", "Ex", "-E", "E+1x2", f"1x{MOST_VALUES}"])
def test_what_promtool_cannot_read_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(SeriesError) as caught:
        expand(f"7 {text}")
    assert caught.value.offset >= 2
    assert caught.value.length >= 1


def test_many_items_together_are_bounded_before_they_fill_the_memory() -> None:
    with pytest.raises(SeriesError, match="more than"):
        expand(f"1x{MOST_VALUES - 2} 2 3")
    assert len(expand(f"1x{MOST_VALUES - 3} 2 3")) == MOST_VALUES


@given(st.text("0123456789+-.xeE_ NaIinfstal\n", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_series_or_refused(text: str) -> None:
    try:
        values = expand(text)
    except SeriesError as error:
        values = []
        place = text[error.offset : error.offset + error.length]
        assert place
    assert all(value is None or isinstance(value, float) for value in values)


# --------------------------------------------------------------------------------------------- the real promtool


def ask_promtool(folder: Path, texts: list[str], slots: int) -> list[dict[int, float]]:
    """Return what promtool has at each of *slots* slots (series by number); the interval exceeds the lookback."""
    wrong = [{"labels": "nope", "value": 1}]
    test = {
        "interval": "10m",
        "input_series": [{"series": f'x{{i="{number}"}}', "values": text} for number, text in enumerate(texts)],
        "promql_expr_test": [
            {"expr": "x", "eval_time": f"{10 * slot}m", "exp_samples": wrong} for slot in range(slots)
        ],
    }
    file = folder / "series.json"
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "10m", "tests": [test]}))
    run = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    got = re.findall(r"got: (.*)", run.stdout + run.stderr)
    if len(got) != slots:
        return []
    return [{int(i): float(value) for i, value in re.findall(r'i="(\d+)"} (\S+?)(?:,|$)', line)} for line in got]


def generated(rng: random.Random) -> str:
    """One series of a few items, of which promtool can read each."""

    def number() -> str:
        whole = rng.choice(
            ["0", "7", "010", "08", "12", "1e2", "2.5", ".5", "3.", "0.1", "1E-3", "99999999999999999999"]
        )
        return rng.choice(["", "", "-", "+"]) + whole

    def item() -> str:
        step = rng.choice("+-") + number().lstrip("+-")
        return rng.choice(
            [
                "_",
                "stale",
                f"_x{rng.randrange(3)}",
                number(),
                f"{number()}x{rng.randrange(4)}",
                f"{number()}{step}x{rng.randrange(4)}",
                rng.choice(["NaN", "inf", "+Inf", "-INF", "-nan"]),
                f"{rng.choice(['Inf', '-inf', 'NaN', 'stale'])}{step}x{rng.randrange(3)}",
            ]
        )

    return " ".join(item() for _ in range(rng.randrange(1, 5)))


@pytest.mark.slow
def test_promtool_itself_expands_generated_series_as_we_do(tmp_path: Path) -> None:
    rng = random.Random(1)
    readable = [
        str(case.values[0]) for case in GOOD if "E " not in str(case.values[0]) and "\n" not in str(case.values[0])
    ]
    texts = [*readable, *(generated(rng) for _ in range(400))]
    slots = ask_promtool(tmp_path, texts, slots=20)
    assert len(slots) == 20
    for number, text in enumerate(texts):
        ours = (expand(text) + [math.nan] * 20)[:20]
        theirs = [slot.get(number, math.nan) for slot in slots]
        assert all(map(same, ours, theirs)), (text, ours, theirs)


@pytest.mark.slow
def test_promtool_itself_refuses_what_we_refuse(tmp_path: Path) -> None:
    accepted = [text for text in REFUSED_BY_PROMTOOL if "18446744073709551616" not in text]
    assert [text for text in accepted if ask_promtool(tmp_path, [text], slots=1)] == []
