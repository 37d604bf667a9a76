"""The keys of sites and sources are ids: they become parts of decisions, addresses and metrics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stopwatch.config.fields import ID_PATTERN
from stopwatch.config.node import Fields, Node
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints

_ID = re.compile(ID_PATTERN[1:-1])


def check_ids(plan: Node, found: Complaints) -> None:
    """Complain about keys of the document *plan* that are no ids; values are checked by the models."""
    for section, what in (("sites", "site"), ("sources", "source")):
        named = plan.get(section) if isinstance(plan, Fields) else None
        for name, entry in named.entries.items() if isinstance(named, Fields) else ():
            if not _ID.fullmatch(name):
                hint = "lower-case letters, digits, - and _, beginning with a letter or digit, at most 63 characters"
                found.add(entry.key.complaint("bad-id", f"{shown(name)} is no usable id of a {what}", hint))
