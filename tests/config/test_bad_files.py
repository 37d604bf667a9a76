"""Every mistake is said once, with its place, what is wrong and how to mend it."""

import re
from pathlib import Path

import pytest

from stopwatch.config.load import check_folder
from tests.config import golden


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in golden.cases()])
def test_what_is_said_about_a_mistake(case: Path) -> None:
    assert golden.said_about(case) == (case / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in golden.cases()])
def test_every_complaint_is_one_line_with_its_place_and_code(case: Path) -> None:
    said = (case / "expected.txt").read_text(encoding="utf-8")
    headlines = [line for line in said.splitlines() if not line.startswith("  ")]
    assert headlines
    form = r"(kpis|stop-rules|rollout)\.yaml:\d+:\d+: (error|warning): \S.* \[[a-z0-9-]+\]"
    assert [line for line in headlines if not re.fullmatch(form, line)] == []


def test_at_least_forty_distinct_mistakes_are_known() -> None:
    said = "".join((case / "expected.txt").read_text(encoding="utf-8") for case in golden.cases())
    assert len(set(re.findall(r"\[([a-z0-9-]+)\]$", said, re.MULTILINE))) >= 40


def test_the_good_files_have_no_complaint() -> None:
    rule_set, complaints = check_folder(golden.GOOD)
    assert complaints == []
    assert rule_set is not None


def test_a_line_that_may_hold_a_secret_is_not_quoted() -> None:
    assert "hunter2" not in golden.said_about(golden.BAD / "secret-not-quoted")
