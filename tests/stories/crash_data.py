"""What the crash test watches: a small rollout, its data as a function of time, and what one plain fold makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path
from typing import NamedTuple

from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rollout import RuleSet
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Change, armed_slot, fold, rearmed

SITES = tuple(f"site-{number}" for number in range(8))
HISTORY = 240
"""How many seconds of the past there are to be caught up."""
QUIET = HISTORY + 6
"""From this second on nothing changes any more, so that everything can come to rest."""
LOAD, LATE = "sum by (site) (rate(load[5s]))", "sum by (site) (rate(late[5s]))"
_SPARSE, _HIGH, _LOW = 53, 20.0, 1.0

KPIS = f"""
kpis:
  - {{id: load, title: Load, unit: count, better: lower, query: "{LOAD}"}}
  - {{id: late, title: Late, unit: count, better: lower, query: "{LATE}"}}
"""
RULES = """
rules:
  - {id: load-high, kpi: load, op: ">", threshold: 10, sustain: {for: 4s}, recover: {for: 3s}, step: 1s, eval_delay: 0s}
  - id: load-share
    kpi: load
    op: ">"
    threshold: 10
    sustain: {m: 6, n: 9}
    recover: {for: 4s}
    step: 2s
    eval_delay: 1s
  - {id: late-high, kpi: late, op: ">", threshold: 10, sustain: {for: 5s}, step: 1s, eval_delay: 0s}
"""


def channel(track: int, site: str) -> str:
    """The Slack channel of a site; every track has its own."""
    return f"C0T{track}S{SITES.index(site)}"


def write_rules(folder: Path, track: int, origin: int) -> Path:
    """Write a rule folder whose sites all went live at *origin* (epoch seconds)."""
    folder.mkdir(parents=True)
    go_live = datetime.fromtimestamp(origin, UTC).isoformat()
    plan = {
        "rollout": f"crash-{track}",
        "phases": [{"id": "pilot", "sites": SITES, "observation": "1d"}],
        "sites": {
            site: {"name": site, "timezone": "Europe/Berlin", "go_live": go_live, "channel": channel(track, site)}
            for site in SITES
        },
        # Sweeps come after the test: what is lost or doubled stays so, and is seen.
        "escalation": dict.fromkeys(
            ("broadcast", "notifier", "second_group", "repeat", "undelivered", "undecided"), "1d"
        ),
        "delivery": {"settle": "1s", "sweep": ["1h", "2h"]},
        "slack": {"rights": {"pause": ["U0ANNA"]}},
    }
    (folder / "kpis.yaml").write_text(KPIS)
    (folder / "stop-rules.yaml").write_text(RULES)
    (folder / "rollout.yaml").write_text(json.dumps(plan))
    return folder


def value(query: str, site: str, second: int) -> float:
    """The value of *query* at *site* so many seconds after the go-live; NaN where there is none."""
    number = SITES.index(site)
    if second < 0 or (second * 7919 + number) % _SPARSE == 0:
        return nan
    if query == LATE:
        return _HIGH if second >= HISTORY // 2 + 11 * number else _LOW
    return _HIGH if second < QUIET and (second + 5 * number) % (47 + 5 * number) < 17 else _LOW


class Told(NamedTuple):
    """One ground, told apart for ever, and its end."""

    site: SiteId
    rule: RuleId
    opened_at: datetime
    recovered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be recorded once everything up to *until* was judged."""

    rules: RuleSet
    origin: int
    until: datetime

    def grounds(self) -> list[Told]:
        """Fold every rule at every site over its whole series, in one go."""
        return sorted(told for site in self.rules.plan.sites for told in self._of(site))

    def _of(self, site: SiteId) -> list[Told]:
        found = []
        for rule in self.rules.rules[site]:
            resolved = resolve(rule, self.rules.kpis, {})
            state = rearmed(datetime.fromtimestamp(self.origin, UTC))
            first = armed_slot(resolved, state)
            last = rule.grid.at_or_before(self.until)
            query = self.rules.kpis[resolved.limits[0].kpi].query
            seconds = [int(rule.grid.instant(slot).timestamp()) - self.origin for slot in range(first, last + 1)]
            slots = classify(resolved, first, [Samples([value(query, site, second) for second in seconds])])
            events = fold(resolved, state, slots, start=first)[1]
            ends = {event.opened_at: event.at for event in events if event.change is Change.RECOVERED}
            found += [
                Told(site, rule.id, event.at, ends.get(event.at)) for event in events if event.change is Change.OPENED
            ]
        return found


CATCH_UP = timedelta(hours=1)
