"""The files of this repository as the house's tests read them."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or about to be, relative to the root; what git ignores is not ours."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(sorted(Path(name) for name in set(listed) if name and (ROOT / name).is_file()))


def modules(folder: str = "") -> tuple[Path, ...]:
    """Every Python file below *folder*, relative to the root."""
    return tuple(path for path in files() if path.suffix == ".py" and path.is_relative_to(folder))


@cache
def programs() -> tuple[Path, ...]:
    """Everything that is written as code: Python, shell, scripts and styles of pages."""
    return tuple(path for path in files() if path.suffix in {".py", ".sh", ".js", ".css", ".html"} or is_script(path))


def is_script(path: Path) -> bool:
    """Whether *path* has no suffix and begins with a shebang."""
    return not path.suffix and (ROOT / path).read_bytes().startswith(b"#!")


@cache
def texts() -> tuple[Path, ...]:
    """Every file that a person can read."""
    return tuple(path for path in files() if b"\0" not in (ROOT / path).read_bytes())


@cache
def text(path: Path) -> str:
    """The content of *path*."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of *path*."""
    return ast.parse(text(path), filename=str(path))


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Every node of *tree*, itself the first: each tree is walked once for all tests of a process."""
    found: list[ast.AST] = [tree]
    for node in found:  # grows while it is read
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found.extend(inner for inner in value if isinstance(inner, ast.AST))
    return tuple(found)


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every comment of *path*; a string that looks like one is none."""
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@cache
def foreign_names(tree: ast.Module) -> dict[str, str]:
    """What the names that *tree* imports stand for: ``{"now_": "datetime.datetime"}`` and the like."""
    found: dict[str, str] = {}
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or known] = known
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """The full name that *node* refers to, such as ``time.monotonic``; empty if it is no plain name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value, names)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def words(name: str) -> list[str]:
    """The lower-case words of a name in snake_case, CamelCase or kebab-case."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)(?=[A-Z][a-z])", r"\1\3 \2", name)
    return [word.lower() for word in re.split(r"[\s_\-.]+", spaced) if word]
