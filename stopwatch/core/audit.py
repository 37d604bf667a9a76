"""The audit chain: each row's hash covers the previous hash and the row's canonical JSON."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENESIS = "0" * 64
"""What stands for the previous hash of the first row."""


def canonical_json(value: object) -> str:
    """
    Write *value* in one way only: sorted keys, no spaces, UTF-8 text, no NaN or infinity.

    Raises:
        ValueError: A number is not finite; encode it first (see `finite`).
        TypeError: A value has no JSON form.

    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def finite(number: float | None) -> float | str | None:
    """Write a sample for JSON: NaN as null, infinities as ``"+Inf"`` and ``"-Inf"``, as Prometheus spells them."""
    if number is None or math.isnan(number):
        return None
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    return number


def content_hash(value: object) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of *value*."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def chain_hash(previous: str, body: Mapping[str, object]) -> str:
    """Return the hash of a row: SHA-256 over the previous row's hash and the row's canonical JSON."""
    return hashlib.sha256(previous.encode() + canonical_json(body).encode()).hexdigest()


def first_broken(rows: Iterable[tuple[int, str, str, Mapping[str, object]]]) -> int | None:
    """
    Return the sequence number of the first row that does not fit the chain, None if all do.

    Args:
        rows: (sequence number, previous hash, hash, body) in order; numbers run 1, 2, 3, … without a gap.

    """
    expected_previous, expected_number = GENESIS, 1
    for number, previous, own, body in rows:
        if number != expected_number or previous != expected_previous or own != chain_hash(previous, body):
            return number
        expected_previous, expected_number = own, number + 1
    return None


def unaudited(acts: Iterable[tuple[str, str, str]], bodies: Iterable[Mapping[str, object]]) -> list[str]:
    """
    Return the acts that no audit row tells of, in words.

    Args:
        acts: (decision, act, time as RFC 3339) of every act that was ever recorded.
        bodies: The bodies of all audit rows.

    """
    told = {(body.get("decision"), body.get("act"), body.get("at")) for body in bodies}
    return [f"{act} of {decision} at {at}" for decision, act, at in acts if (decision, act, at) not in told]
