"""Decisions come back as they were saved, and the database itself keeps what was promised about them."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopwatch.core.decision import Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind
from stopwatch.core.errors import ActStaleError, DecisionNotFoundError, Standing, StoreError
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.store.records import SqlWriter
from stopwatch.store.sql import SqlStore
from tests.store.values import HAM, MINUTE, ROLLOUT, T0, acted, any_decision, any_ground, decision, ground

numbers = count(1)


def save(store: SqlStore, value: Decision, *, rev_before: int | None = None) -> None:
    with store.writing() as writer:
        writer.save_decision(value, rev_before=rev_before)


def stored(store: SqlStore, name: str) -> Decision | None:
    with store.reading() as reader:
        return reader.decision(DecisionId(name))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(value=any_decision(), more=st.lists(any_ground(), max_size=2))
def test_any_decision_comes_back_as_it_was_saved_and_as_it_was_changed(
    writer: SqlWriter, value: Decision, more: list[Ground]
) -> None:
    number = next(numbers)
    value = replace(value, id=DecisionId(f"{value.id}-{number}"), rollout=f"{value.rollout}-{number}")
    writer.save_decision(value, rev_before=None)
    assert writer.decision(value.id) == value
    added = tuple(
        replace(g, id=GroundId(f"more-{n}"), rule=RuleId(f"more-{n}"), kind=GroundKind.RULE, site=HAM)
        for n, g in enumerate(more)
    )
    over = tuple(replace(g, recovered_at=T0, summary={"now": 1}) for g in value.grounds)
    changed = replace(value, rev=value.rev - 1, until=T0, grounds=(*over, *added), acts=(*value.acts, *value.acts))
    writer.save_decision(changed, rev_before=value.rev)
    assert writer.decision(value.id) == changed


def test_a_scope_has_one_live_decision_and_another_one_after_its_end(store: SqlStore) -> None:
    first = decision("first")
    save(store, first)
    later = ground(opened_at=T0 + MINUTE)
    with pytest.raises(StoreError, match="promises"):
        save(store, decision("second", "ham-01", later))
    save(store, acted(first, DecisionState.RESUMED), rev_before=1)
    save(store, decision("second", "ham-01", later))
    with store.reading() as reader:
        live = reader.live_decision(ROLLOUT, "ham-01")
    assert live is not None
    assert live.id == "second"


@pytest.mark.parametrize("state", [pytest.param(state, id=state.value) for state in DecisionState])
def test_live_is_what_the_table_of_states_calls_live(store: SqlStore, state: DecisionState) -> None:
    save(store, acted(decision("one"), state))
    with store.reading() as reader:
        assert (reader.live_decision(ROLLOUT, "ham-01") is not None) is state.live
        assert [d.id for d in reader.decisions(ROLLOUT, live=state.live)] == ["one"]
        assert reader.decisions(ROLLOUT, live=not state.live) == []
        assert [d.id for d in reader.decisions(ROLLOUT, state=state.value)] == ["one"]


def test_a_ground_is_unique_for_ever_also_across_decisions(store: SqlStore) -> None:
    first = decision("first")
    save(store, acted(first, DecisionState.DISMISSED))
    with pytest.raises(StoreError, match="promises"):
        save(store, decision("second"))
    with store.reading() as reader:
        assert reader.ground(ROLLOUT, HAM, RuleId("integration-5xx"), T0) == ("first", first.grounds[0])
        assert reader.ground(ROLLOUT, HAM, RuleId("integration-5xx"), T0 + MINUTE) is None
        assert not reader.decision_exists(DecisionId("second"))


def test_a_person_may_declare_the_same_criterion_twice(store: SqlStore) -> None:
    manual = replace(ground(), kind=GroundKind.MANUAL, rule=None, criterion="sev1", id=GroundId("sev1"))
    again = replace(manual, id=GroundId("sev1-2"))
    save(store, decision("one", "ham-01", manual, again))
    assert stored(store, "one") == decision("one", "ham-01", manual, again)


def test_the_loser_of_a_race_learns_who_acted_when(store: SqlStore) -> None:
    seen = decision("one")
    save(store, seen)
    save(store, acted(seen, DecisionState.CONFIRMED, actor="cli:eva"), rev_before=1)
    with pytest.raises(ActStaleError) as refused:
        save(store, acted(seen, DecisionState.DISMISSED, actor="cli:max"), rev_before=1)
    assert refused.value.standing == Standing(2, "confirmed", "cli:eva", T0 + MINUTE)
    assert stored(store, "one") == acted(seen, DecisionState.CONFIRMED, actor="cli:eva")


@pytest.mark.parametrize("part", ["grounds", "acts"])
def test_a_value_from_before_something_was_added_at_the_same_revision_is_stale(store: SqlStore, part: str) -> None:
    seen = decision("one")
    save(store, seen)
    noted = replace(acted(seen, DecisionState.OPEN), rev=1)
    added = noted if part == "acts" else replace(seen, grounds=(*seen.grounds, ground("label-success")))
    save(store, added, rev_before=1)
    with pytest.raises(ActStaleError, match=f"{part} were added"):
        save(store, seen, rev_before=1)
    assert stored(store, "one") == added


def test_a_change_of_a_decision_that_does_not_exist_is_told_apart(store: SqlStore) -> None:
    with pytest.raises(DecisionNotFoundError, match="no decision nowhere"):
        save(store, decision("nowhere"), rev_before=1)


def test_decisions_are_listed_oldest_first_by_scope_and_by_ground(store: SqlStore) -> None:
    wide = replace(decision("wide", "_all", ground(opened_at=T0 + 2 * MINUTE)), site=None, phase=None)
    ham = decision("ham", "ham-01", ground(opened_at=T0 + MINUTE))
    ber = decision("ber", "ber-01", ground(site=SiteId("ber-01")))
    for value in (wide, ham, ber):
        save(store, value)
    save(store, replace(decision("elsewhere"), rollout="other"))
    with store.reading() as reader:
        assert [d.id for d in reader.decisions(ROLLOUT)] == ["ber", "ham", "wide"]
        assert [d.id for d in reader.decisions(ROLLOUT, site=HAM)] == ["ham", "wide"]
        assert reader.decisions(ROLLOUT, site=SiteId("muc-01")) == []


def test_decisions_that_ended_are_listed_by_their_end(store: SqlStore) -> None:
    for name, minutes in (("late", 9), ("early", 3), ("earliest", 1)):
        begun = decision(name, name, ground(site=SiteId(name)))
        save(store, acted(begun, DecisionState.CLOSED, at=T0 + minutes * MINUTE))
    save(store, decision("live"))
    with store.reading() as reader:
        assert [d.id for d in reader.ended_after(ROLLOUT, T0 + MINUTE)] == ["early", "late"]


def test_the_size_of_the_database_grows_with_what_it_holds(store: SqlStore) -> None:
    with store.reading() as reader:
        before = reader.size_bytes()
    with store.writing() as tx:
        tx.save_evidence("e" * 64, "x" * 500_000, T0)
    with store.reading() as reader:
        assert reader.size_bytes() > before > 0


def test_openings_are_counted_per_scope_by_the_kind_of_the_first_ground(store: SqlStore) -> None:
    manual = replace(ground("sev1"), kind=GroundKind.MANUAL, rule=None, criterion="sev1")
    save(store, acted(decision("by-rule", "ham-01", ground(), manual), DecisionState.RESUMED))
    save(store, decision("by-hand", "ham-01", manual))
    save(store, replace(decision("wide", "_all", replace(manual, site=None)), site=None, phase=None))
    with store.reading() as reader:
        assert reader.opened_counts(ROLLOUT) == {
            "ham-01": {GroundKind.RULE: 1, GroundKind.MANUAL: 1},
            "_all": {GroundKind.MANUAL: 1},
        }
        assert reader.opened_counts("other") == {}


def test_the_newest_decisions_are_paged_backwards_without_gap_or_overlap(store: SqlStore) -> None:
    minutes = {"a": 0, "d": 1, "c": 1, "b": 1, "e": 2}
    for name, minute in minutes.items():
        save(store, replace(decision(name, name, ground(opened_at=T0 + minute * MINUTE, site=SiteId(name)))))
    save(store, replace(decision("elsewhere", "x", ground(site=SiteId("x"))), rollout="other"))

    def page(limit: int, before: str | None, site: SiteId | None = None) -> list[str]:
        edge = DecisionId(before) if before is not None else None
        with store.reading() as reader:
            return [d.id for d in reader.newest(ROLLOUT, state=None, site=site, limit=limit, before=edge)]

    assert page(2, None) == ["d", "e"]
    assert page(2, "d") == ["b", "c"]
    assert page(2, "b") == ["a"]
    assert page(2, "a") == []
    assert page(9, "e", SiteId("c")) == ["c"]


def test_the_newest_act_upon_scopes_until_a_moment_is_found(store: SqlStore) -> None:
    with store.writing() as writer:
        for name, minutes in (("ham-01", 3), ("lodz", 5), ("_all", 4)):
            before = decision(f"{name}-20261121T1015Z", name)
            writer.save_decision(before, rev_before=None)
            writer.save_decision(acted(before, DecisionState.ROLLED_BACK, at=T0 + minutes * MINUTE), rev_before=1)
    with store.reading() as reader:

        def newest(scopes: list[str], minutes: int, act: str = "rolled_back") -> str | None:
            found = reader.newest_act(ROLLOUT, scopes, act, until=T0 + minutes * MINUTE)
            return found and f"{found[0]} {found[1].at:%H:%M}"

        assert newest(["ham-01", "_all"], 9) == "_all-20261121T1015Z 10:19"
        assert newest(["ham-01", "_all"], 3) == "ham-01-20261121T1015Z 10:18"
        assert newest(["ham-01"], 2) is None
        assert newest(["ham-01"], 9, "dismiss") is None
