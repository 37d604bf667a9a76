"""A refusal is a page to a browser, in the same look and with the same status, and a problem document to a program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.browsing import PAGE, PageSite, serve

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def _site() -> Iterator[PageSite]:
    yield from serve(tokens=True)


@pytest.fixture
def site(_site: PageSite) -> PageSite:
    """Pages that know tokens, with a reader signed in."""
    fresh = _site.fresh()
    fresh.sign_in("reader")
    return fresh


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        pytest.param("/decisions/nobody-20261121T1015Z", 404, "No decision has the id nobody", id="no decision"),
        pytest.param("/nowhere", 404, "There is nothing here", id="no page"),
        pytest.param(f"{PAGE}/act", 405, "This address is not for looking at", id="not by GET"),
    ],
)
def test_what_a_browser_cannot_see_is_a_page_with_a_way_on(site: PageSite, path: str, status: int, says: str) -> None:
    answer = site.client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in answer.text
    assert 'href="/">To the board' in answer.text
    assert "Sign out" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_form_that_may_not_be_sent_is_refused_in_words_with_the_way_to_sign_in(site: PageSite) -> None:
    answer = site.client.post(f"{PAGE}/act", data={"act": "confirm"}, headers=BROWSER)
    assert (answer.status_code, "You may not do this" in answer.text) == (403, True)
    assert "Sign in with a token that may act" in answer.text
    assert 'href="/login">Sign in' in answer.text


def test_records_that_cannot_be_read_say_that_the_watch_goes_on_and_ask_again(site: PageSite) -> None:
    site.records.locked = True
    answer = site.client.get("/decisions", headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "the watch goes on by itself" in answer.text
    assert 'data-refresh="5"' in answer.text
    assert '<noscript><meta http-equiv="refresh"' in answer.text
    assert "secret-path" not in answer.text


def test_a_failure_inside_is_a_page_without_its_details(site: PageSite) -> None:
    site.records.broken = True
    answer = site.client.get("/decisions", headers=BROWSER)
    assert (answer.status_code, "its log says why" in answer.text, "secret" in answer.text) == (500, True, False)


def test_what_the_address_says_is_text_on_the_page(site: PageSite) -> None:
    assert "<script>alert" not in site.client.get("/decisions/<script>alert(1)</script>", headers=BROWSER).text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/api/v1/decisions/nobody-20261121T1015Z", BROWSER, id="the API, whatever is accepted"),
        pytest.param(
            "/decisions/nobody-20261121T1015Z", {"accept": "application/json"}, id="a page, asked by a program"
        ),
    ],
)
def test_programs_get_a_problem_document(site: PageSite, path: str, headers: dict[str, str]) -> None:
    bearer = {"authorization": "Bearer r-secret"}
    answer = site.client.get(path, headers={**headers, **bearer})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
