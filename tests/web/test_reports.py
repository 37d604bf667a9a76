"""Reports are what their golden files say; ``UPDATE_GOLDEN=1 pytest tests/web/test_reports.py`` writes them anew."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import httpx
import pytest

from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.outbox import Detail, Message, MessageKind
from stopwatch.core.records import Unjudged
from stopwatch.slack.thread import thread_item
from stopwatch.web.application import build_app
from stopwatch.web.pages.board_view import BoardFacts, Sign, board_view
from stopwatch.web.reports.before_after import checkpoint_comparison
from stopwatch.web.reports.checkpoint import checkpoint_document
from stopwatch.web.reports.document import Bar, Document, Section, Table, Timeline, message_facts
from stopwatch.web.reports.gate import gate_document
from stopwatch.web.reports.handover import handover_document
from stopwatch.web.reports.markdown import markdown
from stopwatch.web.reports.page import filed_report
from stopwatch.web.reports.rows import unjudged_lines
from stopwatch.web.reports.timeline import timeline_svg
from stopwatch.web.server import WebServer
from tests.core.hypercare import HAM, PILOT, WAVE, held
from tests.web.estate import EstateBoard, EstateRecords, FakeEstate
from tests.web.health import FakeHealth
from tests.web.rollout_story import LATER, NOW, at, baseline, entry, kpis, quiet, story
from tests.web.second_try import second_try
from tests.web.world import FakeActs

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS: dict[str, Callable[[], Document]] = {
    "checkpoint": lambda: checkpoint_document(story(), PILOT, kpis(0.013), as_of=NOW),
    "checkpoint_first": lambda: checkpoint_document(quiet(), PILOT, [], as_of=None),
    "gate": lambda: gate_document(story(), PILOT),
    "gate_unjudged": lambda: gate_document(story(), WAVE),
    "handover": lambda: handover_document(story()),
    "handover_second_try": lambda: handover_document(second_try()),
    "handover_empty": lambda: handover_document(quiet()),
}


def message(document: Document) -> Message:
    """The report as it waits to be sent."""
    facts = message_facts(document, link="https://stopwatch.example/reports/checkpoint?phase=pilot")
    return Message("report/r/pilot/x", MessageKind.REPORT, "C0", None, 0, facts)


def slack(document: Document) -> str:
    """The message as Slack gets it."""
    return json.dumps(asdict(thread_item(message(document), None, Detail.FULL)), indent=1, ensure_ascii=False) + "\n"


def page(document: Document) -> str:
    """The filed page without its style."""
    return re.sub(r"<style>.*?</style>", "", filed_report([document]), flags=re.DOTALL)


FORMS: dict[str, Callable[[Document], str]] = {"md": markdown, "json": slack, "html": page}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_report_is_what_its_golden_file_says(name: str, form: str) -> None:
    path, written = GOLDEN / f"report_{name}.{form}", FORMS[form](DOCUMENTS[name]())
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    wanted = {f"report_{name}.{form}" for name in DOCUMENTS for form in FORMS}
    assert {path.name for path in GOLDEN.glob("report_*")} == wanted


def said(document: Document) -> str:
    return markdown(document).replace("\\", "")


def test_a_checkpoint_that_nobody_recorded_is_overdue_after_four_hours() -> None:
    early = checkpoint_document(story(), PILOT, [], as_of=None)
    assert "OVERDUE: not recorded" not in said(early)
    late = checkpoint_document(replace(story(), now=NOW + LATER), PILOT, [], as_of=None)
    assert "OVERDUE: not recorded yet: stopwatch report checkpoint --phase pilot --held" in said(late)
    assert "the checkpoint of 2026-11-23 was not recorded" in said(late)
    recorded = replace(story(), now=NOW + LATER, entries=(*story().entries, held(16, at=NOW, day="2026-11-23")))
    assert "OVERDUE: not" not in said(checkpoint_document(recorded, PILOT, [], as_of=None))


def never_judged(site: SiteId, first: int, last: int) -> Unjudged:
    """Slots of one rule that were too old, between hours of the 21st."""
    return Unjudged("wms-4-12", site, RuleId("integration-5xx"), at(21, first), at(21, last), at(22, 1))


def test_slots_that_were_never_judged_are_told_where_blind_time_is() -> None:
    spans = (never_judged(HAM, 3, 7), never_judged(HAM, 1, 4), never_judged(SiteId("elsewhere"), 1, 2))
    unseen = replace(story(), blind=(), unjudged=spans)
    text = said(checkpoint_document(unseen, PILOT, [], as_of=None))
    assert "No site was told to be blind since its go-live." in text
    assert "ham-01: slots from 2026-11-21 01:00 to 2026-11-21 07:00 UTC were never judged" in text
    assert "elsewhere" not in text
    before = replace(unseen, unjudged=(replace(spans[0], first=at(1, 1), last=at(1, 2)),))
    assert "never judged" not in said(checkpoint_document(before, PILOT, [], as_of=None))
    drawn = filed_report([handover_document(unseen)])
    assert "ham-01: integration-5xx never judged from 2026-11-21 03:00 to 2026-11-21 07:00 UTC" in drawn


def test_many_sites_that_were_never_judged_are_one_sentence() -> None:
    sites = [SiteId(f"s{number}") for number in range(7)]
    live = {site: replace(story().activations[HAM], site=site) for site in sites}
    unseen = replace(story(), activations=live, unjudged=tuple(never_judged(site, 1, 2) for site in sites))
    (line,) = unjudged_lines(unseen, sites)
    assert line.startswith("s0, s1, s2, s3, s4 and 2 more sites: slots from 2026-11-21 01:00")


def test_a_report_needs_nothing_from_elsewhere() -> None:
    text = filed_report([DOCUMENTS["handover"]()])
    assert not re.search(r"<(script|link|img|iframe)\b", text)
    assert "url(" not in text
    assert "<style>" in text


def test_foreign_marks_mean_nothing_in_any_form() -> None:
    table = Table(("a",), (("x | y\n# z",), ("https://x.example/?a=1|2",)))
    evil = Document("<b>*t*", ("1. <script>alert(1)</script> & _x_ snake_case",), (Section("[l](x)", table=table),))
    text = markdown(evil)
    assert "| x \\| y # z |" in text
    assert "\n1\\. \\<script\\>" in text
    assert "snake_case" in text
    assert "<script>alert" not in filed_report([evil])


def test_a_message_keeps_slacks_limits_however_long_the_report_is() -> None:
    long = tuple(f"{number}: {'x' * 400}" for number in range(60))
    evil = Document(
        "t" * 400, ("y" * 5000,) * 3, tuple(Section("s" * 300, brief=long) for _ in range(60)), ("f" * 900,)
    )
    shown = thread_item(message(evil), None, Detail.FULL)
    assert len(shown.blocks) <= 50
    texts = [block["text"]["text"] for block in shown.blocks if "text" in block]  # type: ignore[index] # text objects
    assert max(len(text) for text in texts[1:]) <= 3000
    assert len(texts[0]) <= 150
    for detail in Detail:
        assert len(thread_item(message(evil), None, detail).text) <= 4000


def test_a_reminder_in_plain_words_is_told_as_such() -> None:
    reminder = Message("report/r/x", MessageKind.REPORT, "C0", None, 0, {"text": "The checkpoint was not recorded."})
    assert thread_item(reminder, None, Detail.FULL).text == "The checkpoint was not recorded."


def test_a_rollout_of_many_sites_draws_the_worst_and_tells_of_all() -> None:
    many, told = story(), {}
    names = [SiteId(f"site-{number:02}") for number in range(50)]
    frozen = baseline()["kpis"]
    entries = [entry(number, EntryKind.BASELINE, name, "", NOW, kpis=frozen) for number, name in enumerate(names, 20)]
    span = {"start": "2026-11-21T11:00:00Z", "end": "2026-11-23T07:00:00Z"}
    for number, name in enumerate(names):
        known = {"median": 0.012 * (1 + number), "p90": 0.5, "samples": 480, "slots": 480}
        told[name] = {"site": name, **span, "kpis": {"integration-5xx": known}}
    report = entry(99, EntryKind.REPORT, "pilot", "checkpoint/2026-11-23", NOW, figures=list(told.values()))
    phase = replace(PILOT, sites=tuple(names))
    live = {name: replace(many.activations[HAM], site=name) for name in names}
    many = replace(many, activations=live, entries=(*entries, report))
    section = checkpoint_comparison(many, phase, None)
    assert section.changes is not None
    assert len(section.changes.rows) == 40
    assert section.changes.rows[0].worse == pytest.approx(50)
    assert section.table is not None
    assert len(section.table.rows) == 100, "the labels of each are told too: they were not read"
    assert section.text[0].count(" at site-") == 16
    assert section.items[-1] == "The same of 38 more sites."


def test_a_timeline_says_in_words_what_every_bar_is() -> None:
    bars = (Bar("live", at(20, 6), NOW, "<live>"), Bar("paused", at(21, 10), at(21, 11), "paused"))
    svg = timeline_svg(Timeline(at(20, 6), NOW, ((HAM, bars),)))
    assert "<title>&lt;live&gt;</title>" in svg
    assert svg.count("<title>") == 3


def test_a_timeline_of_many_sites_is_drawn_in_pictures_of_which_two_fit_a_page_of_paper() -> None:
    rows = tuple((f"site-{number}", (Bar("live", at(20, 6), NOW, "live"),)) for number in range(1, 104))
    drawn = timeline_svg(Timeline(at(20, 6), NOW, rows)).split("<svg ")[1:]
    assert [svg.count('class="ink"') for svg in drawn] == [22, 22, 22, 22, 15]
    assert all(svg.count(">paused</text>") == 1 for svg in drawn), "each has its legend"
    sizes = [re.search(r'viewBox="0 0 (\d+) (\d+)"', svg) for svg in drawn]
    assert all(size is not None and 2 * int(size[2]) / int(size[1]) < 265 / 182 for size in sizes), (
        "A4 within its margins"
    )


@pytest.fixture(scope="module")
def pages() -> Iterator[httpx.Client]:
    app = build_app(EstateBoard(), EstateRecords(), FakeHealth(), FakeActs(), version="1", estate=FakeEstate())
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=10, trust_env=False) as client:
            yield client
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/reports/checkpoint", "Checkpoint pilot, 2026-11-23", id="checkpoints of all in hypercare"),
        pytest.param("/reports/checkpoint?phase=wave-1", "Checkpoint wave-1, 2026-11-23", id="of one phase"),
        pytest.param("/reports/gate?phase=pilot", "wait for 4.12.1", id="gate"),
        pytest.param("/reports/handover", "Escalation path", id="handover"),
    ],
)
def test_reports_are_pages(pages: httpx.Client, path: str, words: str) -> None:
    answer = pages.get(path)
    assert (answer.status_code, words in answer.text) == (200, True)
    assert "Integration 5xx" in pages.get("/reports/checkpoint").text


def test_whoever_asks_for_reports_gets_the_checkpoint(pages: httpx.Client) -> None:
    answer = pages.get("/reports")
    assert (answer.status_code, answer.headers["location"]) == (303, "/reports/checkpoint")


def test_the_report_of_a_phase_that_is_not_there_is_a_page_that_says_so(pages: httpx.Client) -> None:
    answer = pages.get("/reports/gate?phase=nowhere")
    assert (answer.status_code, "the plan has no phase nowhere" in answer.text) == (404, True)


def test_the_board_names_what_people_forgot() -> None:
    forgotten = (("checkpoint", "pilot of 2026-11-23 overdue"),)
    estate, board = FakeEstate(), EstateBoard()
    facts = BoardFacts(board.status(), estate.rule_set(), (), {}, None, None, forgotten)
    assert Sign("checkpoint", "pilot of 2026-11-23 overdue", good=False) in board_view(facts, NOW).signs
    assert "checkpoint" not in [sign.name for sign in board_view(replace(facts, waiting=()), NOW).signs]
