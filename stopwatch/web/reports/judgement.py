"""The tables of a judgement, from its kept record: rules over the window, and what the volume proves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import GateVerdict, percent
from stopwatch.web.figures import span
from stopwatch.web.reports.document import Table

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry

Row = Mapping[str, object]
NONE = "–"
_RULES = ("site", "rule", "verdict", "coverage", "breaching", "breaches", "longest", "pauses", "blind", "low volume")
_RULES_TOO = ("volume", "slots")
_WORDS = {"pass": "passes", "fail": "FAILS", "not_provable": "not provable"}


def rule_table(record: Row) -> Table:
    """Return one row for each rule at each site over its whole window."""
    return Table((*_RULES, *_RULES_TOO), tuple(_rule(row, record) for row in rows_of(record, "rules")))


def proof_table(record: Row) -> Table:
    """Return what failures and attempts prove of each KPI at each site, or why they prove nothing."""
    return Table(("site", "KPI", "proven", "failed", "attempts"), tuple(map(_proof, rows_of(record, "kpis"))))


def met(record: Row) -> list[str]:
    """Return the demands on people and records that are met; those on rules stand in their table."""
    found = [row for row in rows_of(record, "checks") if row.get("verdict") == "pass" and row.get("rule") is None]
    return [str(row.get("text")) for row in found if row.get("code") != "window"]


def call_words(call: Entry) -> str:
    """Say what a person decided on a judgement, and whether against it: ``as judged (pass): ten quiet days``."""
    verdict = GateVerdict(str(call.body.get("verdict"))).words
    word = f"AGAINST the judgement ({verdict})" if call.body.get("against") else f"as judged ({verdict})"
    return f"{word}: {call.body.get('reason')}"


def rows_of(record: Row, key: str) -> list[Row]:
    """Return the list of objects that stands under *key*."""
    found = record.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _rule(row: Row, record: Row) -> tuple[str, ...]:
    word = "observed" if row.get("mode") == "observe" else _WORDS.get(str(row.get("verdict")), NONE)
    name = (str(row.get("site")), str(row.get("rule")), word)
    if row.get("slots") is None:
        return (*name, *[NONE] * 8, str(row.get("failure") or NONE))
    breaches = rows_of(row, "breaches")
    alarms = sum(one.get("acquitted") is not None for one in breaches)
    longest = row.get("longest_breaching_seconds")
    return (
        *name,
        _share(row.get("coverage")),
        _share(row.get("breaching_share")),
        f"{len(breaches) - alarms}" + (f" (+{alarms} false alarm{'s' if alarms > 1 else ''})" if alarms else ""),
        span(timedelta(seconds=longest)) if isinstance(longest, int | float) and longest else NONE,
        str(row.get("pauses", NONE)),
        _blind(row),
        _share(row.get("low_volume_share")),
        _volume(row, record),
        f"{row.get('slots'):,}",
    )


def _blind(row: Row) -> str:
    slots, step = row.get("blind_slots"), row.get("step_seconds")
    if not isinstance(slots, int | float) or not isinstance(step, int | float) or not slots:
        return NONE
    return span(timedelta(seconds=slots * step))


def _volume(row: Row, record: Row) -> str:
    names, site = row.get("kpis"), row.get("site")
    wanted = names if isinstance(names, list) else []
    own = [one for one in rows_of(record, "kpis") if one.get("site") == site and one.get("kpi") in wanted]
    known = [one.get("volume") for one in own]
    numbers = [one for one in known if isinstance(one, int | float)]
    return f"{min(numbers):,.0f}" if numbers and len(numbers) == len(known) else "not known"


def _proof(row: Row) -> tuple[str, ...]:
    proof, name = row.get("proof"), (str(row.get("site")), str(row.get("title")))
    if not isinstance(proof, Mapping):
        return (*name, f"no proof possible: {row.get('unproven')}", NONE, NONE)
    return (*name, str(proof["text"]), f"{proof['failures']:,.0f}", f"{proof['attempts']:,.0f}")


def _share(value: object) -> str:
    return percent(float(value)) if isinstance(value, int | float) else NONE
