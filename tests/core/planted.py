"""
The tests of the core, collected once and run against one planted mistake after the other, each in a forked process.

Run as ``python -m tests.core.planted MISTAKES ANSWERS``: JSON lists of ``[module, its new text]`` and of whether each
mistake was overlooked.
"""

from __future__ import annotations

import inspect
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

import pytest

LONGEST_SECONDS = 10
"""Of CPU, so that a busy machine excuses none; the longest test takes one. What runs longer runs for ever."""
MOST_BYTES = 2 * 1024**3
AT_ONCE = 2
# The tables answer in a second and find most; the drawn cases come after them.
SUITE = ("test_verdict", "test_state", "test_published_tables", "test_against_oracle", "test_splits")


@dataclass(slots=True)
class Planting:
    """A plugin of pytest: instead of one run there is one for each mistake, in a child that knows the tests already."""

    planted: list[tuple[str, str]]
    overlooked: list[bool] = field(default_factory=list)
    child: bool = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Fork for each mistake; the child goes on to run the tests, the parent runs none."""
        self.overlooked = [False] * len(self.planted)
        running: dict[int, int] = {}
        for number, (module, text) in enumerate(self.planted):
            if len(running) == AT_ONCE:
                self._await(running)
            if pid := os.fork():
                running[pid] = number
                continue
            self.child = True
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            plant(module, text)
            return None
        while running:
            self._await(running)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Let the child be killed if the test that comes runs too long."""
        spent = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(spent.ru_utime + spent.ru_stime) + LONGEST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))

    def _await(self, running: dict[int, int]) -> None:
        pid, status = os.wait()
        self.overlooked[running.pop(pid)] = status == 0


def plant(module: str, text: str) -> None:
    """Let every function of a module of the core do what *text* says; who has imported it sees the change as well."""
    name = f"stopwatch.core.{module}"
    fresh = dict(codes(compile(text, f"{module}.py", "exec")))
    for function in functions(name):
        function.__code__ = fresh[function.__qualname__]


def codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """Every function in *code* with its qualified name."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner.co_qualname, inner
            yield from codes(inner)


def functions(name: str) -> Iterator[FunctionType]:
    """Every function that is written in a module, also within its classes."""
    module = import_module(name)
    file = Path(str(module.__file__))
    for thing in vars(module).values():
        inside = vars(thing).values() if inspect.isclass(thing) and thing.__module__ == name else (thing,)
        for found in inside:
            function = found.fget if isinstance(found, property) else inspect.unwrap(found) if callable(found) else None
            if isinstance(function, FunctionType) and Path(function.__code__.co_filename) == file:
                yield function


def main(mistakes: str, answers: str) -> None:
    """Try all mistakes of a file; leave the process of a child as its tests ended."""
    planting = Planting([(module, text) for module, text in json.loads(Path(mistakes).read_text(encoding="utf-8"))])
    paths = [str(Path(__file__).with_name(f"{name}.py")) for name in SUITE]
    ended = pytest.main(["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-m", "not long", *paths], plugins=[planting])
    if planting.child:
        os._exit(ended)
    if ended is not pytest.ExitCode.OK:
        raise SystemExit(int(ended))
    Path(answers).write_text(json.dumps(planting.overlooked), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
