"""The pages over real HTTP: what they show."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from stopwatch.core.decision import DecisionId, DecisionState
from stopwatch.core.kpi import SiteId
from stopwatch.web.pages.board_view import BoardFacts, board_view
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.estate import NOW, EstateBoard, FakeEstate
from tests.web.paused import HOSTILE, decision


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_board_shows_each_site_by_phase_with_its_word_and_the_decision_that_holds_it(site: PageSite) -> None:
    text = site.client.get("/").text
    assert [block.partition("<")[0] for block in text.split('<h2><span id="phase-')[1:]] == [
        'pilot">pilot',
        'wave-1">wave-1',
        'wave-2">wave-2',
    ]
    hamburg = row(text, "ham-01")
    for shown in (
        "paused",
        "Hamburg",
        f'href="{PAGE}"',
        "acknowledged",
        "open for 7 min",
        "since 11:14 CET",
        "acknowledge by slack:U1",
    ):
        assert shown in hamburg
    assert "no rule has been evaluated here" in row(text, "site-006")


def row(text: str, site: str) -> str:
    return text.partition(f'data-part="site/{site}"')[2].partition("</tr>")[0]


def cell(text: str, site: str, title: str) -> str:
    """Return what one rule's cell says, without its markup."""
    found = row(text, site).partition(f'<span class="id">{title}</span>')[2].partition("</td>")[0]
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", found, flags=re.DOTALL).split())


@pytest.mark.parametrize(
    ("where", "says"),
    [
        pytest.param("ham-01", "7.4 % &gt; 5 % breached for 22 min", id="breached"),
        pytest.param("site-002", "6.1 % &gt; 5 % pending 11 of 15 min 90 % of samples", id="pending, and thin data"),
        pytest.param("site-003", "– &gt; 5 % no data too few events", id="too few events"),
        pytest.param("site-004", "– &gt; 5 % error cannot be evaluated", id="not evaluated"),
        pytest.param("site-005", "1.1 % &gt; 5 %", id="well"),
    ],
)
def test_each_rule_shows_value_limit_window_and_what_its_data_lack(site: PageSite, where: str, says: str) -> None:
    assert cell(site.client.get("/").text, where, "Integration 5xx") == says


def test_each_kpi_has_its_recent_course_with_its_limit(site: PageSite) -> None:
    text = site.client.get("/").text
    assert text.count('<svg class="spark"') == 5 * 5
    assert "Integration 5xx, lately: newest 7.4 %, limit 5 %" in row(text, "ham-01")
    assert 'class="breach"' in row(text, "ham-01")
    assert 'class="breach"' not in row(text, "site-005")


def test_a_rule_that_was_not_evaluated_yet_is_told_from_one_that_does_not_hold_there() -> None:
    estate, status = FakeEstate(), EstateBoard().status()
    seen = tuple(replace(each, rules=each.rules[1:]) if each.site == "site-002" else each for each in status.sites)
    (place,) = [each for each in seen if each.site == "site-003"]
    rules = estate.rule_set()
    held = {
        **rules.rules,
        place.site: tuple(each for each in rules.rules[place.site] if each.id != place.rules[0].rule),
    }
    seen = tuple(replace(each, rules=each.rules[1:]) if each is place else each for each in seen)
    facts = BoardFacts(replace(status, sites=seen), replace(rules, rules=held), (), {}, None, None)
    rows = {each.site: each for block in board_view(facts, NOW).phases for each in block.rows}
    assert (rows["site-002"].cells[0], rows["site-003"].cells[0]) == ("not evaluated yet", "no such rule here")


def test_the_board_leads_to_the_readiness_of_each_site(site: PageSite) -> None:
    assert '<a class="name" id="r-site-002" href="/readiness/site-002">' in site.client.get("/").text
    assert site.client.get("/readiness/nowhere").status_code == 404


def test_the_board_shows_the_sites_of_one_word_alone(site: PageSite) -> None:
    text = site.client.get("/?show=pending").text
    assert re.findall(r'data-part="site/([^"]+)"', text) == ["site-002"]
    assert 'href="/?show=pending" aria-current="true"' in text
    assert "No site is recovering now." in site.client.get("/?show=recovering").text
    assert site.client.get("/?show=nonsense").text.count('data-part="site/') == 6


def sign(site: PageSite, name: str) -> tuple[str, str]:
    """Return whether a sign of the daemon's own health is good or bad, and its words."""
    found = re.search(rf'<div class="(\w+)"><dt>{name}</dt><dd class="num">([^<]*)', site.client.get("/").text)
    assert found is not None
    return found.group(1), found.group(2)


def test_the_board_shows_how_stopwatch_itself_does(site: PageSite) -> None:
    assert sign(site, "last evaluation") == ("good", "12 s ago")
    assert sign(site, "backlog") == ("good", "none")
    assert sign(site, "Slack") == ("good", "up")
    assert sign(site, "messages") == ("good", "3 waiting, oldest 40 s")
    assert sign(site, "leader") == ("good", "this one")
    site.estate.late = timedelta(minutes=10)
    assert sign(site, "last evaluation") == ("bad", "10 min 12 s ago")
    assert sign(site, "backlog") == ("bad", "25 rules behind")
    assert sign(site, "messages") == ("bad", "3 waiting, oldest 10 min 40 s")


def test_a_replica_that_follows_shows_what_the_leader_left_and_says_who_leads(site: PageSite) -> None:
    site.estate.led_by = "stopwatch-0/1"
    assert sign(site, "leader") == ("good", "stopwatch-0/1")
    assert sign(site, "Slack") == ("good", "left to the leader")
    assert sign(site, "messages") == ("good", "3 waiting, oldest 40 s")
    facts = BoardFacts(
        replace(EstateBoard().status(), last_evaluation=None), site.estate.rule_set(), (), {}, None, "unknown"
    )
    signs = board_view(facts, NOW).signs
    assert [(one.name, one.words, one.good) for one in signs][:2] == [
        ("backlog", "none", True),
        ("leader", "unknown", False),
    ], "the last evaluation is the leader's to tell"
    (told, *_rest) = board_view(replace(facts, leader=None), NOW).signs
    assert (told.name, told.words, told.good) == ("last evaluation", "none yet", False)


def test_two_hundred_sites_are_one_page() -> None:
    for served in serve(tokens=False, sites=200):
        text = served.client.get("/").text
        assert text.count('data-part="site/') == 200
        assert len(text) < 1_300_000


@pytest.mark.parametrize("path", ["/", PAGE, "/decisions", "/decisions?state=<script>&site=<b>", "/login?next=<i>"])
def test_nothing_foreign_becomes_markup_and_nothing_is_loaded_from_elsewhere(site: PageSite, path: str) -> None:
    answer = site.client.get(path)
    assert HOSTILE not in answer.text
    for tag, attributes in Tags(answer.text).found:
        assert tag not in {"i", "img", "iframe", "object", "embed", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            address = attributes.get(name) or "/"
            assert address.startswith(("/", "#", "https://grafana.example/"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_style_and_script_are_our_own_and_kept_for_ever(site: PageSite) -> None:
    own = [
        str(attributes.get("href") or attributes.get("src"))
        for tag, attributes in Tags(site.client.get("/").text).found
        if tag in {"link", "script"}
    ]
    assert len(own) == 3
    for address in own:
        answer = site.client.get(address)
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert site.client.get("/static/secret.txt").status_code == 404


@pytest.mark.parametrize("path", ["/decisions/nobody-20261121T1015Z", "/decisions/%00", "/decisions/../../etc"])
def test_what_is_not_there_is_a_404(site: PageSite, path: str) -> None:
    assert site.client.get(path).status_code == 404


def test_records_that_cannot_be_read_are_a_503(site: PageSite) -> None:
    site.records.locked = True
    assert site.client.get("/decisions").status_code == 503


def test_without_scripts_a_page_asks_the_browser_to_come_again(site: PageSite) -> None:
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in site.client.get("/").text


def test_a_drill_is_marked_as_one_and_changes_nothing_of_the_board(site: PageSite) -> None:
    before = row(site.client.get("/").text, "site-002")
    drill = replace(
        decision(), id=DecisionId("drill-site-002-20261121T0900Z"), scope="_drill:site-002", site=SiteId("site-002")
    )
    site.records.more = site.estate.more = [drill]
    text = site.client.get(f"/decisions/{drill.id}").text
    assert '<span class="pill d-drill">drill, acknowledged</span> drill-site-002-20261121T0900Z' in text
    assert 'class="card summary drill"' in text
    assert "a drill since 2026-11-21 11:14 CET; nothing is wrong, nothing is paused, and no gate changes." in text
    assert "Somebody answered. The drill ends by itself" in text
    assert "</a> / drill at site-002</p>" in text
    for state, words in ((DecisionState.OPEN, "Acknowledge it, as if"), (DecisionState.CLOSED, "The drill is over.")):
        site.records.more = [replace(drill, state=state)]
        assert words in site.client.get(f"/decisions/{drill.id}").text
    after = row(site.client.get("/").text, "site-002")
    told = after[after.index('<div class="told drill">') :].partition("</div>")[0]
    assert "<strong>Drill</strong>, nothing is wrong" in told
    assert f'href="/decisions/{drill.id}"' in told
    assert after.replace(f"{told}</div>\n", "") == before
