"""A tree turned into a strict model, with pydantic's errors said in plain words at their exact places."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from stopwatch.config.duration import spell_duration
from stopwatch.config.node import Fields, Node, at, kind, plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic_core import ErrorDetails

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.source import Place

_Model = TypeVar("_Model", bound=BaseModel)

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_TIMEDELTA = re.compile(r"(days|seconds)=(\d+)")
_PATTERNS = {
    "^[CGD]": ("is no id of a Slack channel", "an id such as C024BE91L; names can change, ids cannot"),
    "^[UWS]": ("is no id of a Slack user or group", "a user id such as U024BE7LH, or a group id such as S0614TZR7"),
    "^S[": ("is no id of a Slack user group", "an id such as S0614TZR7"),
    "^[a-z": ("is no name of a Prometheus label", "letters, digits and _, not beginning with a digit"),
}


def validated(model: type[_Model], node: Node, found: Complaints) -> _Model | None:
    """Validate *node* as *model*; None if that failed, with the reasons in *found*."""
    try:
        return model.model_validate(plain(node))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            _complain(model, node, detail, found)
    return None


def validate_some(model: type[BaseModel], node: Fields, found: Complaints) -> None:
    """Validate the keys that *node* has as keys of *model*; others may come from elsewhere."""
    try:
        model.model_validate(plain(node))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if not (detail["type"] == "missing" and len(detail["loc"]) == 1):
                _complain(model, node, detail, found)


def unknown_key(key: str, place: Place, known: Collection[str], found: Complaints, what: str = "key") -> None:
    """Complain about *key*, naming the nearest of the *known* ones."""
    hint = nearest_hint(key, known) or f"known here: {', '.join(sorted(known)[:25]) or 'none'}"
    found.add(place.complaint(f"unknown-{what}", f"unknown {what} {shown(key)}", hint))


def nearest_hint(name: str, known: Collection[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest of the *known* names, nothing if none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def shown(text: str) -> str:
    """Return *text* in quotes, clipped, so that a message stays a line."""
    clipped = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return repr(clipped)


def _complain(model: type[BaseModel], root: Node, detail: ErrorDetails, found: Complaints) -> None:
    loc, error = detail["loc"], detail["type"]
    path = _path(root, loc)
    node = at(root, path)
    last = loc[-1] if loc else ""
    if error == "extra_forbidden":
        parent = at(root, path[:-1])
        if isinstance(parent, Fields) and str(last) in parent.entries:
            unknown_key(str(last), parent.entries[str(last)].key, _known(model, loc[:-1]), found)
            return
    if error == "missing":
        place = _opening(root, path, node)
        found.add(place.complaint("missing-key", f"the key {str(last)!r} is missing", f"add {last}: …"))
        return
    code, message, hint = _words(detail, node)
    found.add(node.place.complaint(code, f"{_name(path)}{message}", hint))


def _words(detail: ErrorDetails, node: Node) -> tuple[str, str, str]:
    """Return code, message and hint for an error of a value."""
    error, context = detail["type"], detail.get("ctx", {})
    if "text" in context:
        return error, str(context["text"]), str(context.get("hint", ""))
    if error in _WANTED:
        hint = "write it in quotes" if error == "string_type" and kind(node) in _QUOTABLE else ""
        return "wrong-type", f"must be {_WANTED[error]}, not {kind(node)}", hint
    if error in {"enum", "literal_error"}:
        expected = str(context.get("expected", "")).replace("True", "true")
        return "unknown-value", f"must be {expected}", _nearest(node, expected)
    if error in _BOUNDS:
        key, words = _BOUNDS[error]
        return "out-of-range", f"must be {words} {_bound(context.get(key))}", ""
    if error == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        return "bad-id", *next((words for start, words in _PATTERNS.items() if pattern.startswith(start)), ("", ""))
    if error == "too_short":
        return "empty-list", "must have at least one entry", ""
    if error == "too_long":
        return "out-of-range", f"must have at most {context.get('max_length')} entries", ""
    return "bad-value", detail["msg"], ""


_LONGEST_SHOWN = 80
_QUOTABLE = {"a number", "a whole number", "true or false"}


def _nearest(node: Node, expected: str) -> str:
    value = plain(node)
    choices = expected.replace(" or ", ", ").replace("'", "").split(", ")
    near: list[str] = []
    if isinstance(value, str):
        swapped = [choice for choice in choices if sorted(choice) == sorted(value)]
        near = swapped or difflib.get_close_matches(value, choices, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f'put it in quotes: "{choices[0]}"' if choices[0] == ">" else ""


def _path(root: Node, loc: tuple[int | str, ...]) -> tuple[str | int, ...]:
    """Return those parts of pydantic's *loc* that are keys and positions of the tree, not names of union members."""
    path: list[str | int] = []
    node = root
    for part in loc:
        deeper = at(node, (part,))
        if deeper is not node:
            path.append(part)
            node = deeper
    return tuple(path)


def _opening(root: Node, path: tuple[str | int, ...], node: Node) -> Place:
    """Return where the mapping *node* begins: the key that holds it, or its first line."""
    parent = at(root, path[:-1]) if path else node
    if path and isinstance(parent, Fields) and isinstance(path[-1], str):
        return parent.entries[path[-1]].key
    return node.place.text.place(node.place.start)


def _name(path: tuple[str | int, ...]) -> str:
    """Return what to call the value at *path*: its key, or the key of the list that it stands in."""
    keys = [part for part in path if isinstance(part, str)]
    return f"{keys[-1]} " if keys else ""


def _known(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a mapping at *loc* of *model* may have."""
    current: type[BaseModel] | None = model
    for part in loc:
        if current is None:
            return []
        fields = {field.alias or name: field for name, field in current.model_fields.items()}
        if isinstance(part, str) and part in fields:
            current = _inner(fields[part].annotation)
    return [] if current is None else [field.alias or name for name, field in current.model_fields.items()]


def _inner(annotation: object) -> type[BaseModel] | None:
    """Return the model inside an annotation such as ``dict[str, Model] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for inner in map(_inner, get_args(annotation)) if inner is not None), None)


def _bound(bound: object) -> str:
    """Spell a bound; pydantic tells a duration as the text that makes it, ``datetime.timedelta(seconds=60)``."""
    if "timedelta" not in str(bound):
        return str(bound)
    return spell_duration(timedelta(**{unit: int(number) for unit, number in _TIMEDELTA.findall(str(bound))}))
