"""Faults are read strictly, expire by themselves, and replace their like."""

import pytest

from stopwatch.demo.sites.faults import Fault, FaultBoard, FaultKind, FaultRefusedError, fault_from

SITES = ("ham-01", "lyon")


def test_a_wish_without_strength_and_seconds_gets_the_usual_strength_and_no_end() -> None:
    fault = fault_from({"site": "lyon", "kind": "labels"}, sites=SITES, now=100.0)
    assert fault == Fault("lyon", FaultKind.LABELS, 0.2, until=None)


def test_seconds_count_from_now() -> None:
    fault = fault_from({"site": "lyon", "kind": "order_to_ship", "strength": 4, "seconds": 30}, sites=SITES, now=100.0)
    assert (fault.strength, fault.until) == (4.0, 130.0)


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        pytest.param({"kind": "labels"}, "unknown site None", id="no site"),
        pytest.param(
            {"site": "oslo", "kind": "labels"}, "unknown site 'oslo'; known are ham-01, lyon", id="other site"
        ),
        pytest.param({"site": "lyon", "kind": "fire"}, "unknown kind 'fire'", id="other kind"),
        pytest.param({"site": "lyon", "kind": "labels", "strength": 1.5}, "at most 1", id="a share over one"),
        pytest.param({"site": "lyon", "kind": "labels", "strength": 0}, "over 0", id="no strength"),
        pytest.param({"site": "lyon", "kind": "labels", "strength": "1"}, "must be a number", id="text"),
        pytest.param({"site": "lyon", "kind": "labels", "strength": True}, "must be a number", id="a boolean"),
        pytest.param(
            {"site": "lyon", "kind": "labels", "seconds": float("nan")}, "must be a number", id="not a number"
        ),
        pytest.param({"site": "lyon", "kind": "labels", "until": 5}, "unknown key 'until'", id="other key"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_the_reason(wish: dict[str, object], complaint: str) -> None:
    with pytest.raises(FaultRefusedError, match=complaint):
        fault_from(wish, sites=SITES, now=0.0)


def test_a_fault_ends_at_its_time_and_only_at_its_site() -> None:
    board = FaultBoard()
    board.inject(Fault("lyon", FaultKind.CLOSED, 1.0, until=10.0))
    assert board.at("lyon", now=9.9) == {FaultKind.CLOSED: 1.0}
    assert board.at("lyon", now=10.0) == {}
    assert board.at("ham-01", now=5.0) == {}


def test_the_newest_fault_of_a_kind_counts_and_clearing_is_by_site_and_kind() -> None:
    board = FaultBoard()
    board.inject(Fault("lyon", FaultKind.LABELS, 0.1))
    board.inject(Fault("lyon", FaultKind.LABELS, 0.4))
    board.inject(Fault("lyon", FaultKind.SILENT, 1.0))
    board.inject(Fault("ham-01", FaultKind.LABELS, 0.3))
    assert board.at("lyon", now=0)[FaultKind.LABELS] == 0.4
    assert board.clear(site="lyon", kind=FaultKind.LABELS) == 1
    assert board.clear(site="lyon") == 1
    assert board.clear() == 1
    assert board.active(now=0) == ()
