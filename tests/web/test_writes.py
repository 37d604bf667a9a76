"""Acts, manual stops and alerts over HTTP: named callers only, refusals that say who did what when."""

from __future__ import annotations

import json

import pytest

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act
from stopwatch.core.errors import (
    ActIllegalError,
    ActIncompleteError,
    ActStaleError,
    DecisionNotFoundError,
    Standing,
    StoreError,
)
from stopwatch.core.stop import Stop
from tests.web.conftest import Served
from tests.web.world import LIVE, SECRETS, at

JSON = {"content-type": "application/json"}
ACTOR = {"authorization": f"Bearer {SECRETS['actor']}"}
READER = {"authorization": f"Bearer {SECRETS['reader']}"}
PAUSE = {"site": "ham-01", "criterion": "sev1", "reason": "nothing ships"}
ALERT = {"alerts": [{"status": "firing", "labels": {"site": "HAM"}, "fingerprint": "f1", "startsAt": "any"}]}
WRITES = [
    pytest.param(f"/api/v1/decisions/{LIVE}/acknowledge", {"rev": 1}, id="act"),
    pytest.param("/api/v1/pauses", PAUSE, id="pause"),
    pytest.param("/api/v1/alerts", ALERT, id="alert"),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_without_a_tokens_file_nothing_can_be_written(opened: Served, path: str, body: dict[str, object]) -> None:
    assert opened.client.post(path, json=body).status_code == 401
    assert opened.acts.asked == []


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_a_token_that_may_only_read_may_not_act(guarded: Served, path: str, body: dict[str, object]) -> None:
    assert guarded.client.post(path, json=body, headers=READER).status_code == 403
    assert guarded.acts.asked == []


def test_an_act_carries_its_actor_and_everything_that_was_said(guarded: Served) -> None:
    body = {
        "rev": 2,
        "reason": "peak is over",
        "category": "accepted-risk",
        "until": "2026-11-21T12:00:00+01:00",
        "grounds": ["g1"],
        "links": ["https://tickets.example/1", {"kind": "logs", "url": "https://logs.example/x"}],
    }
    answer = guarded.client.post(f"/api/v1/decisions/{LIVE}/override", json=body, headers=ACTOR)
    assert answer.status_code == 200
    assert answer.json()["id"] == LIVE
    (asked,) = guarded.acts.asked
    assert isinstance(asked, tuple)
    request = asked[1]
    assert isinstance(request, ActRequest)
    assert (request.act, request.actor, request.rev, request.grounds) == (Act.OVERRIDE, "api:actor", 2, ("g1",))
    assert request.until == at(11, 0)
    assert [(link.kind, link.url) for link in request.links] == [
        ("ticket", "https://tickets.example/1"),
        ("logs", "https://logs.example/x"),
    ]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        pytest.param(DecisionNotFoundError("no decision x"), 404, id="unknown"),
        pytest.param(ActIncompleteError("reason", "override needs a reason"), 422, id="incomplete"),
        pytest.param(ActStaleError("stale", Standing(3, "confirmed", "anna", at(10, 30))), 409, id="stale"),
        pytest.param(ActIllegalError("illegal", Standing(3, "resumed", "anna", at(10, 30))), 409, id="illegal"),
        pytest.param(StoreError("disk full at /secret"), 503, id="not writable"),
    ],
)
def test_every_refusal_is_a_problem_of_its_own(guarded: Served, refusal: Exception, status: int) -> None:
    guarded.acts.refusal = refusal
    answer = guarded.client.post(f"/api/v1/decisions/{LIVE}/confirm", json={"rev": 1}, headers=ACTOR)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    if status == 409:
        told = answer.json()
        assert (told["rev"], told["by"], told["at"]) == (3, "anna", "2026-11-21T10:30:00Z")
        assert {"type", "title", "detail", "state"} <= told.keys()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(f"/api/v1/decisions/{LIVE}/confirm", {}, id="an act without the revision it saw"),
        pytest.param(f"/api/v1/decisions/{LIVE}/resume", {"rev": 1}, id="resume without reason"),
        pytest.param(f"/api/v1/decisions/{LIVE}/close", {"rev": 1, "reason": " \n"}, id="a reason that says nothing"),
        pytest.param(f"/api/v1/decisions/{LIVE}/confirm", {"rev": 1, "reason": "a\0b"}, id="a zero byte"),
        pytest.param(f"/api/v1/decisions/{LIVE}/confirm", {"rev": 1, "\ud800": 1}, id="a name that is no text"),
        pytest.param(f"/api/v1/decisions/{LIVE}/confirm", {"rev": "one"}, id="rev is no number"),
        pytest.param(f"/api/v1/decisions/{LIVE}/confirm", {"rev": 1, "raeson": "typo"}, id="unknown member"),
        pytest.param(f"/api/v1/decisions/{LIVE}/override", {"until": "2026-11-21T12:00:00"}, id="time without zone"),
        pytest.param(f"/api/v1/decisions/{LIVE}/attach", {"links": ["file:///etc/passwd"]}, id="no web address"),
        pytest.param("/api/v1/pauses", {"site": "ham-01", "criterion": "sev1"}, id="pause without reason"),
        pytest.param("/api/v1/alerts", {"alerts": [{"status": "odd", "fingerprint": "f"}]}, id="odd alert"),
    ],
)
def test_what_cannot_be_understood_changes_nothing(guarded: Served, path: str, body: dict[str, object]) -> None:
    answer = guarded.client.post(path, content=json.dumps(body), headers=ACTOR | JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0].keys() == {"in", "detail"}
    assert guarded.acts.asked == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="unfinished"),
        pytest.param(b"\xff\xfe{}", id="no text"),
        pytest.param(b"[" * 200_000, id="deeper than anything"),
        pytest.param(b'{"rev": ' + b"9" * 10_000 + b"}", id="a number of ten thousand digits"),
    ],
)
def test_what_is_no_json_is_refused_after_the_caller_is_known(guarded: Served, body: bytes) -> None:
    path = f"/api/v1/decisions/{LIVE}/confirm"
    assert guarded.client.post(path, content=body, headers=JSON).status_code == 401
    answer = guarded.client.post(path, content=body, headers=ACTOR | JSON)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert guarded.acts.asked == []


def test_an_act_that_does_not_exist_is_a_404_that_names_those_that_do(guarded: Served) -> None:
    answer = guarded.client.post(f"/api/v1/decisions/{LIVE}/shrug", json={"rev": 1}, headers=ACTOR)
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith(
        "acknowledge, confirm, resume, override, dismiss, roll-back, pause-again, close, resolve, attach"
    )


def test_links_may_be_attached_without_a_revision(guarded: Served) -> None:
    body = {"links": ["https://tickets.example/1"]}
    assert guarded.client.post(f"/api/v1/decisions/{LIVE}/attach", json=body, headers=ACTOR).status_code == 200


@pytest.mark.parametrize(
    ("joins", "status"), [pytest.param(False, 201, id="opens"), pytest.param(True, 200, id="joins")]
)
def test_a_manual_stop_says_whether_it_opened_a_decision(guarded: Served, status: int, *, joins: bool) -> None:
    guarded.acts.joins = joins
    answer = guarded.client.post("/api/v1/pauses", json=PAUSE, headers=ACTOR)
    assert answer.status_code == status
    (asked,) = guarded.acts.asked
    assert isinstance(asked, tuple)
    assert isinstance(asked[0], Stop)
    assert (asked[0].site, asked[0].criterion, asked[0].actor) == ("ham-01", "sev1", "api:actor")


def test_an_alertmanager_payload_is_taken_with_members_that_nobody_needs(guarded: Served) -> None:
    answer = guarded.client.post("/api/v1/alerts", json=ALERT | {"version": "4", "receiver": "x"}, headers=ACTOR)
    assert answer.status_code == 200
    assert answer.json()["alerts"][0] == {
        "fingerprint": "f1",
        "outcome": "opened",
        "detail": "it fires",
        "decision": LIVE,
    }
