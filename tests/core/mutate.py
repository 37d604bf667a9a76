"""
Small mistakes planted into the verdict and the fold, one at a time, to see which of them the tests overlook.

Run ``python -m tests.core.mutate [verdict|state]`` for the list; a test asserts that only known equivalents survive.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ("verdict", "state")
EXAMPLES = "150"
FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted mistake: the module's new text, and what was changed in which function."""

    module: str
    where: str
    text: str


def source_of(module: str) -> str:
    return (ROOT / "stopwatch" / "core" / f"{module}.py").read_text(encoding="utf-8")


def mutants(module: str) -> Iterator[Mutant]:
    """Every single change inside the module's functions, each told as the statement before and after."""
    tree = ast.parse(source_of(module))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    seen = {ast.unparse(tree)}
    for number, function in enumerate(functions):
        for place, statement in enumerate(statements_of(function)):
            before = first_line(ast.unparse(statement))
            for at, node in enumerate(expressions_of(statement)):
                for variant in range(len(changes_of(node))):
                    twin_tree = copy.deepcopy(tree)
                    twin = [node for node in ast.walk(twin_tree) if isinstance(node, ast.FunctionDef)][number]
                    changed = statements_of(twin)[place]
                    changes_of(expressions_of(changed)[at])[variant]()
                    text = ast.unparse(twin_tree)
                    if text not in seen:
                        seen.add(text)
                        after = "(removed)" if removes(node, variant) else first_line(ast.unparse(changed))
                        yield Mutant(module, f"{module}.{function.name}: {before} => {after}", text)


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def statements_of(function: ast.FunctionDef) -> list[ast.stmt]:
    """Every statement of a function at any depth, but its docstring."""
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]
    return [node for node in nodes if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]


def expressions_of(statement: ast.stmt) -> list[ast.AST]:
    """The statement and what belongs to it alone: for one that holds others, only its test."""
    inner = getattr(statement, "test", None) if hasattr(statement, "body") else statement
    found: list[ast.AST] = [statement] if inner is not statement else []
    return found + (list(ast.walk(inner)) if isinstance(inner, ast.AST) else [])


def removes(node: ast.AST, variant: int) -> bool:
    return isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Raise) or (
        isinstance(node, ast.If) and variant == 0
    )


class Swap:
    """Put another value into a node's field when called."""

    def __init__(self, node: ast.AST, field: str, value: object) -> None:
        self.node, self.field, self.value = node, field, value

    def __call__(self) -> None:
        setattr(self.node, self.field, self.value)


class Remove(Swap):
    """Turn a statement into one that does nothing when called."""

    def __init__(self, node: ast.stmt) -> None:
        super().__init__(node, "__class__", ast.Pass)


def changes_of(node: ast.AST) -> list[Swap]:
    """What may be changed in one node."""
    if isinstance(node, ast.Compare):
        return [
            Swap(node, "ops", [*node.ops[:at], flip(), *node.ops[at + 1 :]])
            for at, op in enumerate(node.ops)
            for flip in FLIPS[type(op)]
        ]
    if isinstance(node, ast.BoolOp):
        return [Swap(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return [Swap(node, "op", ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [Swap(node, "value", node.value + 1), Swap(node, "value", node.value - 1)]
    if isinstance(node, ast.If):
        negated = Swap(node, "test", ast.UnaryOp(ast.Not(), node.test))
        return [Remove(node)] if isinstance(node.test, ast.Compare) else [Remove(node), negated]
    if isinstance(node, ast.IfExp) and not isinstance(node.test, ast.Compare):
        return [Swap(node, "test", ast.UnaryOp(ast.Not(), node.test))]
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Raise):
        return [Remove(node)]
    return []


def survivors(planted: list[Mutant]) -> list[str]:
    """
    Where the mistakes are that no test notices.

    Raises:
        CalledProcessError: The tests could not be run at all.

    """
    with tempfile.TemporaryDirectory(prefix="stopwatch-mutants-") as folder:
        mistakes, answers = Path(folder) / "mistakes.json", Path(folder) / "answers.json"
        mistakes.write_text(json.dumps([(mutant.module, mutant.text) for mutant in planted]), encoding="utf-8")
        command = [sys.executable, "-m", "tests.core.planted", str(mistakes), str(answers)]
        known = os.environ | {"CORE_EXAMPLES": EXAMPLES, "HYPOTHESIS_PROFILE": "planted"}
        subprocess.run(command, cwd=ROOT, env=known, check=True, capture_output=True)
        overlooked = json.loads(answers.read_text(encoding="utf-8"))
    return [mutant.where for mutant, lives in zip(planted, overlooked, strict=True) if lives]


if __name__ == "__main__":
    chosen = [mutant for module in sys.argv[1:] or MODULES for mutant in mutants(module)]
    sys.stdout.write(f"{len(chosen)} mutants\n")
    for line in survivors(chosen):
        sys.stdout.write(f"{line}\n")
