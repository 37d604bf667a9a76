"""The page of a decision over real HTTP: what it shows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stopwatch.core.appendix import APPENDED
from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Acted, DecisionId, DecisionState
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.paused import RECOVERY_SHA256, SHA256, appendix, bundle, decision, ended
from tests.web.world import at


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
        assert "a site that is not judged until then waits for it" in text
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


def test_a_recovery_is_shown_with_the_values_that_ended_the_breach(site: PageSite) -> None:
    first, second = decision().grounds
    site.records.now = replace(decision(), grounds=(replace(first, recovered_at=at(10, 40)), second))
    site.estate.recovered = {decision().id}
    text = site.client.get(PAGE).text
    assert "<summary>How it recovered, judged 2026-11-21 11:40:00 CET</summary>" in text
    chart = text.partition("How it recovered")[2].partition("</svg>")[0]
    assert "Newest value 1.1 %" in chart
    assert "Recovered 2026-11-21 11:40:00." in chart
    assert f"recovery bundle <code>{RECOVERY_SHA256}</code>" in text
    assert "Evidence proven" in text


def test_a_recovery_that_cannot_be_read_leaves_the_page_readable(site: PageSite) -> None:
    site.estate.recovered = {decision().id}
    site.estate.bodies[RECOVERY_SHA256] = "{}"
    answer = site.client.get(PAGE)
    assert (answer.status_code, "How it recovered" in answer.text) == (200, False)
    assert "Evidence does not prove itself" in answer.text


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
