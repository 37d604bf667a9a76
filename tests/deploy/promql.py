"""What a dashboard asks: its queries with variables filled in, and the metrics, matchers and functions in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]

_SELECTOR = re.compile(r"\b((?:stopwatch|process)_\w+)\{([^}]*)\}")
_FUNCTION = re.compile(r"\b(rate|irate|increase)\([^\[\]]*\[([^\]]+)\]")


class Asked(NamedTuple):
    """One query of a dashboard; *panel* is its title, or says that it is a variable's or an annotation's."""

    page: str
    panel: str
    expr: str
    legend: str


def queries(page: Json) -> Iterator[Asked]:
    """Yield every query of a dashboard's panels, variables and annotations."""
    for panel in page["panels"]:
        for target in panel.get("targets", ()):
            yield Asked(page["title"], panel["title"], target["expr"], target["legendFormat"])
    for variable in page["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = variable_of(variable)
            yield Asked(
                page["title"], f"variable {variable['name']}", f"count by ({label}) ({selector})", f"{{{{{label}}}}}"
            )
    for annotation in page["annotations"]["list"]:
        yield Asked(
            page["title"], f"annotation {annotation['name']}", annotation["target"]["expr"], annotation["textFormat"]
        )


def variable_of(variable: Json) -> tuple[str, str]:
    """Return the selector and the label that a variable asks for."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
    assert found is not None, variable
    return found[1], found[2]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with every variable replaced."""
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], text)


def selectors(expr: str) -> list[tuple[str, str]]:
    """Return every metric in a query with its matchers."""
    return [(found[1], found[2]) for found in _SELECTOR.finditer(expr)]


def ranges(expr: str) -> list[str]:
    """Return the range of every rate and increase in a query."""
    return [found[2] for found in _FUNCTION.finditer(expr)]


def labels_of(legend: str) -> set[str]:
    """Return the labels that a legend shows."""
    return set(re.findall(r"\{\{(\w+)\}\}", legend))
