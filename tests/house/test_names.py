"""Names come from the field, and a test's name is a sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import tree

REFUSED = {"manager", "handler", "helper", "util", "common", "base", "processor", "engine", "service"}
# Names that others gave and that a reader looks for: the setting STOPWATCH_SLACK_BASE_URL and httpx's argument.
GIVEN_BY_OTHERS = ("base_url",)
SHORTEST_SENTENCE = 4


def refused_words(name: str) -> list[str]:
    """The words of *name* that say nothing about what it is, in singular."""
    plain = name.lower()
    for given in GIVEN_BY_OTHERS:
        plain = plain.replace(given, "")
    spoken = tree.words(name if plain == name.lower() else plain)
    return [word for word in spoken if word.removesuffix("s") in REFUSED]


def given_names(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every name that *module* itself gives; what others named and it only uses is not ours."""
    for node in tree.nodes(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        pytest.param("PauseDecision", [], id="a word of the field"),
        pytest.param("DecisionManager", ["manager"], id="in camel case"),
        pytest.param("slack_handlers", ["handlers"], id="plural"),
        pytest.param("HTTPService", ["service"], id="after an acronym"),
        pytest.param("slack_base_url", [], id="the setting's own name"),
        pytest.param("baseline", [], id="a longer word"),
    ],
)
def test_a_refused_word_is_found_in_a_name(name: str, refused: list[str]) -> None:
    assert refused_words(name) == refused


def test_no_name_uses_a_refused_word() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in tree.modules()
        for line, name in given_names(tree.parsed(path))
        if refused_words(name)
    ]
    assert found == []


def test_no_python_file_or_folder_uses_a_refused_word() -> None:
    found = [path for path in tree.modules() if any(refused_words(Path(part).stem) for part in path.parts)]
    assert found == []


def test_the_name_of_every_test_is_a_sentence() -> None:
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path in tree.modules("tests")
        for node in tree.nodes(tree.parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and len(tree.words(node.name)) < SHORTEST_SENTENCE
    ]
    assert found == []


def test_every_test_lives_where_pytest_looks() -> None:
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path in tree.modules()
        if not (path.is_relative_to("tests") and path.name.startswith("test_"))
        for node in tree.nodes(tree.parsed(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert found == []
