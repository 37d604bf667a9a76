"""The hypercare wall: every site at a glance, for the screen in the room and for on-call."""

from __future__ import annotations

from deploy.grafana import parts
from deploy.grafana.parts import GREEN, ORANGE, RED, YELLOW, Json, series

UID = "stopwatch-wall"
PHASE = 'phase=~"$phase"'
SITE = 'site=~"$site"'
COUNTED = parts.steps((None, GREEN), (1, RED))
TO_SITE = {
    "title": "Open the site",
    "url": "/d/stopwatch-site?var-site=${__data.fields[0]}&${datasource:queryparam}&${__url_time_range}",
}
TO_SITE_OF_SERIES = {
    "title": "Open the site",
    "url": "/d/stopwatch-site?var-site=${__field.labels.site}&${datasource:queryparam}&${__url_time_range}",
}
UNITS = {"A": ("ratio", "percentunit"), "B": ("seconds", "s"), "C": ("count", "short"), "D": ("per_second", "ops")}


def dashboard() -> Json:
    """Return the dashboard."""
    return parts.page(
        UID,
        "Hypercare wall",
        "Every site of the rollout: what is paused, what is on its way to a pause, what cannot be seen.",
        [*_counts(), *_sites(), *_course(), *_hypercare()],
        variables=[
            parts.choice("phase", f"label_values({series('site_paused')}, phase)"),
            parts.choice("site", f"label_values({series('site_paused', PHASE)}, site)"),
        ],
        links=[("stopwatch-site", "Site"), ("stopwatch-itself", "Stopwatch itself")],
        annotations=[parts.decisions_over(f"{PHASE},{SITE}")],
    )


def _counts() -> list[Json]:
    where = (PHASE, SITE)
    blind = parts.steps((None, GREEN), (1, ORANGE))
    waiting = parts.steps((None, GREEN), (1, YELLOW), (300, ORANGE), (600, RED))
    paused = series("site_paused", *where)
    return [
        parts.stat("Sites paused", "Sites at which the rollout must not go on.", f"sum({paused})", thresholds=COUNTED),
        parts.stat(
            "Open decisions",
            "Sites covered by a live decision; overridden ones count too.",
            f"sum({series('decisions_open', *where)})",
            thresholds=COUNTED,
        ),
        parts.stat(
            "Longest without an answer",
            "How long a pause has waited for somebody to acknowledge or confirm it.",
            f"max({series('decision_unacknowledged_seconds', SITE)}) or vector(0)",
            unit="s",
            thresholds=waiting,
        ),
        parts.stat(
            "Blind sites",
            "Sites with a rule that cannot be judged: nothing would stop the rollout there.",
            f"sum({series('site_blind', *where)})",
            thresholds=blind,
        ),
        parts.stat(
            "Rules on their way",
            "Rules whose limit is exceeded and whose window is not full yet.",
            f"sum({series('rule_state', *where, state='pending')})",
            thresholds=parts.steps((None, GREEN), (1, YELLOW)),
        ),
        parts.stat("Sites watched", "Sites in the plan.", f"count({paused})"),
    ]


def _sites() -> list[Json]:
    decided = "max by (site, phase) ({})"
    names = {
        "site": "Site",
        "phase": "Phase",
        "Value #A": "Paused",
        "Value #B": "Without an answer for",
        "Value #C": "Rules breached",
    }
    return [
        parts.row("Sites"),
        parts.table(
            "State of every rule",
            "Sites by rules. A state that is no_data or error is not calm: it is unknown.",
            [parts.target(parts.state_number(PHASE, SITE, by="site, rule"), table=True)],
            width=14,
            height=10,
            coloured=True,
            mappings=parts.STATE_WORDS,
            links=[TO_SITE],
            transformations=parts.matrix("site", "rule"),
        ),
        parts.table(
            "Open decisions",
            "Sites covered by a live decision, how long nobody has answered, and how many rules are breached.",
            [
                parts.target(
                    decided.format(
                        f"{series('site_paused', PHASE, SITE)} and on (site) {series('decisions_open')} == 1"
                    ),
                    table=True,
                ),
                parts.target(f"max by (site) ({series('decision_unacknowledged_seconds', SITE)})", ref="B", table=True),
                parts.target(
                    f"sum by (site) ({series('rule_state', PHASE, SITE, state='breached')})"
                    f" and on (site) {series('decisions_open')} == 1",
                    ref="C",
                    table=True,
                ),
            ],
            width=10,
            height=10,
            links=[TO_SITE],
            transformations=[
                {"id": "joinByField", "options": {"byField": "site", "mode": "outer"}},
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True, "Time 1": True, "Time 2": True, "Time 3": True},
                        "indexByName": {},
                        "renameByName": names,
                    },
                },
            ],
            overrides=[
                parts.override("byName", "Paused", mappings=parts.YES_NO),
                parts.override("byName", "Without an answer for", unit="s"),
            ],
        ),
        *(_values(unit, shown) for unit, shown in UNITS.values()),
    ]


def _hypercare() -> list[Json]:
    waits = parts.steps((None, GREEN), (1, ORANGE))
    return [
        parts.row("Hypercare"),
        parts.table(
            "Open issues",
            "Issues that are not resolved, sites (or whole phases) by severity.",
            [parts.target(f"max by (site, severity) ({series('issues_open', PHASE)})", table=True)],
            width=12,
            height=8,
            links=[TO_SITE],
            transformations=parts.matrix("site", "severity"),
        ),
        parts.stat(
            "Issues overdue",
            "Open issues whose target day is over where their site is.",
            f"sum(max by (site) ({series('issues_overdue', PHASE)})) or vector(0)",
            thresholds=waits,
        ),
        parts.stat(
            "Issues not reviewed",
            "Open issues that nobody looked at within the plan's time.",
            f"sum(max by (site) ({series('issues_unreviewed', PHASE)})) or vector(0)",
            thresholds=waits,
        ),
        parts.stat(
            "Since the last checkpoint",
            "How long ago a checkpoint of each phase in hypercare was recorded.",
            f"time() - max by (phase) ({series('checkpoint_held_timestamp_seconds', PHASE)})",
            unit="s",
            legend="{{phase}}",
            named=True,
            thresholds=parts.steps((None, GREEN), (93600, ORANGE)),
        ),
        parts.timeline(
            "Checkpoint overdue",
            "When a phase's daily checkpoint should have been recorded and was not.",
            [parts.target(f"max by (phase) ({series('checkpoint_overdue', PHASE)})", "{{phase}}")],
            width=12,
            height=4,
            mappings=parts.YES_NO,
        ),
    ]


def _values(unit: str, shown: str) -> Json:
    title = {"ratio": "Ratios", "seconds": "Durations", "count": "Counts", "per_second": "Rates"}[unit]
    of_unit = f"on (job, instance, kpi) group_left () {series('kpi_info', unit=unit)}"
    return parts.table(
        title,
        f"Newest values of the KPIs measured in {unit}, sites by KPIs.",
        [parts.target(f"max by (site, kpi) ({series('kpi_value', PHASE, SITE)} * {of_unit})", table=True)],
        width=6,
        height=8,
        unit=shown,
        decimals=2,
        links=[TO_SITE],
        transformations=parts.matrix("site", "kpi"),
    )


def _course() -> list[Json]:
    full = f"{series('window_breaching_slots', PHASE, SITE)} / {series('window_required_slots', PHASE, SITE)}"
    options = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "sizing": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return [
        parts.row("Course"),
        parts.panel(
            "bargauge",
            "Windows that fill",
            "The ten fullest windows: breaching slots as a share of those at which the site is paused.",
            [parts.now(f"topk(10, max by (site, rule) ({full}))", "{{site}} {{rule}}")],
            width=8,
            height=10,
            unit="percentunit",
            min=0,
            max=1,
            thresholds=parts.steps((None, GREEN), (0.5, YELLOW), (0.8, ORANGE), (1, RED)),
            links=[TO_SITE_OF_SERIES],
            options=options,
        ),
        parts.timeline(
            "Worst state of every site",
            "Each site's worst rule over time.",
            [parts.target(parts.state_number(PHASE, SITE, by="site"), "{{site}}")],
            width=16,
            height=10,
            mappings=parts.STATE_WORDS,
            links=[TO_SITE_OF_SERIES],
        ),
        parts.timeline(
            "Pauses",
            "When each site was paused.",
            [parts.target(f"max by (site) ({series('site_paused', PHASE, SITE)})", "{{site}}")],
            width=24,
            height=8,
            mappings=parts.YES_NO,
            links=[TO_SITE_OF_SERIES],
        ),
    ]
