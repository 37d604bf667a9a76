"""How workers share the tests: file by file, and long ones part by part, so that none is busy alone at the end."""

from __future__ import annotations

import re

from xdist.scheduler import LoadFileScheduling

_ALONE = re.compile(r"\[(many|part \d+ of \d+)\]$")


def shared_as(nodeid: str) -> str:
    """Name what goes to one worker together with a test: its file, or nothing else if it is a long part or row."""
    return nodeid if _ALONE.search(nodeid) else nodeid.partition("::")[0]


class PartByPart(LoadFileScheduling):
    """The scheduler of ``--dist loadfile``, to which a part of a test is as good as a file."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_as(nodeid)
