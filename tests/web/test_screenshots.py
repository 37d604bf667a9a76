"""A picture of every page in every state and look, in `.screenshots/`, for people to look at before a release."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from stopwatch.core.decision import Act, Acted, Decision, DecisionId, DecisionState
from stopwatch.web.replay_page import Bar, Line, Row, SiteSection, render
from stopwatch.web.replay_page import Page as Replayed
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.chromium import DESK, PHONE, Window, chromium, window
from tests.web.paused import decision
from tests.web.test_replay_page import START
from tests.web.test_replay_page import page as replayed
from tests.web.world import SECRETS, at

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parents[2] / ".screenshots"
LEAST_BYTES = 5_000
MINUTE = timedelta(minutes=1)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESK, "color_scheme": "light"},
    "dark": {"viewport": DESK, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
}
HOW = {
    DecisionState.OPEN: [],
    DecisionState.ACKNOWLEDGED: [Act.ACKNOWLEDGE],
    DecisionState.CONFIRMED: [Act.ACKNOWLEDGE, Act.CONFIRM],
    DecisionState.OVERRIDDEN: [Act.ACKNOWLEDGE, Act.OVERRIDE],
    DecisionState.ROLLED_BACK: [Act.CONFIRM, Act.ROLL_BACK],
    DecisionState.FLAGGED: [Act.CONFIRM, Act.ROLL_BACK],
    DecisionState.RESUMED: [Act.ACKNOWLEDGE, Act.CONFIRM, Act.RESUME],
    DecisionState.DISMISSED: [Act.DISMISS],
    DecisionState.VERIFIED: [Act.CONFIRM, Act.ROLL_BACK],
    DecisionState.CLOSED: [Act.CONFIRM, Act.ROLL_BACK, Act.CLOSE],
}
DETAILS: dict[Act, dict[str, object]] = {
    Act.OVERRIDE: {
        "category": "accepted-risk",
        "until": "2026-11-21T12:00:00Z",
        "grounds": ["integration-5xx@20261121T1014Z"],
    },
    Act.ROLL_BACK: {"what": "release", "from": "4.12.0", "to": "4.11.3"},
    Act.DISMISS: {"category": "data_fault"},
}


def in_state(state: DecisionState) -> Decision:
    """A decision as people would have brought it there."""
    acts = tuple(
        Acted(
            act.value,
            "slack:Eva Kowalska",
            at(10, 16 + 3 * number),
            "agreed with the warehouse lead",
            number + 1,
            number + 2,
            DETAILS.get(act, {}),
        )
        for number, act in enumerate(HOW[state])
    )
    first, second = decision().grounds
    over = not state.live
    ground = replace(first, recovered_at=at(10, 40) if over else None)
    manual = replace(second, summary={"reason": "label printers of gate 3 are down", "actor": "slack:Eva Kowalska"})
    return replace(
        decision(),
        id=DecisionId(f"ham-01-20261121T1015Z-{state.value}"),
        state=state,
        rev=len(acts) + 1,
        acts=acts,
        ended_at=at(10, 55) if over else None,
        until=at(12, 0) if state is DecisionState.OVERRIDDEN else None,
        accepted=frozenset({"integration-5xx"} if state is DecisionState.OVERRIDDEN else ()),
        grounds=(ground, replace(manual, resolved_at=at(10, 50) if over else None)),
    )


def month() -> Replayed:
    """Thirty days of three sites, minute by minute."""
    slots, width = 30 * 24 * 60, 44

    def row(site: int, rule: str, *, notable: bool) -> Row:
        classes = bytearray(b"C" * slots)
        if notable:
            classes[9000:9060], classes[30000:30400] = b"B" * 60, b"M" * 400
        lows = [1 + math.sin(place / 5 + site) / 3 for place in range(slots // width)]
        highs = [low + 0.6 for low in lows]
        if notable:
            highs[204:206], lows[681:691], highs[681:691] = [7.2, 6.8], [math.nan] * 10, [math.nan] * 10
        line = Line(rule, width, lows, highs, 5.0, 3.0, f"{rule}: above 5 %", "limit 5 %", "0.7 %", "7.2 %")
        states = [
            Bar("pending", START + 9000 * MINUTE, START + 9015 * MINUTE, "pending 27 Nov 16:00Z to 16:15Z"),
            Bar("breached", START + 9015 * MINUTE, START + 9075 * MINUTE, "breached 27 Nov 16:15Z to 17:15Z"),
        ]
        words = "1 breach, 400 slots missing" if notable else "no breach"
        return Row(rule, START, MINUTE, bytes(classes), states if notable else [], [line], words, notable)

    sections = [
        SiteSection(
            f"{name} ({site})",
            "pilot" if not number else "wave-1",
            [Bar("decision", START + 9015 * MINUTE, START + 9075 * MINUTE, f"{site}-20261127T1615Z: integration-5xx")]
            if not number
            else [],
            [
                row(number, rule, notable=not number and rule == "integration-5xx")
                for rule in ("integration-5xx", "api-latency")
            ],
        )
        for number, (name, site) in enumerate((("Hamburg", "ham-01"), ("Łódź", "lodz"), ("Lyon", "lyon")))
    ]
    facts = [("decisions", "1"), ("breaches", "1"), ("slots judged", "259 200"), ("missing", "400 (0.2 %)")]
    variants = [
        ["variant", "decisions", "breaches"],
        ["as written", "1", "1"],
        ["integration-5xx.threshold=0.08", "0", "0"],
    ]
    return Replayed(
        "Replay of wms-4-12", START, START + timedelta(days=30), "0123456789abcdef", facts, sections, variants
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    FOLDER.mkdir(exist_ok=True)
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[PageSite]:
    for served in serve(tokens=True):
        served.records.more = [in_state(state) for state in DecisionState]
        served.estate.recovered = {in_state(state).id for state in DecisionState if not state.live}
        yield served


@pytest.fixture(scope="module", params=LOOKS)
def shown(request: pytest.FixtureRequest, browser: Browser, site: PageSite) -> Iterator[tuple[str, Window]]:
    with window(browser, site.address, **LOOKS[request.param]) as made:
        made.sign_in(SECRETS["actor"])
        yield request.param, made


def shoot(page: Page, name: str) -> None:
    file = FOLDER / f"{name}.png"
    page.screenshot(path=file, full_page=True)
    assert file.stat().st_size > LEAST_BYTES


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("board", "/"),
        ("wall", "/decisions"),
        ("wall-filtered", "/decisions?state=overridden&since=2026-11-01"),
        ("sign-in", "/login"),
        ("404", "/decisions/nobody"),
        *((f"decision-{state.value}", f"/decisions/{in_state(state).id}") for state in DecisionState),
    ],
)
def test_every_page_in_every_look(shown: tuple[str, Window], name: str, path: str) -> None:
    look, made = shown
    shoot(made.open(path), f"{name}-{look}")
    assert made.overflow() <= 0


def test_every_form_is_open(shown: tuple[str, Window]) -> None:
    look, made = shown
    page = made.open(f"/decisions/{in_state(DecisionState.CONFIRMED).id}")
    page.evaluate("document.querySelectorAll('.acts details').forEach(each => { each.open = true; })")
    shoot(page, f"forms-{look}")


def test_an_act_that_came_too_late(shown: tuple[str, Window]) -> None:
    look, made = shown
    page = made.open(PAGE)
    page.evaluate("document.getElementById('changed').hidden = false")
    shoot(page, f"stale-{look}")


def test_records_that_cannot_be_read(shown: tuple[str, Window], site: PageSite) -> None:
    look, made = shown
    site.records.locked = True
    try:
        shoot(made.open("/decisions"), f"503-{look}")
    finally:
        site.records.locked = False


def test_a_decision_on_paper(browser: Browser, site: PageSite) -> None:
    with window(browser, site.address) as made:
        made.sign_in(SECRETS["actor"])
        page = made.open(f"/decisions/{in_state(DecisionState.RESUMED).id}")
        file = FOLDER / "decision.pdf"
        page.pdf(path=file, format="A4")
        assert file.stat().st_size > LEAST_BYTES
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 700, "height": 990})
        shoot(page, "decision-paper")


@pytest.mark.parametrize("look", LOOKS)
def test_two_hundred_sites_in_every_look(browser: Browser, look: str) -> None:
    for served in serve(tokens=False, sites=200):
        # At two pixels a point the phone's page would be higher than a picture may be.
        with window(browser, served.address, **{**LOOKS[look], "device_scale_factor": 1}) as made:
            shoot(made.open("/"), f"board-200-{look}")
            assert made.overflow() <= 0


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("name", "page"), [("replay", replayed()), ("replay-month", month())])
def test_the_page_of_a_replay_in_every_look(
    browser: Browser, tmp_path: Path, name: str, page: Replayed, look: str
) -> None:
    file = tmp_path / "replay.html"
    file.write_text(render(page))
    with window(browser, "", **LOOKS[look]) as made:
        shoot(made.open(file.as_uri()), f"{name}-{look}")
        assert made.overflow() <= 0
