"""Who sees the pages, who may act at them, and what becomes of a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Link
from stopwatch.core.errors import ActIncompleteError, ActStaleError, Standing
from tests.web.browsing import PAGE, PageSite, serve
from tests.web.estate import NOW
from tests.web.world import LIVE, SECRETS, at

CONFIRM = {"act": "confirm", "rev": "2", "shown": "2"}


@pytest.fixture(scope="module")
def _guarded() -> Iterator[PageSite]:
    yield from serve(tokens=True)


@pytest.fixture
def guarded(_guarded: PageSite) -> PageSite:
    """Pages that know a token for each scope."""
    return _guarded.fresh()


@pytest.mark.parametrize("path", ["/", PAGE, "/decisions?state=open", "/decisions.csv"])
def test_with_tokens_pages_lead_to_the_sign_in_and_back(guarded: PageSite, path: str) -> None:
    answer = guarded.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/")
    assert guarded.client.get(path, headers={"authorization": f"Bearer {SECRETS['reader']}"}).status_code == 200


def test_a_link_from_elsewhere_is_followed_once_more_so_that_the_strict_cookie_comes_along(guarded: PageSite) -> None:
    answer = guarded.client.get(f"/login?next={PAGE}", headers={"sec-fetch-site": "cross-site"})
    assert f'<meta http-equiv="refresh" content="0;url={PAGE}">' in answer.text
    assert "password" in guarded.client.get(f"/login?next={PAGE}", headers={"sec-fetch-site": "same-origin"}).text


def test_a_known_token_signs_in_with_a_strict_cookie_that_scripts_cannot_read(guarded: PageSite) -> None:
    answer = guarded.client.post("/login", data={"token": SECRETS["actor"], "next": "/decisions"})
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "max-age=43200", "path=/"))
    assert SECRETS["actor"] not in cookie
    assert "actor" in guarded.client.get("/").text


def test_an_unknown_token_does_not_sign_in(guarded: PageSite) -> None:
    answer = guarded.client.post("/login", data={"token": "guess", "next": "/"})
    assert (answer.status_code, "not known" in answer.text, "set-cookie" in answer.headers) == (403, True, False)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:0"])
def test_a_sign_in_never_leads_elsewhere(guarded: PageSite, target: str) -> None:
    answer = guarded.client.post("/login", data={"token": SECRETS["actor"], "next": target})
    assert answer.headers["location"] == "/"


def test_a_session_ends_after_twelve_hours(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    guarded.estate.late = timedelta(hours=11, minutes=59)
    assert guarded.client.get("/").status_code == 200
    guarded.estate.late = timedelta(hours=12)
    assert guarded.client.get("/").status_code == 303


def test_signing_out_ends_the_session_at_the_server(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    cookies = dict(guarded.client.cookies)
    guarded.client.post("/logout", data={"csrf": guarded.csrf()})
    guarded.client.cookies.update(cookies)
    assert guarded.client.get("/").status_code == 303


def test_a_form_acts_in_the_name_of_the_token_on_what_was_seen(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    accepted = ["integration-5xx@20261121T1014Z", "operational-blocker@20261121T1020Z"]
    words = {"category": "accepted-risk", "hours": "1.5", "reason": "agreed", "csrf": guarded.csrf()}
    form = {**words, "grounds": accepted}
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, **form, "act": "override"})
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    expected = ActRequest(
        Act.OVERRIDE,
        "api:actor",
        "agreed",
        rev=2,
        shown=2,
        category="accepted-risk",
        until=NOW + timedelta(minutes=90),
        grounds=tuple(accepted),
    )
    assert asked(guarded) == expected


@pytest.mark.parametrize("word", [pytest.param("guess", id="a wrong word"), pytest.param("", id="no word")])
def test_a_form_of_another_page_does_nothing(guarded: PageSite, word: str) -> None:
    guarded.sign_in("actor")
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, "csrf": word})
    assert (answer.status_code, guarded.acts.asked) == (403, [])


def test_who_may_only_read_sees_no_forms_and_cannot_post_one(guarded: PageSite) -> None:
    guarded.sign_in("reader")
    assert f'action="{PAGE}/act"' not in guarded.client.get(PAGE).text
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, "csrf": guarded.csrf()})
    assert (answer.status_code, guarded.acts.asked) == (403, [])


def test_without_tokens_nobody_acts_at_the_pages() -> None:
    for site in serve(tokens=False):
        assert "<textarea" not in site.client.get(PAGE).text
        assert site.client.post(f"{PAGE}/act", data=CONFIRM).status_code == 403


def test_only_acts_that_are_possible_now_are_offered(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    acts = re.findall(r'name="act" value="([^"]+)"', decision(guarded))
    assert acts == ["confirm", "override", "roll-back", "resume", "dismiss", "resolve", "attach"]


def test_an_override_names_the_grounds_it_accepts_and_how_long_it_may_last(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    form = offered(guarded, "override")
    assert re.findall(r'name="grounds" value="([^"]+)" checked', form) == [
        "integration-5xx@20261121T1014Z",
        "operational-blocker@20261121T1020Z",
    ]
    assert "For how many hours, at most 4" in form


def test_an_override_that_accepts_no_ground_is_sent_as_such(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    form = {"act": "override", "category": "risk", "hours": "1", "reason": "agreed", "csrf": guarded.csrf()}
    guarded.client.post(f"{PAGE}/act", data={**CONFIRM, **form})
    assert asked(guarded).grounds == ()


def test_the_resume_form_names_what_still_holds_and_which_rules_go_on_counting(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    form = offered(guarded, "resume")
    assert "Refused as long as a ground holds: integration-5xx, operational-blocker." in form
    assert "pending and go on counting after a resume: api-latency since 2026-11-21 11:12 CET." in form


def asked(guarded: PageSite) -> ActRequest:
    """Return the one act that was asked for."""
    ((identity, request),) = [each for each in guarded.acts.asked if isinstance(each, tuple)]
    assert identity == LIVE
    assert isinstance(request, ActRequest)
    return request


def offered(guarded: PageSite, act: str) -> str:
    """Return the markup of one form."""
    found = re.search(rf'<form [^>]*>(?:(?!</form>).)*name="act" value="{act}".*?</form>', decision(guarded), re.DOTALL)
    assert found is not None
    return found.group(0)


def decision(guarded: PageSite) -> str:
    return guarded.client.get(PAGE).text


def test_a_ticket_is_attached_to_the_ground_it_belongs_to(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    ground = "operational-blocker@20261121T1020Z"
    form = {"act": "attach", "kind": "ticket", "link": " https://tickets.example/INC-7 ", "ground": ground}
    assert guarded.client.post(f"{PAGE}/act", data={**CONFIRM, **form, "csrf": guarded.csrf()}).status_code == 303
    assert (asked(guarded).ground, asked(guarded).links) == (ground, (Link("ticket", "https://tickets.example/INC-7"),))


def test_forms_outlive_a_refresh_and_say_when_they_have_become_stale(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    text = decision(guarded)
    assert 'data-version="2/2"' in text
    assert "data-keep" in text
    assert "This decision has changed since its forms were loaded." in text
    assert "<noscript>" not in text


def test_a_stale_act_is_explained_on_the_page(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    words = "the decision was at revision 1 and is now acknowledged, revision 2 by slack:U1"
    guarded.acts.refusal = ActStaleError(words, Standing(2, "acknowledged", "slack:U1", at(10, 16)))
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, "rev": "1", "csrf": guarded.csrf()})
    assert answer.status_code == 409
    assert f"Nothing changed: {words}. The page below shows the decision as it stands now." in answer.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"act": "override", "hours": "soon"}, "give the hours as a number", id="no hours"),
        pytest.param({"act": "attach", "link": "javascript:alert(1)"}, "begins with https://", id="no link"),
        pytest.param({"act": "attach", "link": "https://"}, "names a host", id="a link without a host"),
        pytest.param({"act": "attach", "link": "https://[a"}, "names a host", id="a link that cannot be read"),
        pytest.param({"act": "attach", "link": "https://a.b/c d"}, "names a host", id="a link with a blank"),
        pytest.param({"act": "attach", "link": "https://a.b", "kind": "x"}, "a link is one of", id="no kind of link"),
        pytest.param({"act": "explode"}, "there is no such act", id="no act"),
        pytest.param({"act": "confirm", "rev": "two"}, "load the page again", id="no revision"),
    ],
)
def test_an_unusable_form_changes_nothing_and_says_why(guarded: PageSite, form: dict[str, str], words: str) -> None:
    guarded.sign_in("actor")
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, "csrf": guarded.csrf(), **form})
    assert (answer.status_code, words in answer.text, guarded.acts.asked) == (422, True, [])


def test_what_the_records_miss_in_a_form_is_said_too(guarded: PageSite) -> None:
    guarded.sign_in("actor")
    guarded.acts.refusal = ActIncompleteError("reason", "dismiss needs a reason")
    answer = guarded.client.post(f"{PAGE}/act", data={**CONFIRM, "act": "dismiss", "csrf": guarded.csrf()})
    assert (answer.status_code, "Nothing changed: dismiss needs a reason." in answer.text) == (422, True)
