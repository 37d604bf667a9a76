"""Idempotency keys over HTTP: the same request is answered as before, another one is refused."""

from __future__ import annotations

import pytest

from tests.web.conftest import Served
from tests.web.test_writes import ACTOR, JSON, WRITES
from tests.web.world import LIVE, SECRETS

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
CONFIRM = f"/api/v1/decisions/{LIVE}/confirm"


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_the_same_request_is_done_once_and_answered_alike(guarded: Served, path: str, body: dict[str, object]) -> None:
    first, second = (guarded.client.post(path, json=body, headers=ACTOR | KEY) for _ in range(2))
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert first.is_success
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")
    assert len(guarded.acts.asked) == 1


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_without_a_key_every_request_is_done(guarded: Served, path: str, body: dict[str, object]) -> None:
    for _ in range(2):
        guarded.client.post(path, json=body, headers=ACTOR)
    assert len(guarded.acts.asked) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(CONFIRM, {"rev": 2}, id="another body"),
        pytest.param(CONFIRM.replace("confirm", "acknowledge"), {"rev": 1}, id="another act"),
        pytest.param(CONFIRM.replace("ham-01", "lodz"), {"rev": 1}, id="another decision"),
        pytest.param("/api/v1/pauses", {"site": "ham-01", "criterion": "c", "reason": "r"}, id="another endpoint"),
    ],
)
def test_a_key_for_another_request_is_refused(guarded: Served, path: str, body: dict[str, object]) -> None:
    assert guarded.client.post(CONFIRM, json={"rev": 1}, headers=ACTOR | KEY).status_code == 200
    answer = guarded.client.post(path, json=body, headers=ACTOR | KEY)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "header.Idempotency-Key"
    assert len(guarded.acts.asked) == 1


def test_bodies_that_say_the_same_are_the_same_request(guarded: Served) -> None:
    bodies = [b'{"rev":1,"reason":"\\u00e9"}', '{ "reason": "é", "rev": 1 }'.encode()]
    for body in bodies:
        assert guarded.client.post(CONFIRM, content=body, headers=ACTOR | KEY | JSON).status_code == 200
    assert len(guarded.acts.asked) == 1


def test_a_key_may_be_quoted_as_a_structured_header_is(guarded: Served) -> None:
    for key in ("k1", '"k1"'):
        guarded.client.post(CONFIRM, json={"rev": 1}, headers=ACTOR | {"Idempotency-Key": key})
    assert len(guarded.acts.asked) == 1


def test_keys_of_two_tokens_are_not_the_same(guarded: Served) -> None:
    assert guarded.client.post(CONFIRM, json={"rev": 1}, headers=ACTOR | KEY).status_code == 200
    other = {"authorization": f"Bearer {SECRETS['second']}"}
    assert guarded.client.post(CONFIRM, json={"rev": 2}, headers=other | KEY).status_code == 200
    assert len(guarded.acts.asked) == 2


def test_a_key_whose_first_request_is_still_answered_is_a_409_that_says_when_to_ask_again(guarded: Served) -> None:
    answer = guarded.client.post(CONFIRM, json={"rev": 1}, headers=ACTOR | {"Idempotency-Key": "busy"})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 256, "two words"])
def test_an_unusable_key_is_refused(guarded: Served, key: str) -> None:
    answer = guarded.client.post(CONFIRM, json={"rev": 1}, headers=ACTOR | {"Idempotency-Key": key})
    assert answer.status_code == 422
    assert guarded.acts.asked == []
