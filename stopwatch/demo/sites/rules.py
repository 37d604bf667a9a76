"""The demo's rule folder, copied to where a daemon may read it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

RULES = Path(__file__).resolve().parent.parent / "rules"
"""kpis.yaml, stop-rules.yaml and rollout.yaml at demo speed."""


PROMETHEUS_URL = "http://127.0.0.1:9090"
"""Where the links of the files look for Prometheus."""
SITES_URL = "http://127.0.0.1:9180"
"""Where the links of the files look for the simulator."""


def write_rules(
    folder: Path,
    *,
    go_live: datetime | None = None,
    prometheus_url: str = PROMETHEUS_URL,
    sites_url: str = SITES_URL,
) -> Path:
    """
    Copy the demo's rule files into *folder*, which is made.

    *go_live* (aware) replaces every site's: set it to where the history begins, so that no slot is asked for that no
    data can ever answer. The evidence links lead to *prometheus_url* and *sites_url*, without a slash at the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(RULES.glob("*.yaml")):
        text = source.read_text(encoding="utf-8")
        if go_live is not None:
            moment = go_live.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            text = re.sub(r"(?<=go_live: )[^,}\s]+", moment, text)
        text = text.replace(PROMETHEUS_URL, prometheus_url).replace(SITES_URL, sites_url)
        (folder / source.name).write_text(text, encoding="utf-8")
    return folder
