"""Faults on demand: what the next calls of a method suffer instead of, or besides, being answered."""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

Kind = Literal["status", "error", "reset", "hang", "late", "lost", "slow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One order of trouble, used up after ``times`` calls (None: until cleared).

    ``kind``:
        status: answer with ``status``, ``body`` and ``retry_after`` (as text, so that it may be garbage);
        error: HTTP 200 with ``ok: false`` and ``error``;
        reset: cut the connection;
        hang: hold the connection for ``seconds``, then cut it;
        late: hold it for ``hold`` seconds, cut it, and let the call take effect ``seconds`` after it came;
        lost: answer as if all were well, and forget the message after ``seconds``;
        slow: wait ``seconds``, then do what is asked.
    ``accepted`` lets status, error, reset and hang strike *after* the call has taken effect. ``skip`` calls pass first,
    ``chance`` is the share of matching calls that are struck, ``channel`` and ``method`` ("*": any) narrow the match.
    """

    kind: Kind
    method: str = "*"
    channel: str | None = None
    times: int | None = 1
    skip: int = 0
    chance: float = 1.0
    accepted: bool = False
    seconds: float = 0.0
    hold: float = 0.0
    status: int = 500
    error: str = "internal_error"
    retry_after: str | None = None
    body: str | None = None
    content_type: str = "text/html; charset=utf-8"

    @classmethod
    def from_json(cls, order: Mapping[str, Any]) -> "Fault":
        """
        Read an order of the control API.

        Raises:
            ValueError: An unknown key or kind.

        """
        unknown = set(order) - {item.name for item in fields(cls)}
        if unknown or order.get("kind") not in get_args(Kind):
            raise ValueError(f"unknown keys {sorted(unknown)} or kind {order.get('kind')!r} of {get_args(Kind)}")
        return cls(**order)


class FaultQueue:
    """The orders in the order they came; the first that matches strikes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._orders: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Put *fault* behind those already waiting."""
        self._orders.append((fault, [fault.skip, -1 if fault.times is None else fault.times]))

    def clear(self) -> None:
        """Forget every order."""
        self._orders.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """The orders not used up, with how often each will still strike (-1: for ever)."""
        return [{**asdict(fault), "left": left[1]} for fault, left in self._orders]

    def strike(self, method: str, channel: str | None) -> Fault | None:
        """The fault that this call suffers, if any; uses it up by one."""
        for index, (fault, left) in enumerate(self._orders):
            if fault.method not in {"*", method} or fault.channel not in {None, channel}:
                continue
            if left[0] > 0:
                left[0] -= 1
                continue
            if fault.chance < 1.0 and self._random.random() >= fault.chance:
                continue
            left[1] -= 1
            if left[1] == 0:
                del self._orders[index]
            return fault
        return None
