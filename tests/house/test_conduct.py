"""The clock is read in one room, broad excepts stand in one file, and no test patches our own code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

CLOCKS = {
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    *(f"time.{name}" for name in ("gmtime", "localtime", "monotonic", "monotonic_ns", "perf_counter")),
    *(f"time.{name}" for name in ("perf_counter_ns", "process_time", "sleep", "strftime", "time", "time_ns")),
    "asyncio.sleep",
}
ROOMS_WITH_A_CLOCK = ("stopwatch/app", "stopwatch/demo")
LAST_FENCE = Path("stopwatch/app/scheduler.py")
BROAD = {"Exception", "BaseException"}
SKIPS = {"pytest.skip", "pytest.xfail", "pytest.importorskip"} | {
    f"pytest.mark.{mark}" for mark in ("skip", "skipif", "xfail")
}


def uses(module: ast.Module, wanted: set[str]) -> Iterator[tuple[int, str]]:
    """Line and full name of every use of one of *wanted*, under whatever name it was imported."""
    names, last_words = tree.foreign_names(module), {name.rpartition(".")[2] for name in wanted}
    for node in tree.nodes(module):
        if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and node.attr in last_words):
            if (name := tree.dotted(node, names)) in wanted:
                yield node.lineno, name
        elif isinstance(node, ast.ImportFrom):
            imported = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((node.lineno, name) for name in sorted(imported & wanted))


def broad_excepts(module: ast.Module) -> Iterator[int]:
    """Line of every except (or suppress) that swallows what nobody named; tidying up and raising again is none."""
    names = tree.foreign_names(module)
    for node in tree.nodes(module):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            last = node.body[-1]
            raised_again = isinstance(last, ast.Raise) and last.exc is None
        elif isinstance(node, ast.Call) and tree.dotted(node.func, names) == "contextlib.suppress":
            caught, raised_again = node.args, False
        else:
            continue
        if not raised_again and any(kind is None or tree.dotted(kind, {}) in BROAD for kind in caught):
            yield node.lineno


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ntime.time()", id="plain"),
        pytest.param("import time as t\nclock = t.monotonic", id="renamed module"),
        pytest.param("from time import sleep as wait\nwait(1)", id="renamed function"),
        pytest.param("from datetime import UTC, datetime\ndatetime.now(UTC)", id="class method"),
        pytest.param("import datetime as dt\ndt.datetime.utcnow()", id="through the module"),
    ],
)
def test_a_clock_is_found_under_any_name(source: str) -> None:
    assert list(uses(ast.parse(source), CLOCKS))


def test_only_app_and_demo_read_a_clock() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in tree.modules("stopwatch")
        if not path.as_posix().startswith(ROOMS_WITH_A_CLOCK)
        for line, name in uses(tree.parsed(path), CLOCKS)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("try: f()\nexcept: g()", [2], id="bare"),
        pytest.param("try: f()\nexcept Exception as e: g()", [2], id="every exception"),
        pytest.param("try: f()\nexcept (ValueError, BaseException): g()", [2], id="within a tuple"),
        pytest.param("from contextlib import suppress\nwith suppress(Exception): f()", [2], id="suppressed"),
        pytest.param("try: f()\nexcept (ValueError, OSError): g()", [], id="named"),
        pytest.param("try: f()\nexcept BaseException:\n  g()\n  raise", [], id="raised again"),
    ],
)
def test_a_broad_except_is_told_from_a_named_one(source: str, lines: list[int]) -> None:
    assert list(broad_excepts(ast.parse(source))) == lines


def test_only_the_last_fence_catches_everything() -> None:
    found = [
        f"{path}:{line}" for path in tree.modules() if path != LAST_FENCE for line in broad_excepts(tree.parsed(path))
    ]
    assert found == []


def patches(module: ast.Module) -> Iterator[int]:
    """Line of everything that replaces a part of a running program: mocks, and attributes set by monkeypatch."""
    for node in tree.nodes(module):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute):
            names = [tree.dotted(node, {})]
        elif isinstance(node, ast.arg):
            names = [node.arg]
        else:
            continue
        if any(name in {"mock", "mocker", "monkeypatch.setattr"} or name.startswith("unittest.mock") for name in names):
            yield node.lineno


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("from unittest import mock", [1], id="mock from unittest"),
        pytest.param("import unittest.mock as m", [1], id="mock renamed"),
        pytest.param("def test(mocker): f()", [1], id="a plugin's fixture"),
        pytest.param("monkeypatch.setattr(clock, 'now', f)", [1], id="set attribute"),
        pytest.param("monkeypatch.setenv('A', 'b')", [], id="set variable"),
    ],
)
def test_a_patch_is_told_from_a_setting(source: str, lines: list[int]) -> None:
    assert list(patches(ast.parse(source))) == lines


def test_no_test_patches_our_own_code() -> None:
    found = [f"{path}:{line}" for path in tree.modules() for line in patches(tree.parsed(path))]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    found = [f"{path}:{line} {name}" for path in tree.modules("tests") for line, name in uses(tree.parsed(path), SKIPS)]
    assert found == []
