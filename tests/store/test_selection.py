"""Both databases find the decisions that somebody wants to see, as the words of a selection say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.decision import DecisionState, GroundKind
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.selection import Selection
from stopwatch.store.sql import SqlStore
from tests.store.values import MINUTE, ROLLOUT, T0, acted, decision, ground
from tests.web.world import fits

SELECTIONS = [
    pytest.param(Selection(), id="all"),
    pytest.param(Selection(state=DecisionState.RESUMED), id="a state"),
    pytest.param(Selection(live=True), id="live"),
    pytest.param(Selection(live=False, drill=False), id="over and no drill"),
    pytest.param(Selection(drill=True), id="drills"),
    pytest.param(Selection(site=SiteId("lodz")), id="a site"),
    pytest.param(Selection(phase=PhaseId("pilot")), id="a phase"),
    pytest.param(Selection(phase=PhaseId("wave-9")), id="a phase without any"),
    pytest.param(Selection(kind=GroundKind.RULE), id="of rules"),
    pytest.param(Selection(kind=GroundKind.MANUAL, drill=False), id="declared"),
    pytest.param(Selection(since=T0 + 2 * MINUTE), id="since"),
    pytest.param(Selection(until=T0 + 2 * MINUTE), id="until"),
    pytest.param(Selection(since=T0 + MINUTE, until=T0 + 3 * MINUTE, kind=GroundKind.RULE), id="between, of rules"),
]


@pytest.mark.parametrize("wanted", SELECTIONS)
def test_a_selection_is_found_newest_first_with_how_many_there_are(store: SqlStore, wanted: Selection) -> None:
    made = []
    scopes = ("ham-01", "lodz", "_drill:lodz", "_drillXlodz", "_all", "lodz")
    for number, scope in enumerate(scopes):
        opened = T0 + number * MINUTE
        kind = GroundKind.RULE if number % 2 == 0 else GroundKind.MANUAL
        own = replace(ground(opened_at=opened, site=SiteId("lodz")), kind=kind, criterion="sev1")
        own = own if kind is GroundKind.RULE else replace(own, rule=None)
        one = decision(f"d-{number}", scope, own)
        made.append(acted(one, DecisionState.RESUMED) if number in {1, 3} else one)
    with store.writing() as writer:
        for one in made:
            writer.save_decision(one, rev_before=None)
    with store.reading() as reader:
        expected = [one for one in reversed(made) if fits(one, wanted)]
        assert reader.selected(ROLLOUT, wanted, limit=None) == (expected, len(expected))
        assert reader.selected(ROLLOUT, wanted, limit=2) == (expected[:2], len(expected))
