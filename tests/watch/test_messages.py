"""Which messages a decision has is a function of the decision alone, and keys never change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.decision import Act, Decision, GroundId
from stopwatch.core.outbox import MessageKind
from stopwatch.watch.messages import messages_of
from tests.store.values import decision, ground
from tests.watch.letters import CHANNEL, GRAIN, HAM, MINUTE, T0, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)


def grown(*minutes: int, rules: str = "r") -> Decision:
    """A decision with a ground at each of *minutes*; their rules are the letters of *rules*, in turn."""
    return decision(
        "ham-01-1",
        "ham-01",
        *(ground(rules[at % len(rules)], T0 + minute * MINUTE) for at, minute in enumerate(minutes)),
    )


def kinds(of: Decision) -> list[str]:
    return [message.kind.value for message in messages_of(of, CHANNEL)]


def test_a_fresh_decision_is_its_card() -> None:
    (card,) = messages_of(grown(0), CHANNEL)
    assert (card.key, card.kind, card.channel) == (f"ham-01-1/root/{CHANNEL}", MessageKind.ROOT, CHANNEL)


@pytest.mark.parametrize(
    ("minutes", "rules", "told"),
    [
        pytest.param((0, 5), "ab", 1, id="another rule is told"),
        pytest.param((0, 5, 29), "a", 0, id="the same rule is not told within half an hour"),
        pytest.param((0, 30), "a", 1, id="nor withheld after it"),
        pytest.param((0, 5, 31, 40, 61), "a", 2, id="half an hour counts from what was told"),
        pytest.param((0, 1, 2, 3), "ab", 1, id="each rule has its own half hour"),
    ],
)
def test_grounds_of_one_rule_are_told_once_in_half_an_hour(minutes: tuple[int, ...], rules: str, told: int) -> None:
    assert kinds(grown(*minutes, rules=rules)).count("ground") == told


@given(minutes=st.lists(st.integers(0, 90), min_size=1, max_size=12, unique=True).map(sorted))
def test_what_was_to_be_told_stays_so_when_grounds_are_added(minutes: list[int]) -> None:
    keys = [message.key for message in messages_of(grown(*minutes, rules="ab"), CHANNEL)]
    assert len(set(keys)) == len(keys)
    before = {message.key for message in messages_of(grown(*minutes[:-1] or minutes, rules="ab"), CHANNEL)}
    assert before <= set(keys)


def outbox(world: World) -> list[str]:
    return [row.message.key.removesuffix(f"/{CHANNEL}") for row in world.store.rows()]


def test_acts_recoveries_and_grounds_are_told_in_the_thread(worlds: Worlds) -> None:
    world = worlds.make(
        rule_set(rule("load", step=HALF), rule("delay", step=HALF)),
        {("load", HAM): "BBBBBCCCCC", ("delay", HAM): "CCCBBBBBBB"},
    )
    world.run(T0, T0 + 4 * GRAIN, every=HALF)
    (opened,) = world.decisions()
    world.act(opened.id, Act.ACKNOWLEDGE, T0 + 4 * GRAIN)
    world.run(T0 + 5 * GRAIN, T0 + 9 * GRAIN, every=HALF)
    load, delay = (GroundId(f"{name}@20261121T{at}Z") for name, at in (("load", "1001"), ("delay", "100230")))
    assert outbox(world) == [
        f"{opened.id}/root",
        f"{opened.id}/image/{load}",
        f"{opened.id}/act/1",
        f"{opened.id}/ground/{delay}",
        f"{opened.id}/image/{delay}",
        f"{opened.id}/recovered/{load}",
    ]
    (card,) = (row for row in world.store.rows() if row.message.kind is MessageKind.ROOT)
    assert card.desired == 1 + 3, "the act, the ground and the recovery each ask for a fresh card"
    bodies = {row.message.kind: row.message.body for row in world.store.rows()}
    assert bodies[MessageKind.ACT]["state"] == "acknowledged"
    assert bodies[MessageKind.GROUND]["kpi"] == "delay"
    assert bodies[MessageKind.RECOVERED]["recovered_at"] == "2026-11-21T10:03:00Z"


def test_a_breach_that_was_over_when_it_was_found_has_no_recovery_message(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "BBBBBCCCCC"})
    world.tick(T0 + 9 * GRAIN)
    (opened,) = world.decisions()
    assert opened.grounds[0].recovered_at == T0 + 6 * GRAIN
    assert outbox(world) == [f"{opened.id}/root", f"{opened.id}/image/load@20261121T1001Z"]


def test_without_a_channel_nothing_is_told(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "BBBBB"}, channel=None)
    world.tick(T0 + 4 * GRAIN)
    assert len(world.decisions()) == 1
    assert world.store.rows() == []
