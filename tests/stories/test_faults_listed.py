"""The list of faults names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_fault_is_proven_by_tests_that_exist() -> None:
    rows = (Path(__file__).parent / "FAULTS.md").read_text(encoding="utf-8").splitlines()
    proven = [re.findall(r"`(test_\w+)`", row) for row in rows if row.startswith("| ") and "proven by" not in row]
    written = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    known = set(re.findall(r"^def (test_\w+)", written, re.MULTILINE))
    assert len(proven) >= 20
    assert all(proven)
    assert {name for names in proven for name in names} - known == set()
