"""What an evaluation could not record stands until it is recorded, whatever else the database takes meanwhile."""

from __future__ import annotations

from stopwatch.app.troubles import Troubles
from stopwatch.watch.evaluation.columns import Reads
from stopwatch.watch.evaluation.committing import Committed
from stopwatch.watch.evaluation.tick import TickReport
from tests.watch.letters import T0

FULL = "the database has no room left"


def report(source: str = "default", *, refused: bool = False, silent: bool = False) -> TickReport:
    """What a tick came to."""
    committed = Committed(failures=[f"ham-01: {FULL}"], refused=[FULL]) if refused else Committed()
    reads = Reads(failures=["load: nobody answers"]) if silent else Reads()
    return TickReport(source, T0, reads, committed)


def said(troubles: Troubles) -> str | None:
    """What the database said."""
    return troubles.refusal


def test_a_small_write_that_found_room_makes_up_for_no_evaluation() -> None:
    newest: list[str] = []
    troubles = Troubles(lambda: next(iter(newest), None))
    assert said(troubles) is None
    assert not troubles.note(report(refused=True), at=0, over_after=60)
    assert said(troubles) == FULL, "although the newest write of all was taken"
    assert troubles.note(report("eu"), at=1, over_after=60)
    assert said(troubles) == FULL, "what another source records is something else"
    assert troubles.note(report(), at=2, over_after=60)
    assert said(troubles) is None
    newest.append("a person's act was refused")
    assert said(troubles) == "a person's act was refused"


def test_a_refused_record_is_no_failure_of_prometheus() -> None:
    troubles = Troubles(lambda: None)
    troubles.note(report(refused=True), at=0, over_after=60)
    assert troubles.failing == []
    troubles.note(report(silent=True), at=1, over_after=60)
    assert troubles.failing == [("default", "load: nobody answers")]
    assert said(troubles) is None, "the source's silence is recorded"


def test_who_follows_has_no_troubles() -> None:
    troubles = Troubles(lambda: None)
    troubles.note(report(refused=True, silent=True), at=0, over_after=60)
    troubles.forget()
    assert (said(troubles), troubles.failing) == (None, [])
