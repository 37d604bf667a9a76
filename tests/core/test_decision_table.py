"""The states of a pause decision: every event in every state, against the table of the product written out again."""

from __future__ import annotations

import pytest

from stopwatch.core.decision import FINAL, RETURNS_TO_OPEN, TRANSITIONS, Act, DecisionState, Happening

# One row an event; the columns are the live states. A dot stays, a dash is not allowed.
STATES = "open acknowledged confirmed overridden rolled_back flagged"
TABLE = """
acknowledge               acknowledged  -             -           -            -            -
confirm                   confirmed     confirmed     -           -            -            -
resume                    resumed       resumed       resumed     resumed      -            -
override                  overridden    overridden    overridden  overridden   -            -
pause-again               -             -             -           confirmed    -            -
dismiss                   dismissed     dismissed     dismissed   dismissed    -            -
roll-back                 rolled_back   rolled_back   rolled_back rolled_back  -            rolled_back
close                     -             -             -           -            closed       closed
resolve                   .             .             .           .            .            .
attach                    .             .             .           .            .            .
unnamed-ground            .             .             .           open         .            .
named-ground              .             .             .           .            .            .
recovery                  .             .             .           .            .            .
override-ended-breaching  -             -             -           open         -            -
override-ended-clear      -             -             -           resumed      -            -
rollback-verified         -             -             -           -            verified     -
rollback-flagged          -             -             -           -            flagged      -
"""
FINAL_STATES = ("resumed", "dismissed", "verified", "closed")
# Nothing happens to a final decision, but that links may be attached and that its card hears of a late recovery.
ALLOWED_WHEN_FINAL = ("attach", "recovery")


def cells() -> list[tuple[str, str, str]]:
    """Every (event, state, next state or dash)."""
    found = []
    for row in TABLE.strip().splitlines():
        event, *after = row.split()
        found += [
            (event, before, before if to == "." else to) for before, to in zip(STATES.split(), after, strict=True)
        ]
        found += [(event, before, before if event in ALLOWED_WHEN_FINAL else "-") for before in FINAL_STATES]
    return found


def event_named(name: str) -> Act | Happening:
    """The act or happening with this name."""
    return Act(name) if name in list(Act) else Happening(name)


@pytest.mark.parametrize(("event", "before", "after"), [pytest.param(*c, id=f"{c[0]} when {c[1]}") for c in cells()])
def test_an_event_in_a_state(event: str, before: str, after: str) -> None:
    found = TRANSITIONS[event_named(event)].get(DecisionState(before))
    assert ("-" if found is None else found.value) == after


def test_the_table_knows_every_event_and_every_state() -> None:
    known = {(event, before) for event, before, _ in cells()}
    assert known == {(event.value, state.value) for event in (*Act, *Happening) for state in DecisionState}
    assert set(TRANSITIONS) == {*Act, *Happening}


def test_final_is_what_no_longer_pauses_and_can_no_longer_change() -> None:
    assert sorted(FINAL) == sorted(FINAL_STATES)
    for state in DecisionState:
        assert state.live is (state.value not in FINAL_STATES)
        assert state.pausing is (state.value not in {*FINAL_STATES, "overridden"})
        leaves = {after for row in TRANSITIONS.values() for before, after in row.items() if before is state}
        assert (leaves <= {state}) is (not state.live)


def test_what_leads_from_overridden_to_open_begins_a_new_episode() -> None:
    leads = {event for event, row in TRANSITIONS.items() if row.get(DecisionState.OVERRIDDEN) is DecisionState.OPEN}
    assert leads == RETURNS_TO_OPEN
    for event, row in TRANSITIONS.items():
        into_open = {before for before, after in row.items() if after is DecisionState.OPEN and before is not after}
        assert into_open <= {DecisionState.OVERRIDDEN}, event
