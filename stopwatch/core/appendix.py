"""The appendix of a bundle: the rest of its three windows, read later and bound to it by hash; the bundle stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stopwatch.core.evidence import APPENDIX, rule_of, samples_of, verify_body
from stopwatch.core.grid import SlotRange, rfc3339
from stopwatch.core.reading import MAX_POINTS
from stopwatch.core.sample import classify
from stopwatch.core.written import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stopwatch.core.rule import ResolvedRule

WINDOWS = 3
"""How many evaluation ranges of samples belong to an opening's evidence."""
APPENDED = "evidence.append"
"""What the audit row of an appendix is called; its details name the ground and, as *of*, the bundle it belongs to."""
GIVEN_UP = "evidence.append-given-up"
"""What the audit row is called that says why a bundle gets no appendix."""

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_SAME = ("rollout", "site", "label", "opened_at", "rule_hash", "step_seconds")
"""What an appendix repeats of its bundle."""
_SAME_OF_CONDITION = ("kpi", "source", "site_label", "query", "volume_query")
_TOLD = 3
"""So many slots that were read again with another value are told one by one."""


def wanted_slots(rule: ResolvedRule) -> int:
    """Return how many slots the evidence of a rule spans, if they can be read."""
    return max(WINDOWS * rule.window.reach, rule.written.recover_slots + rule.window.extra)


def lacking(bundle: Mapping[str, object]) -> SlotRange | None:
    """
    Return all slots of the three windows of an opening if its bundle does not hold them all, None if nothing is owed.

    At most `MAX_POINTS` slots, the newest, are ever wanted. A bundle that cannot be read is owed nothing.
    """
    try:
        rule = rule_of(_mapping(bundle["rule"]))
        newest = rule.grid.at_or_before(instant_of(bundle["at"]))
        wanted = min(wanted_slots(rule), MAX_POINTS)
        held = len(str(bundle["classes"]))
        whole = _complete(bundle)
    except _UNREADABLE:
        return None
    return SlotRange(rule.grid, newest - wanted + 1, newest) if held < wanted and whole else None


def _complete(bundle: Mapping[str, object]) -> bool:
    """Tell whether a bundle names everything that is needed to read its slots again."""
    named = all(name in condition for condition in _conditions(bundle) for name in (*_SAME_OF_CONDITION, "unit"))
    return named and all(name in bundle for name in _SAME) and "name" in _mapping(bundle["source"])


def is_appendix(bundle: Mapping[str, object]) -> bool:
    """Tell an appendix from a bundle that stands for itself."""
    return bundle.get("kind") == APPENDIX


def joined(bundle: Mapping[str, object], appendix: Mapping[str, object]) -> dict[str, object]:
    """
    Return *bundle* with the slots and values of its appendix in place of its own, for whoever shows all three windows.

    Raises:
        KeyError, TypeError, ValueError: They do not belong together.

    """
    own, read = _conditions(bundle), _conditions(appendix)
    samples = [
        {**condition, "values": later["values"], "volumes": later["volumes"]}
        for condition, later in zip(own, read, strict=True)
    ]
    return {**bundle, "conditions": samples, **{name: appendix[name] for name in ("first_slot", "classes", "good")}}


def verify_appendix(sha256: str, body: str, body_of: Callable[[str], str | None]) -> tuple[list[str], list[str]]:
    """
    Verify an appendix by its hash and against the bundle it belongs to; return (what is wrong, what is to be noted).

    Classes are computed anew by the bundle's own rule. A slot that was read again with another value than the bundle
    holds is no fault, as sources take in late data: it is noted, and what was judged stays what the bundle holds.
    """
    found = verify_body(sha256, body)
    try:
        appendix = json.loads(body)
        of = str(appendix["of"])
        first = body_of(of)
    except _UNREADABLE as error:
        return [*found, f"the appendix cannot be read: {type(error).__name__}: {error}"], []
    if first is None:
        return [*found, f"the bundle {of[:12]} that it belongs to is not stored"], []
    try:
        bundle = json.loads(first)
        found += _belongs(appendix, bundle)
        return found, _read_again(appendix, bundle) if not found else []
    except _UNREADABLE as error:
        return [*found, f"the appendix does not fit its bundle: {type(error).__name__}: {error}"], []


def given_up(rows: Iterable[Mapping[str, object]], sha256: str) -> str | None:
    """Return why the bundle of that hash got no appendix, as the audit *rows* of its decision tell; None if unsaid."""
    return next((str(row.get("reason")) for row in rows if _tells(row, GIVEN_UP, sha256)), None)


def appendix_of(rows: Iterable[Mapping[str, object]], sha256: str) -> str | None:
    """Return the hash of the appendix of the bundle *sha256*, as the audit *rows* of its decision tell."""
    return next((str(row.get("evidence")) for row in rows if _tells(row, APPENDED, sha256)), None)


def _tells(row: Mapping[str, object], act: str, sha256: str) -> bool:
    details = row.get("details")
    return row.get("act") == act and isinstance(details, dict) and details.get("of") == sha256


def _belongs(appendix: Mapping[str, object], bundle: Mapping[str, object]) -> list[str]:
    found = [
        f"{name}: the appendix says {appendix.get(name)}, its bundle {bundle.get(name)}"
        for name in _SAME
        if appendix.get(name) != bundle.get(name)
    ]
    pairs = zip(_conditions(appendix), _conditions(bundle), strict=True)
    found += [
        f"{name} of {own['kpi']}: the appendix says {read.get(name)}, its bundle {own.get(name)}"
        for read, own in pairs
        for name in _SAME_OF_CONDITION
        if read.get(name) != own.get(name)
    ]
    rule = rule_of(_mapping(bundle["rule"]))
    first = rule.grid.at_or_after(instant_of(appendix["first_slot"]))
    slots = classify(rule, first, samples_of(_conditions(appendix)))
    for name, computed in (("classes", slots.classes), ("good", slots.good)):
        if computed.decode() != appendix.get(name):
            found.append(f"{name}: the values and the bundle's rule give other {name} than the appendix says")
    if rule.grid.instant(slots.last) != instant_of(bundle["at"]):
        found.append("the appendix does not end with the slot that its bundle was judged at")
    if rule.grid.instant(first) >= instant_of(bundle["first_slot"]):
        found.append("the appendix holds no slot before its bundle's first")
    return found


def _read_again(appendix: Mapping[str, object], bundle: Mapping[str, object]) -> list[str]:
    """Say which slots of the bundle were read again with another value."""
    grid = rule_of(_mapping(bundle["rule"])).grid
    begin, later = (grid.at_or_after(instant_of(each["first_slot"])) for each in (bundle, appendix))
    notes = []
    for own, read in zip(_conditions(bundle), _conditions(appendix), strict=True):
        for name in ("values", "volumes"):
            before, after = own[name], read[name]
            if not isinstance(before, list) or not isinstance(after, list):
                continue
            pairs = enumerate(zip(before, after[begin - later :], strict=True))
            told = [
                f"{rfc3339(grid.instant(begin + at))} {_word(one)}, now {_word(two)}"
                for at, (one, two) in pairs
                if one != two
            ]
            if told:
                more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
                slots = "slot was" if len(told) == 1 else "slots were"
                which = f"{len(told)} {slots} read again with another value ({name} of {own['kpi']})"
                notes.append(f"{which}: {'; '.join(told[:_TOLD])}{more}")
    return notes


def _word(written: object) -> str:
    return "missing" if written is None else str(written)


def _conditions(bundle: Mapping[str, object]) -> list[dict[str, object]]:
    conditions = bundle["conditions"]
    if not isinstance(conditions, list):
        raise TypeError("conditions is no list")
    return conditions


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value
