"""The issue log over HTTP and as a page: scopes, refusals, filters, a safe CSV, forms for signed-in people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from stopwatch.core.errors import ActIncompleteError, IssueNotFoundError
from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer
from stopwatch.web.tokens import Keyring
from tests.web.conftest import Served
from tests.web.estate import EstateBoard, EstateRecords, FakeEstate
from tests.web.health import FakeHealth
from tests.web.world import SECRETS, TOKENS, FakeActs

ACTOR = {"authorization": f"Bearer {SECRETS['actor']}"}
READER = {"authorization": f"Bearer {SECRETS['reader']}"}
NEW = {"site": "ham-01", "severity": "sev3", "description": "labels print twice", "target": "2026-11-30"}


def test_the_log_is_read_with_its_history_and_narrowed(opened: Served) -> None:
    log = opened.client.get("/api/v1/issues").json()["issues"]
    assert [one["id"] for one in log] == ["ham-01-1", "ham-01-2", "lodz-1"]
    assert (log[0]["overdue"], log[0]["unreviewed"], log[0]["target"]) == (True, True, "2026-11-20")
    assert log[2]["history"][-1]["note"] == "tote found"
    found = opened.client.get("/api/v1/issues?site=ham-01&open=true").json()["issues"]
    assert [one["id"] for one in found] == ["ham-01-1", "ham-01-2"]
    assert opened.client.get("/api/v1/issues?sites=ham-01").status_code == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [pytest.param("/api/v1/issues", NEW, id="add"), pytest.param("/api/v1/issues/i-1", {"note": "x"}, id="update")],
)
def test_only_tokens_that_may_act_write_the_log(opened: Served, guarded: Served, path: str, body: object) -> None:
    assert opened.client.post(path, json=body).status_code == 401
    assert guarded.client.post(path, json=body, headers=READER).status_code == 403
    assert (opened.acts.asked, guarded.acts.asked) == ([], [])


def test_what_is_said_reaches_the_log_with_its_actor(guarded: Served) -> None:
    assert guarded.client.post("/api/v1/issues", json=NEW, headers=ACTOR).status_code == 201
    done = guarded.client.post("/api/v1/issues/ham-01-1", json={"status": "resolved", "owner": ""}, headers=ACTOR)
    assert (done.status_code, done.json()["id"]) == (200, "ham-01-1")
    said = {"severity": "sev3", "description": "labels print twice", "target": "2026-11-30"}
    assert guarded.acts.asked == [
        ("api:actor", "ham-01", None, said),
        ("api:actor", None, "ham-01-1", {"status": "resolved", "owner": ""}),
    ]


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        pytest.param(IssueNotFoundError("no issue x"), 404, id="unknown issue"),
        pytest.param(ActIncompleteError("status", "nothing would change"), 422, id="nothing to change"),
    ],
)
def test_refusals_are_problems(guarded: Served, refusal: Exception, code: int) -> None:
    guarded.acts.refusal = refusal
    answer = guarded.client.post("/api/v1/issues/x", json={"note": "y"}, headers=ACTOR)
    assert (answer.status_code, str(refusal) in answer.json()["detail"]) == (code, True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({**NEW, "severity": "bad"}, id="severity"),
        pytest.param({**NEW, "target": "soon"}, id="target"),
        pytest.param({**NEW, "description": " "}, id="no words"),
        pytest.param({**NEW, "rev": 1}, id="unknown member"),
    ],
)
def test_bodies_that_cannot_be_used_are_refused(guarded: Served, body: object) -> None:
    assert guarded.client.post("/api/v1/issues", json=body, headers=ACTOR).status_code == 422
    assert guarded.acts.asked == []


@dataclass
class Site:
    """The pages behind tokens, with a browser that signs in."""

    client: httpx.Client
    acts: FakeActs

    def sign_in(self, name: str) -> str:
        """Sign in and return the word that forms must carry."""
        self.client.post("/login", content=f"token={SECRETS[name]}")
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get("/issues").text)
        assert found is not None
        return found[1]


@pytest.fixture
def site() -> Iterator[Site]:
    acts = FakeActs()
    app = build_app(
        EstateBoard(),
        EstateRecords(),
        FakeHealth(),
        acts,
        version="1",
        keyring=Keyring(TOKENS),
        estate=FakeEstate(),
    )
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=10, trust_env=False) as client:
            yield Site(client, acts)
    finally:
        server.stop()


def test_the_page_shows_the_log_escaped_and_marks_what_is_late(site: Site) -> None:
    assert site.client.get("/issues").status_code == 303
    site.sign_in("reader")
    page = site.client.get("/issues").text
    assert "&lt;b&gt;scanner&lt;/b&gt;" in page
    assert "2 open · <strong" in page
    assert "1 overdue" in page
    assert "1 not reviewed for a day" in page
    assert "<textarea" not in page
    assert "ham-01-2" not in site.client.get("/issues?state=overdue").text
    assert "lodz-1" not in site.client.get("/issues?site=ham-01").text
    rows = site.client.get("/issues.csv?severity=sev3").text.splitlines()
    assert [row.split(",")[0] for row in rows] == ["id", "ham-01-2"]
    assert "'=cmd()" in rows[1]


def test_signed_in_people_write_the_log_by_forms_that_were_served_to_them(site: Site) -> None:
    csrf = site.sign_in("actor")
    form = {"csrf": csrf, "site": "ham-01", "severity": "sev2", "description": "no totes", "attributable": "true"}
    answer = site.client.post("/issues", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/issues#ham-01-1")
    kept = {"csrf": csrf, "id": "ham-01-1", "status": "", "severity": "", "attributable": "no", "note": "seen"}
    assert site.client.post("/issues", data=kept).status_code == 303
    assert site.acts.asked == [
        ("api:actor", "ham-01", None, {"description": "no totes", "severity": "sev2", "attributable": True}),
        ("api:actor", None, "ham-01-1", {"note": "seen", "attributable": False}),
    ]
    assert site.client.post("/issues", data={**form, "csrf": "guess"}).status_code == 403
    site.acts.refusal = ActIncompleteError("target", "'soon' is no day")
    refused = site.client.post("/issues", data=form)
    assert (refused.status_code, "Nothing changed: &#39;soon&#39; is no day." in refused.text) == (422, True)


def test_who_may_only_read_posts_nothing(site: Site) -> None:
    csrf = site.sign_in("reader")
    assert site.client.post("/issues", data={"csrf": csrf, "site": "ham-01"}).status_code == 403
    assert site.acts.asked == []
