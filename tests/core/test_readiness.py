"""Items are met by what was recorded, stop to be met in time, and say who owes them and why they fail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase import AutomaticItem
from stopwatch.core.readiness import age, checklist, retrospective
from tests.core.conduct import DAY, LODZ, LYON, NOW, TRAINING, UAT, WAVE, Book, plan

DONE, LINK = EntryKind.DONE, "https://wiki.example/uat"
HOUR = timedelta(hours=1)


def state(book: Book, item: AutomaticItem | None = None) -> tuple[bool, str]:
    """Whether the one item of Łódź is met, and what is said of it."""
    demanded = plan(readiness=(UAT,)) if item is None else plan(readiness=(), automatic=(item,))
    (found,) = checklist(demanded, LODZ, book.entries, now=NOW)
    return found.met, found.why


@pytest.mark.parametrize(
    ("book", "met", "why"),
    [
        pytest.param(
            Book(), False, "not recorded; stopwatch rollout done lodz uat --link URL", id="nobody recorded anything"
        ),
        pytest.param(Book().add(DONE, LODZ, "uat", link=LINK), True, "cli:ida on 2026-11-30", id="recorded"),
        pytest.param(Book().add(DONE, LYON, "uat").add(DONE, LODZ, "training"), False, "not recorded", id="elsewhere"),
        pytest.param(
            Book().add(DONE, LODZ, "uat", ago=15 * DAY),
            False,
            "expired on 2026-11-30; it was recorded by cli:ida on 2026-11-16",
            id="older than the plan allows",
        ),
        pytest.param(
            Book().add(DONE, LODZ, "uat", expires="2026-12-01T10:00:00Z"),
            False,
            "expired on 2026-12-01",
            id="ended now",
        ),
        pytest.param(
            Book().add(DONE, LODZ, "uat", expires="2026-12-01T10:00:01Z"), True, "cli:ida", id="a second left"
        ),
        pytest.param(
            Book().add(DONE, LODZ, "uat").add(DONE, LODZ, "uat", done=False, note="the printers changed", ago=HOUR),
            False,
            "withdrawn by cli:ida on 2026-12-01: the printers changed",
            id="withdrawn",
        ),
        pytest.param(
            Book().add(DONE, LODZ, "uat", done=False).add(DONE, LODZ, "uat", actor="cli:eva"),
            True,
            "cli:eva on 2026-11-30",
            id="done again",
        ),
    ],
)
def test_an_item_that_people_record(book: Book, *, met: bool, why: str) -> None:
    found = state(book)
    assert found[0] is met
    assert found[1].startswith(why)


REHEARSAL, DRILL, BASELINE = EntryKind.REHEARSAL, EntryKind.DRILL, EntryKind.BASELINE


@pytest.mark.parametrize(
    ("item", "book", "met", "why"),
    [
        pytest.param(
            "rehearsal",
            Book(),
            False,
            "never rehearsed; stopwatch rollout rehearse lodz",
            id="no rehearsal",
        ),
        pytest.param(
            "rehearsal", Book().add(REHEARSAL, WAVE, ok=True), True, "cli:ida on", id="rehearsed for the wave"
        ),
        pytest.param("rehearsal", Book().add(REHEARSAL, "_all", ok=True), True, "cli:ida on", id="rehearsed for all"),
        pytest.param(
            "rehearsal", Book().add(REHEARSAL, LYON, ok=True), False, "never rehearsed", id="rehearsed elsewhere"
        ),
        pytest.param(
            "rehearsal", Book().add(REHEARSAL, LODZ, ok=False), False, "the rehearsal of cli:ida", id="it failed"
        ),
        pytest.param(
            "rehearsal",
            Book().add(REHEARSAL, LODZ, ok=True, ago=31 * DAY),
            False,
            "rehearsed 31 d ago",
            id="too long ago",
        ),
        pytest.param("drill", Book(), False, "never drilled; stopwatch drill lodz", id="no drill"),
        pytest.param(
            "drill",
            Book().add(DRILL, LODZ, ok=False, detail="nobody answered"),
            False,
            "the drill of",
            id="a failed drill",
        ),
        pytest.param(
            "drill", Book().add(DRILL, LODZ, ok=True, answered_by="eva"), True, "answered by eva", id="drilled"
        ),
        pytest.param("baseline", Book(), False, "none is frozen; stopwatch rollout baseline lodz", id="no baseline"),
        pytest.param("baseline", Book().add(BASELINE, LYON), False, "none is frozen", id="a baseline of another site"),
        pytest.param("baseline", Book().add(BASELINE, LODZ), True, "frozen by cli:ida on 2026-11-30", id="frozen"),
        pytest.param("kpi-data", Book(), False, "never asked; stopwatch rollout ready lodz", id="never asked"),
        pytest.param(
            "kpi-data",
            Book().answered(kpi_data=(True, "5 KPIs have data")),
            True,
            "5 KPIs have data (asked 1 h ago)",
            id="data",
        ),
        pytest.param(
            "links",
            Book().answered(links=(False, "nothing is there")),
            False,
            "nothing is there (asked 1 h",
            id="a dead link",
        ),
        pytest.param(
            "channel",
            Book().answered(channel=(True, "fine"), ago=DAY),
            False,
            "last asked 1 d ago",
            id="an old answer",
        ),
        pytest.param(
            "on-call",
            Book().answered(on_call=(True, "Eva")).answered(on_call=(False, "Slack does not know U1")),
            False,
            "Slack does not know U1",
            id="the newest answer counts",
        ),
    ],
)
def test_an_item_that_is_checked_automatically(item: str, book: Book, *, met: bool, why: str) -> None:
    found = state(book, AutomaticItem(item))
    assert found[0] is met
    assert found[1].startswith(why)


def test_every_item_says_who_owes_it() -> None:
    demanded = plan(readiness=(UAT, TRAINING), automatic=tuple(AutomaticItem))
    items = checklist(demanded, LODZ, [], now=NOW)
    assert [(item.item, item.owner, item.automatic) for item in items] == [
        ("uat", "warehouse-lead", False),
        ("training", None, False),
        ("kpi-data", "monitoring", True),
        ("links", "monitoring", True),
        ("on-call", "operations", True),
        ("channel", "operations", True),
        ("rehearsal", "engineering", True),
        ("drill", "operations", True),
        ("baseline", "engineering", True),
    ]


def test_an_item_shows_its_evidence_and_when_it_ends() -> None:
    (item,) = checklist(plan(), LODZ, Book().add(DONE, LODZ, "uat", link=LINK).entries, now=NOW)
    assert (item.link, item.expires) == (LINK, NOW + 13 * DAY)


def test_the_retrospective_is_owed_for_a_phase() -> None:
    assert not retrospective(WAVE, [], now=NOW).met
    assert retrospective(WAVE, Book().add(DONE, WAVE, "retrospective").entries, now=NOW).met


@pytest.mark.parametrize(
    ("seconds", "said"),
    [pytest.param(40, "40 s", id="s"), pytest.param(3599, "59 min", id="min"), pytest.param(2 * 86400, "2 d", id="d")],
)
def test_ages_are_said_in_their_largest_unit(seconds: int, said: str) -> None:
    assert age(timedelta(seconds=seconds)) == said
