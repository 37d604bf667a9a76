"""How workers share the tests: longest first, file by file, long ones apart, so that none is busy alone at the end."""

from __future__ import annotations

import re

from xdist.scheduler import LoadFileScheduling

_ALONE = re.compile(r"\[(many|part \d+ of \d+)\]$")

HOUSE = "tests/house/"

LONGEST = (
    "tests/stories/test_crash.py",
    "tests/stories/test_replicas.py",
    "tests/stories/test_rollback.py",
    "tests/stories/test_rollout.py",
    "tests/stories/test_crash_postgresql.py",
)
"""Files of which single tests take a minute or more: these begin before all others, each test a piece of its own."""


def shared_as(nodeid: str) -> str:
    """
    Name what goes to one worker together with a test: its file, or nothing else if it takes long by itself.

    The tests of the house all read the whole tree, so that one worker reads it for all of them.
    """
    file = nodeid.partition("::")[0]
    if file.startswith(HOUSE):
        return HOUSE
    return nodeid if file in LONGEST or _ALONE.search(nodeid) else file


def turn(nodeid: str, *, slow: bool) -> tuple[int, bool, bool]:
    """Say when a test begins, lowest first: the longest files, *slow* stories, other slow files, the rest."""
    file = nodeid.partition("::")[0]
    place = LONGEST.index(file) if file in LONGEST else len(LONGEST)
    return place, not slow, not file.startswith("tests/stories/")


class PartByPart(LoadFileScheduling):
    """The scheduler of ``--dist loadfile``, to which a part of a test is as good as a file."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_as(nodeid)
