"""The pages over real HTTP: what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from stopwatch.core.appendix import APPENDED
from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Acted, DecisionId, DecisionState
from stopwatch.core.kpi import SiteId
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.paused import HOSTILE, SHA256, appendix, bundle, decision, ended
from tests.web.world import at


@pytest.fixture(scope="module")
def _site() -> Iterator[PageSite]:
    yield from serve(tokens=False)


@pytest.fixture
def site(_site: PageSite) -> PageSite:
    """Pages without tokens, as on loopback."""
    return _site.fresh()


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


def test_two_hundred_sites_are_one_page() -> None:
    for served in serve(tokens=False, sites=200):
        text = served.client.get("/").text
        assert text.count('data-part="site/') == 200
        assert len(text) < 1_300_000


def test_a_decision_tells_its_cause_its_effect_and_what_is_next(site: PageSite) -> None:
    text = site.client.get(PAGE).text
    assert "Hamburg: Integration 5xx 8.2 %, above 5 % for 15 min, and 1 more" in text
    assert "paused since 2026-11-21 11:14 CET; later phases may not begin." in text
    assert "Confirm the pause, override it, roll back or resume." in text
    assert SHA256 in text
    assert "Evidence proven" in text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart"' in text
    assert "looking at the gateway" in text


def test_of_a_decision_that_has_ended_nothing_is_claimed_of_now(site: PageSite) -> None:
    assert "still holds" in site.client.get(PAGE).text
    text = site.client.get(f"/decisions/{ended().id}").text
    assert "held when the decision ended" in text
    assert "still holds" not in text


def test_evidence_that_was_changed_is_said_aloud(site: PageSite) -> None:
    site.estate.bodies[SHA256] = site.estate.bodies[SHA256].replace("0.055", "0.015")
    text = site.client.get(PAGE).text
    assert "Evidence does not prove itself" in text
    assert "it was changed after it was frozen" in text


def test_evidence_that_is_gone_leaves_the_page_readable(site: PageSite) -> None:
    site.estate.bodies.clear()
    answer = site.client.get(PAGE)
    assert (answer.status_code, "its bundle is not stored" in answer.text) == (200, True)


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


def test_the_timeline_tells_what_data_people_and_messages_did_in_order(site: PageSite) -> None:
    text = site.client.get(PAGE).text
    told = re.findall(r'<li class="k-(\w+)"><time [^>]*>([^<]+)</time><div><strong>([^<]+)', text)
    assert told == [
        ("data", "21 Nov 10:59:00", "integration-5xx: the breach began"),
        ("data", "21 Nov 11:14:00", "integration-5xx: opened"),
        ("message", "21 Nov 11:15:02", "card sent to Slack"),
        ("act", "21 Nov 11:16:21", "acknowledge (revision 2)"),
        ("message", "21 Nov 11:16:21", "act waits to be sent to Slack, tried 2 times"),
        ("act", "21 Nov 11:20:00", "operational-blocker: opened"),
    ]


def test_an_override_says_on_the_page_which_grounds_it_accepts_and_until_when() -> None:
    details = {
        "until": "2026-11-21T12:00:00Z",
        "category": "accepted_risk",
        "grounds": ["integration-5xx@20261121T1014Z"],
    }
    act = Acted("override", "slack:U1", at(10, 20), "agreed with Eva", 2, 3, details)
    held = replace(
        decision(),
        state=DecisionState.OVERRIDDEN,
        rev=3,
        until=at(12, 0),
        accepted=frozenset({"integration-5xx"}),
        acts=(act,),
    )
    for served in serve(tokens=False):
        served.records.more = [replace(held, id=DecisionId("d-1"))]
        text = served.client.get("/decisions/d-1").text
        assert "The override accepts integration-5xx; any other ground pauses the site again." in text
        assert "going on by an override until 2026-11-21 13:00 CET" in text
        assert "override as accepted risk until 2026-11-21 13:00 CET accepting integration-5xx@20261121T1014Z" in text


@pytest.mark.parametrize(
    ("scope", "whom"),
    [
        pytest.param("_all", "All sites: paused since", id="everywhere"),
        pytest.param("_wave-1", "All sites of wave-1: paused since", id="a phase"),
    ],
)
def test_a_wide_stop_says_whom_it_pauses(scope: str, whom: str) -> None:
    for served in serve(tokens=False):
        served.records.more = [replace(decision(), id=DecisionId("d-1"), scope=scope, site=None)]
        assert whom in served.client.get("/decisions/d-1").text


@pytest.mark.parametrize("path", ["/decisions/nobody-20261121T1015Z", "/decisions/%00", "/decisions/../../etc"])
def test_what_is_not_there_is_a_404(site: PageSite, path: str) -> None:
    assert site.client.get(path).status_code == 404


def test_records_that_cannot_be_read_are_a_503(site: PageSite) -> None:
    site.records.locked = True
    assert site.client.get("/decisions").status_code == 503


def test_without_scripts_a_page_asks_the_browser_to_come_again(site: PageSite) -> None:
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in site.client.get("/").text


def test_an_appendix_is_shown_with_all_three_windows_beneath_its_opening(site: PageSite) -> None:
    first, ground = bundle(20), decision().grounds[0]
    of, sha256 = content_hash(first), content_hash(appendix())
    rows = site.estate.history(decision().id)
    appended = {"decision": decision().id, "act": APPENDED, "evidence": sha256, "details": {"of": of}}
    site.estate.audit = [{**rows[0], "evidence": of}, rows[1], appended]
    site.estate.bodies |= {of: canonical_json(first), sha256: canonical_json(appendix())}
    site.records.now = replace(decision(), grounds=(replace(ground, evidence=of), decision().grounds[1]))
    text = site.client.get(PAGE).text
    assert "Three windows, with 34 slots before that were read later, 2026-11-21 11:16 CET" in text
    assert text.count('class="chart"') == 2
    assert "54 slots of 1 min" in text
    assert f"appendix bundle <code>{sha256}</code>" in text
    assert "unproven" not in text.partition("<body")[2]
    site.estate.audit = [
        {**rows[0], "evidence": of},
        rows[1],
        {**appended, "act": "evidence.append-given-up", "reason": "gone <b>"},
    ]
    assert "it has no appendix: gone &lt;b&gt;" in site.client.get(PAGE).text


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
