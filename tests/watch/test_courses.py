"""Recent values come out of memory: bounded, cut to one slot, shaded as the rule judges them, and without a query."""

from __future__ import annotations

from math import isnan

from stopwatch.core.course import Course
from stopwatch.watch.evaluation.courses import courses
from tests.watch.letters import HAM, LODZ, MINUTE, T0, VALUES, rule, rule_set
from tests.watch.world import World, Worlds

LETTERS = {value: letter for letter, value in VALUES.items()}


def letters(course: Course) -> str:
    return "".join("M" if isnan(value) else LETTERS[value] for value in course.values)


def shade(course: Course) -> str:
    return "".join("#" if breaches else "." for breaches in course.breaching)


def run(world: World, minutes: int) -> None:
    world.run(T0, T0 + minutes * MINUTE)


def test_each_rule_at_each_site_shows_its_newest_values_and_what_breaches(worlds: Worlds) -> None:
    series = {("load", HAM): "C.C.B.M.B.B.".replace(".", "C"), ("load", LODZ): "C" * 12}
    world = worlds.make(rule_set(rule("load"), sites=(HAM, LODZ)), series)
    run(world, 5)
    asked = len(world.source.asked)
    found = courses(world.watch.groups, most=4)
    (ham,), (lodz,) = found[HAM, world.cell(HAM, "load").rule.id], found[LODZ, world.cell(LODZ, "load").rule.id]
    assert (letters(ham), shade(ham), ham.threshold) == ("BMBB", "#.##", 5.0)
    assert (letters(lodz), shade(lodz)) == ("CCCC", "....")
    assert len(world.source.asked) == asked


def test_a_value_without_the_volume_it_needs_breaches_nothing(worlds: Worlds) -> None:
    rules = rule_set(rule("load", volume=True))
    world = worlds.make(rules, {("load", HAM): "BCBCBC", ("load_volume", HAM): "CCLCCC"})
    run(world, 2)
    ((course,),) = courses(world.watch.groups, most=9).values()
    assert (letters(course), shade(course)) == ("BBB", "#.#")


def test_a_volume_that_is_read_a_slot_behind_is_laid_beside_its_own_slots(worlds: Worlds) -> None:
    rules = rule_set(rule("load", volume=True))
    world = worlds.make(rules, {("load", HAM): "BCBCBC", ("load_volume", HAM): "CCLCCC"})
    run(world, 1)
    world.source.failing.add("load_volume")
    run(world, 2)
    ((course,),) = courses(world.watch.groups, most=9).values()
    assert (letters(course), shade(course)) == ("BBB", "#..")


def test_before_anything_was_read_there_is_nothing_to_show(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", "load", "delay")), {})
    ((first, second),) = courses(world.watch.groups, most=9).values()
    assert [(each.kpi, list(each.values), list(each.breaching)) for each in (first, second)] == [
        ("load", [], []),
        ("delay", [], []),
    ]
