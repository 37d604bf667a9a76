"""One site: its values against its limits, the decisions about it, its volume, and how well it can be seen."""

from __future__ import annotations

from deploy.grafana import parts
from deploy.grafana.parts import GREEN, ORANGE, RED, YELLOW, Json, series

UID = "stopwatch-site"
SITE = 'site=~"$site"'
KPI = 'kpi=~"$kpi"'
UNITS = {"A": ("ratio", "percentunit"), "B": ("seconds", "s"), "C": ("count", "short"), "D": ("per_second", "ops")}


def dashboard() -> Json:
    """Return the dashboard."""
    return parts.page(
        UID,
        "Site",
        "One site: values against limits, decisions, volume, and whether its data can be judged.",
        [*_now(), *_values(), *_windows(), *_health()],
        variables=[
            parts.choice("site", f"label_values({series('site_paused')}, site)", multi=False),
            parts.choice("kpi", f"label_values({series('kpi_value', SITE)}, kpi)"),
        ],
        links=[("stopwatch-wall", "Hypercare wall"), ("stopwatch-itself", "Stopwatch itself")],
        annotations=[parts.decisions_over(SITE)],
    )


def _now() -> list[Json]:
    open_since = parts.steps((None, GREEN), (1, YELLOW), (300, ORANGE), (600, RED))
    return [
        parts.stat(
            "Paused",
            "Whether the rollout must not go on here.",
            f"max({series('site_paused', SITE)})",
            mappings=parts.YES_NO,
        ),
        parts.stat(
            "Worst rule",
            "The worst state among the site's rules.",
            parts.state_number(SITE, by="site"),
            legend="{{site}}",
            mappings=parts.STATE_WORDS,
        ),
        parts.stat(
            "Blind",
            "Whether a rule of the site cannot be judged.",
            f"max({series('site_blind', SITE)})",
            mappings=parts.YES_NO,
        ),
        parts.stat(
            "Without an answer for",
            "How long the site's pause has waited for somebody to acknowledge or confirm it.",
            f"max({series('decision_unacknowledged_seconds', SITE)}) or vector(0)",
            unit="s",
            thresholds=open_since,
        ),
        parts.stat(
            "Decisions so far",
            "Pauses that were ever opened here, by rules and by hand.",
            f"sum by (kind) ({series('decisions_total', SITE)})",
            legend="{{kind}}",
            named=True,
            thresholds=parts.steps((None, parts.BLUE)),
        ),
        parts.stat(
            "Newest slot",
            "How old the newest judged slot is; the evaluation delay is part of it.",
            f"time() - max({series('last_slot_timestamp_seconds', SITE)})",
            unit="s",
            thresholds=parts.steps((None, GREEN), (300, ORANGE)),
        ),
    ]


def _values() -> list[Json]:
    """One panel for each KPI; a query for each unit, of which only the KPI's own answers."""
    targets, overrides = [], []
    for ref, (unit, shown) in UNITS.items():
        info = series("kpi_info", KPI, unit=unit)
        of_unit = f"on (job, instance, kpi) group_left () {info}"
        rules = f"on (job, instance, site, rule) group_left (kpi) {series('rule_info', SITE, KPI)}"
        limit = f"{series('kpi_threshold', SITE)} * {rules}"
        targets.append(parts.target(f"max by (kpi) ({series('kpi_value', SITE, KPI)} * {of_unit})", "{{kpi}}", ref=ref))
        targets.append(parts.target(f"max by (rule) (({limit}) * {of_unit})", "limit of {{rule}}", ref=f"{ref}limit"))
        frozen = series("kpi_baseline", SITE, KPI, statistic="median")
        targets.append(parts.target(f"max by (kpi) ({frozen} * {of_unit})", "baseline", ref=f"{ref}baseline"))
        refs = (ref, f"{ref}limit", f"{ref}baseline")
        overrides += [parts.override("byFrameRefID", name, unit=shown) for name in refs]
    overrides.append(
        parts.override(
            "byRegexp",
            "/^limit of /",
            custom__lineStyle={"fill": "dash", "dash": [10, 10]},
            color={"mode": "fixed", "fixedColor": RED},
        )
    )
    overrides.append(
        parts.override(
            "byName",
            "baseline",
            custom__lineStyle={"fill": "dash", "dash": [2, 6]},
            color={"mode": "fixed", "fixedColor": parts.BLUE},
        )
    )
    return [
        parts.row("Values against limits"),
        parts.lines(
            "$kpi",
            "The KPI's values, its rules' limits (dashed) and its baseline's median (dotted); paused times are marked.",
            targets,
            height=9,
            overrides=overrides,
            repeat="kpi",
            repeatDirection="h",
            maxPerRow=2,
        ),
    ]


def _windows() -> list[Json]:
    full = f"{series('window_breaching_slots', SITE)} / {series('window_required_slots', SITE)}"
    return [
        parts.row("Rules"),
        parts.timeline(
            "State of every rule",
            "Each rule's state over time.",
            [parts.target(parts.state_number(SITE, by="rule"), "{{rule}}")],
            mappings=parts.STATE_WORDS,
        ),
        parts.lines(
            "How full the windows are",
            "Breaching slots as a share of those at which the site is paused.",
            [parts.target(f"max by (rule) ({full})", "{{rule}}")],
            unit="percentunit",
            min=0,
        ),
    ]


def _health() -> list[Json]:
    return [
        parts.row("Volume and data health"),
        parts.lines(
            "Volume",
            "How many events stand behind each value; below a rule's minimum a slot counts as missing.",
            [parts.target(f"max by (kpi) ({series('kpi_volume', SITE, KPI)})", "{{kpi}}")],
            width=8,
            min=0,
        ),
        parts.lines(
            "Coverage",
            "Share of each window's slots that hold a number.",
            [parts.target(f"min by (rule) ({series('window_coverage_ratio', SITE)})", "{{rule}}")],
            width=8,
            unit="percentunit",
            min=0,
            max=1,
        ),
        parts.lines(
            "Age of the newest slot",
            "How far judging is behind; it saws by one step and by the evaluation delay.",
            [parts.target(f"time() - max by (rule) ({series('last_slot_timestamp_seconds', SITE)})", "{{rule}}")],
            width=8,
            unit="s",
            min=0,
        ),
    ]
