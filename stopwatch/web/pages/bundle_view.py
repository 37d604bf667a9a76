"""A frozen bundle as a page or an export shows it: its charts, its facts, its table of samples."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stopwatch.core.evidence import rule_of
from stopwatch.core.written import number_of
from stopwatch.web.charts.chart import WORDS, Chart, draw
from stopwatch.web.figures import figure, local, span, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.rule import ResolvedRule

_CLASSES = {"B": "breaching", "C": "clear", "M": "missing", "L": "too few events"}
_OTHERS = 5
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class BundleView:
    """
    What is shown of one bundle; empty of charts where it is a person's word or cannot be read.

    *facts* are (what, how it is written); *columns* and *rows* a table of the newest samples, newest first.
    """

    sha256: str
    charts: Sequence[Chart] = ()
    facts: Sequence[tuple[str, str]] = ()
    queries: Sequence[tuple[str, str]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

    def svgs(self, name: str) -> list[str]:
        """Draw every chart; *name* makes ids unique on a page."""
        return [draw(chart, name=f"{name}-{number}") for number, chart in enumerate(self.charts)]


def bundle_of(sha256: str | None, body_of: Callable[[str], str | None]) -> dict[str, Any] | None:
    """Return a stored bundle, None where there is none or it cannot be read."""
    body = body_of(sha256) if sha256 is not None else None
    try:
        bundle = json.loads(body) if body is not None else None
    except (ValueError, RecursionError):
        return None
    return bundle if isinstance(bundle, dict) else None


def view_of(sha256: str, bundle: Mapping[str, Any], *, recovered_at: datetime | None = None) -> BundleView:
    """Return what is shown of a bundle; one that cannot be read shows nothing but its hash."""
    try:
        if "rule" not in bundle:
            return BundleView(sha256, facts=_said(bundle) if "criterion" in bundle else ())
        charts = _charts(bundle, recovered_at)
        return BundleView(sha256, charts, _facts(bundle), _queries(bundle), *_table(bundle, charts))
    except _UNREADABLE:
        return BundleView(sha256)


def _charts(bundle: Mapping[str, Any], recovered_at: datetime | None) -> list[Chart]:
    rule = rule_of(bundle["rule"])
    found = []
    for limit, condition in zip(rule.limits, bundle["conditions"], strict=True):
        title = condition.get("title", condition["kpi"])
        found.append(
            Chart(
                title=f"{title} · {bundle.get('site_name', bundle['site'])} ({bundle['site']})",
                unit=str(condition["unit"]),
                op=limit.op.value,
                limit=limit.threshold,
                recovery=limit.recover_threshold,
                values=[number_of(value) for value in condition["values"]],
                classes=str(bundle["classes"]).encode(),
                first=datetime.fromisoformat(bundle["first_slot"]),
                step=timedelta(seconds=bundle["step_seconds"]),
                zone=zone_of(bundle.get("timezone")),
                opened_at=datetime.fromisoformat(bundle["opened_at"]),
                began_at=datetime.fromisoformat(bundle["pending_since"]),
                recovered_at=recovered_at,
                armed_at=datetime.fromisoformat(bundle["armed_at"]),
            )
        )
    return found


def _facts(bundle: Mapping[str, Any]) -> list[tuple[str, str]]:
    rule, verdict, zone = rule_of(bundle["rule"]), bundle["verdict"], zone_of(bundle.get("timezone"))
    source, activation = bundle.get("source") or {}, bundle.get("activation") or {}
    window = rule.window
    known: list[tuple[str, object]] = [
        ("verdict", f"{verdict['low']} of the newest {verdict['used']} samples breach, {window.m} of {window.n} must"),
        ("samples", f"{verdict['used']} of {verdict['expected']} expected"),
        ("baseline", _baseline(bundle)),
        ("other sites then", _others(bundle, rule)),
        ("breach held", span(_at(bundle["at"]) - _at(bundle["pending_since"]))),
        ("began", local(_at(bundle["pending_since"]), zone, seconds=True)),
        ("judged slot", local(_at(bundle["at"]), zone, seconds=True)),
        ("armed since", local(_at(bundle["armed_at"]), zone)),
        ("go-live", local(_at(activation["at"]), zone) if activation else None),
        ("version", activation.get("version")),
        ("last change", _last_change(bundle, zone)),
        ("on call", bundle.get("on_call")),
        ("Prometheus", " ".join(str(part) for part in (source.get("url"), source.get("version")) if part) or None),
        ("clock skew", figure(source["skew_seconds"], "seconds") if source.get("skew_seconds") is not None else None),
        ("rule", f"{rule.id}, hash {bundle['rule_hash'][:12]}"),
        ("rule files", f"revision {str(bundle['revision'])[:12]}"),
    ]
    return [(name, str(fact)) for name, fact in known if fact is not None]


def _said(bundle: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the bundle of a manual stop holds besides its words; those of old hold little."""
    zone, activation = zone_of(bundle.get("timezone")), bundle.get("activation") or {}
    on_call, labels = bundle.get("on_call"), bundle.get("labels") or {}
    known: list[tuple[str, object]] = [
        ("said by", bundle["actor"]),
        ("said", local(_at(bundle["at"]), zone, seconds=True)),
        ("holds at", bundle.get("scope")),
        ("alert", ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) or None),
        ("go-live", local(_at(activation["at"]), zone) if activation else None),
        ("last change", _last_change(bundle, zone)),
        ("on call", ", ".join(on_call) if isinstance(on_call, list) else on_call),
        ("rule files", f"revision {str(bundle['revision'])[:12]}" if "revision" in bundle else None),
    ]
    return [(name, str(fact)) for name, fact in known if fact is not None]


def _last_change(bundle: Mapping[str, Any], zone: ZoneInfo) -> str | None:
    """Return what was changed last at the site, when, by whom, and its ticket; bundles of old say nothing of it."""
    change: Mapping[str, Any] = bundle.get("last_change") or {}
    before, after = change.get("previous_version"), change.get("version")
    versions = f"{before} → {after}" if before and after and before != after else after
    words = {"activation": "go-live", "roll-back": "roll-back"}.get(str(change.get("kind")), "as planned")
    what = f"{words} of {change['what']}" if change.get("kind") == "roll-back" and change.get("what") else words
    if not versions and change.get("kind") == "plan":
        return change.get("what")
    told = [
        " ".join(part for part in (what, versions) if part),
        local(_at(change["at"]), zone) if change.get("at") else None,
        f"by {change['actor']}" if change.get("actor") else None,
        change.get("ticket"),
    ]
    return ", ".join(str(part) for part in told if part) if change else None


def _baseline(bundle: Mapping[str, Any]) -> str | None:
    """Return the frozen numbers that limits follow from, None where none does."""
    frozen = [
        f"{condition['kpi']} {name} {figure(number, condition['unit'])}"
        for condition in bundle["conditions"]
        for name, number in (condition.get("baselines") or {}).items()
    ]
    return ", ".join(frozen) or None


def _others(bundle: Mapping[str, Any], rule: ResolvedRule) -> str | None:
    """Return the newest values of the other sites in the same answer, worst first, a few of them, and who had none."""
    newest = {site: number_of(values[-1]) for site, values in (bundle.get("controls") or {}).items() if values}
    known = [(site, value) for site, value in newest.items() if not math.isnan(value)]
    if newest and not known:
        return f"none of {len(newest)} had a value"
    known.sort(key=lambda pair: pair[1], reverse=rule.limits[0].op.upward)
    unit = bundle["conditions"][0]["unit"]
    told = [f"{site} {figure(value, unit)}" for site, value in known[:_OTHERS]]
    more, mute = len(known) - len(told), len(newest) - len(known)
    told += [*([f"{more} more"] if more else []), *([f"{mute} without a value"] if mute else [])]
    return ", ".join(told) or None


def _queries(bundle: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for limit, condition in zip(rule_of(bundle["rule"]).limits, bundle["conditions"], strict=True):
        words = f"{condition['kpi']} {WORDS[limit.op.value]} {figure(limit.threshold, condition['unit'])}"
        found.append((words, str(condition["query"])))
        if condition.get("volume_query"):
            found.append((f"{condition['kpi']}, volume at least {limit.volume_min:g}", str(condition["volume_query"])))
    return found


def _table(bundle: Mapping[str, Any], charts: Sequence[Chart]) -> tuple[list[str], list[list[str]]]:
    zone, step = zone_of(bundle.get("timezone")), timedelta(seconds=bundle["step_seconds"])
    first, classes = _at(bundle["first_slot"]), str(bundle["classes"])
    columns = [f"slot ({zone.key})"]
    for condition in bundle["conditions"]:
        columns += [str(condition.get("title", condition["kpi"]))] + (["volume"] if condition["volumes"] else [])
    rows = []
    for slot in reversed(range(len(classes))):
        row = [f"{(first + slot * step).astimezone(zone):%d %b %H:%M:%S}"]
        for chart, condition in zip(charts, bundle["conditions"], strict=True):
            row.append(figure(chart.values[slot], chart.unit))
            row += [figure(number_of(condition["volumes"][slot]), "count")] if condition["volumes"] else []
        rows.append([*row, _CLASSES.get(classes[slot], "?")])
    return [*columns, "class"], rows


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
