"""Every file is small, says what it is for, gives its reasons and can be built anywhere."""

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.house import tree

LONGEST_FILE = 300
LONGEST_FUNCTION = 50

# Taken apart so that this file names none of them itself.
REGISTRIES = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("docker", "io"),
        ("docker", "com"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("gcr", "io"),
        ("registry", "k8s", "io"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("anaconda", "org"),
        ("maven", "org"),
    ]
]
UNFINISHED = re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b"]))
EXEMPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:|pylint:|mypy:|ruff:)", re.IGNORECASE)
REASONED = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*|type:\s*ignore\[[a-z\-, ]+\])"
    r"\s*[-–—:#(]*\s*(?P<reason>[^\s\d]\S*\s+\S+.*)"
)


def test_every_file_of_code_stays_under_300_lines() -> None:
    lengths = {str(path): len(tree.text(path).splitlines()) for path in tree.programs()}
    assert {path: length for path, length in lengths.items() if length >= LONGEST_FILE} == {}


def test_every_function_fits_a_screen() -> None:
    too_long = {}
    for path in tree.modules("stopwatch"):
        for node in tree.nodes(tree.parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(node) is not None
                first = node.body[0].end_lineno if has_docstring else node.lineno
                length = (node.end_lineno or 0) - (first or 0)
                if length > LONGEST_FUNCTION:
                    too_long[f"{path}:{node.lineno} {node.name}"] = length
    assert too_long == {}


def one_sentence(docstring: str | None) -> bool:
    """Whether the first paragraph of *docstring* is one sentence with a full stop."""
    summary = " ".join((docstring or "").strip().partition("\n\n")[0].split())
    return summary.endswith(".") and not re.search(r"[.!?] [A-Z]", summary)


@pytest.mark.parametrize(
    ("docstring", "verdict"),
    [
        pytest.param("What a slot is.", True, id="one sentence"),
        pytest.param("What a slot is.\n\nMore. And more.", True, id="one sentence and more below"),
        pytest.param("What a slot is. And what not.", False, id="two sentences"),
        pytest.param("What a slot is", False, id="no full stop"),
        pytest.param(None, False, id="no docstring"),
    ],
)
def test_one_sentence_is_told_from_two(docstring: str | None, *, verdict: bool) -> None:
    assert one_sentence(docstring) is verdict


def test_every_module_begins_with_one_sentence() -> None:
    silent = [str(path) for path in tree.modules() if not one_sentence(ast.get_docstring(tree.parsed(path)))]
    assert silent == []


def test_nothing_is_left_to_be_done_later() -> None:
    found = [
        f"{path}:{number}"
        for path in tree.texts()
        if UNFINISHED.search(tree.text(path))
        for number, line in enumerate(tree.text(path).splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_nothing_says_that_it_is_not_implemented() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in tree.modules()
        for node in tree.nodes(tree.parsed(path))
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    ]
    assert found == []


@pytest.mark.parametrize(
    ("comment", "verdict"),
    [
        pytest.param("# noqa: S608 – the table's name is a constant", True, id="reason after a dash"),
        pytest.param("# noqa: S608, E501  # both are constants", True, id="two rules"),
        pytest.param("# type: ignore[no-untyped-call]  # carries no types", True, id="ignored type"),
        pytest.param("# noqa: S608", False, id="rule without reason"),
        pytest.param("# noqa: S608 sql", False, id="one word is no reason"),
        pytest.param("# noqa", False, id="everything"),
        pytest.param("# type: ignore", False, id="ignores every type"),
    ],
)
def test_a_reason_is_told_from_none(comment: str, *, verdict: bool) -> None:
    assert bool(REASONED.fullmatch(comment)) is verdict


def test_every_exemption_states_its_reason() -> None:
    bare = [
        f"{path}:{line} {comment}"
        for path in tree.modules()
        if EXEMPTION.search(tree.text(path))
        for line, comment in tree.comments(path)
        if EXEMPTION.match(comment) and not REASONED.fullmatch(comment)
    ]
    assert bare == []


def test_no_file_names_the_host_of_a_registry() -> None:
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, REGISTRIES))})(?![\w-])")
    found = [f"{path}: {host}" for path in tree.texts() for host in named.findall(tree.text(path))]
    assert found == []


def test_the_core_asks_only_the_standard_library() -> None:
    foreign = []
    for path in tree.modules("stopwatch/core"):
        for name in tree.foreign_names(tree.parsed(path)).values():
            root = name.partition(".")[0]
            if root not in sys.stdlib_module_names and not name.startswith("stopwatch.core."):
                foreign.append(f"{path}: {name}")
    assert foreign == []


def test_no_cache_or_database_is_committed() -> None:
    unwanted = re.compile(r"(^|/)(__pycache__|\.venv|\.hypothesis|\.[a-z_]+_cache)/|\.(db|pyc|sqlite3?)(-wal|-shm)?$")
    assert [path for path in map(Path.as_posix, tree.files()) if unwanted.search(path)] == []
