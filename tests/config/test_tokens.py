"""Tokens are made once, shown once, and kept as hashes."""

import hashlib
from pathlib import Path

import pytest

from stopwatch.config.complaint import ComplaintsError
from stopwatch.config.tokens import load_tokens, new_token
from stopwatch.core.access import Scope, Token
from stopwatch.core.errors import ConfigurationError

DIGEST = "ab" * 32


def test_a_new_token_opens_what_its_line_says(tmp_path: Path) -> None:
    token = new_token("ci", ["read", "admin"])
    (tmp_path / "tokens.yaml").write_text(f"tokens:\n{token.line}\n")
    digest = hashlib.sha256(token.secret.encode()).hexdigest()
    assert load_tokens(tmp_path / "tokens.yaml") == (Token("ci", digest, frozenset({Scope.READ, Scope.ADMIN})),)
    assert token.secret not in token.line


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token("ci").secret for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("name", "scopes", "said"),
    [
        pytest.param("C I", ["read"], "'C I' is no usable name of a token", id="name"),
        pytest.param("ci", ["write"], "not write", id="unknown scope"),
        pytest.param("ci", [], "not none", id="no scope"),
    ],
)
def test_a_token_that_cannot_be_made(name: str, scopes: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        new_token(name, scopes)


def test_a_tokens_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ComplaintsError, match=r"stopwatch token NAME\) > .*tokens.yaml makes it"):
        load_tokens(tmp_path / "tokens.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "tokens: [{name: ci, sha256: abc, scopes: [read]}]", "1:29: error: sha256 must be 64", id="digest"
        ),
        pytest.param(
            f"tokens: [{{name: ci, sha256: {DIGEST}, scopes: [write]}}]", ": error: scopes must be", id="scope"
        ),
        pytest.param(f"tokens: [{{name: ci, sha256: {DIGEST}, scopes: []}}]", "at least one entry", id="no scope"),
        pytest.param(f"tokens: [{{name: ci, sha256: {DIGEST}}}]", "the key 'scopes' is missing", id="no scopes"),
        pytest.param("token: []", "unknown key 'token'", id="misspelt key"),
        pytest.param(
            "tokens:\n" + "".join(f"- {{name: {name}, sha256: {DIGEST}, scopes: [read]}}\n" for name in "ab"),
            "3:21: error: this digest was given before",
            id="one secret for two",
        ),
    ],
)
def test_what_is_said_about_a_tokens_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tokens.yaml").write_text(text)
    with pytest.raises(ComplaintsError) as caught:
        load_tokens(tmp_path / "tokens.yaml")
    assert said in str(caught.value)
    assert DIGEST not in str(caught.value)
