"""Who is let in: scopes, tokens, and what is open on loopback."""

import pytest

from stopwatch.core.access import Scope, Token
from stopwatch.core.errors import ConfigurationError
from stopwatch.web.pages.sessions import Sessions
from stopwatch.web.tokens import Keyring, Unidentified, identify, is_loopback, require_tokens
from tests.web.conftest import Served
from tests.web.world import SECRETS, TOKENS, at

READS = ["/api/v1/status", "/api/v1/decisions", "/api/v1/decisions/lodz-20261120T0900Z", "/api/v1/gates/lodz"]
READS += ["/api/v1/readiness/lodz", "/api/v1/rollout"]


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[name]}"}


@pytest.mark.parametrize("path", READS)
def test_reading_is_open_on_loopback_without_tokens(opened: Served, path: str) -> None:
    assert opened.client.get(path).status_code == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("name", SECRETS)
def test_every_known_token_may_read(guarded: Served, path: str, name: str) -> None:
    assert guarded.client.get(path, headers=bearer(name)).status_code == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no token"),
        pytest.param({"Authorization": "Bearer"}, id="an empty token"),
        pytest.param({"Authorization": "Bearer wrong"}, id="an unknown token"),
        pytest.param({"Authorization": "Basic cjpyLXNlY3JldA=="}, id="another scheme"),
        pytest.param({"Authorization": f"Bearer {TOKENS[0].sha256}"}, id="the stored digest is no token"),
    ],
)
def test_without_a_known_token_nothing_is_read(guarded: Served, path: str, headers: dict[str, str]) -> None:
    answer = guarded.client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/-/ready", "/openapi.json"])
def test_probes_need_no_token(guarded: Served, path: str) -> None:
    assert guarded.client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="nobody"),
        pytest.param(bearer("reader"), 403, id="a reader"),
        pytest.param(bearer("actor"), 403, id="an actor"),
        pytest.param(bearer("admin"), 200, id="an administrator"),
    ],
)
def test_reload_is_for_administrators_once_there_are_tokens(
    guarded: Served, headers: dict[str, str], status: int
) -> None:
    assert guarded.client.post("/-/reload", headers=headers).status_code == status
    assert guarded.health.reloads == (status == 200)


def test_every_operation_lets_in_the_scope_it_is_described_with_and_nobody_else(guarded: Served) -> None:
    allows = {"reader": {"read"}, "actor": {"read", "act"}, "admin": {"read", "admin"}}
    paths = guarded.client.get("/openapi.json").json()["paths"]
    checked = 0
    for path, methods in paths.items():
        for method, operation in methods.items():
            (scope,) = operation["security"][0]["token"] if "security" in operation else [None]
            where = path.format(decision="lodz-20261120T0900Z", site="lodz", issue="lodz-1")
            found = {
                name: guarded.client.request(
                    method, where, headers=bearer(name) if name != "nobody" else {}
                ).status_code
                for name in ("nobody", *allows)
            }
            let_in = {name for name, status in found.items() if status not in {401, 403}}
            wanted = {name for name, scopes in allows.items() if scope is None or scope in scopes}
            assert let_in == wanted | ({"nobody"} if scope is None else set()), (method, path)
            assert found["nobody"] == 401 or scope is None, (method, path)
            checked += 1
    assert checked > 15, "the document lists the operations"


def test_tokens_that_are_replaced_count_from_the_next_request_on(guarded: Served) -> None:
    guarded.keyring.replace(TOKENS[1:])
    assert guarded.client.get("/api/v1/status", headers=bearer("reader")).status_code == 401
    assert guarded.client.get("/api/v1/status", headers=bearer("actor")).status_code == 200


def test_a_session_ends_with_its_token() -> None:
    keyring = Keyring(TOKENS)
    sessions = Sessions(keyring)
    cookie = sessions.sign_in(SECRETS["actor"], now=at(10, 0))
    assert sessions.of(cookie, now=at(10, 1)) is not None
    keyring.replace(TOKENS[:1])
    assert sessions.of(cookie, now=at(10, 1)) is None
    assert sessions.needed


def test_a_tokens_file_without_tokens_opens_nothing() -> None:
    assert Keyring(()).needed is False
    assert Keyring((), needed=True).needed is True


def test_reload_is_open_on_loopback_without_tokens(opened: Served) -> None:
    assert opened.client.post("/-/reload").json() == {"reloaded": True}
    assert opened.health.reloads == 1


def test_a_web_page_may_not_reload_without_a_token(opened: Served) -> None:
    assert opened.client.post("/-/reload", headers={"Origin": "https://evil.example"}).status_code == 403
    assert opened.health.reloads == 0


def test_nothing_is_reloaded_by_get(opened: Served) -> None:
    assert opened.client.get("/-/reload").status_code == 405
    assert opened.health.reloads == 0


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        pytest.param({"read"}, {Scope.READ}, id="read"),
        pytest.param({"act"}, {Scope.READ, Scope.ACT}, id="act"),
        pytest.param({"admin"}, {Scope.READ, Scope.ADMIN}, id="admin"),
        pytest.param(set(), set(), id="none"),
    ],
)
def test_a_scope_allows_itself_and_reading(scopes: set[str], allowed: set[Scope]) -> None:
    token = Token("t", "00", frozenset(map(Scope, scopes)))
    assert {scope for scope in Scope if token.allows(scope)} == allowed


def test_a_token_with_letters_beyond_ascii_is_simply_unknown() -> None:
    assert identify("Bearer gehe\xefm", TOKENS) is Unidentified.UNKNOWN


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 – the address that must be refused
        ("::", False),
        ("", False),
        ("10.0.0.7", False),
        ("stopwatch.example", False),
    ],
)
def test_an_address_that_others_reach_needs_tokens(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    require_tokens(host, TOKENS)
    if loopback:
        require_tokens(host, ())
    else:
        with pytest.raises(ConfigurationError, match="STOPWATCH_API_TOKENS_FILE"):
            require_tokens(host, ())
