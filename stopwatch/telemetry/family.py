"""What a metric of our own is made of: name, type, labels, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "stopwatch_"


class Kind(StrEnum):
    """Prometheus's types, as far as we use them."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric; *name* goes without the prefix, *meaning* is its HELP text."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    unit: str
    meaning: str

    @property
    def full_name(self) -> str:
        """The name as it is scraped."""
        return PREFIX + self.name

    @property
    def header(self) -> str:
        """The HELP and TYPE lines."""
        return f"# HELP {self.full_name} {self.meaning}\n# TYPE {self.full_name} {self.kind}\n"
