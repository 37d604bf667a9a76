"""Stopwatch itself: does it evaluate, can it ask, are people told."""

from __future__ import annotations

from deploy.grafana import parts
from deploy.grafana.parts import GREEN, ORANGE, RED, Json, series

UID = "stopwatch-itself"
RATE = "[$__rate_interval]"


def dashboard() -> Json:
    """Return the dashboard."""
    return parts.page(
        UID,
        "Stopwatch itself",
        "Whether the daemon evaluates, whether its sources answer, and whether people are told.",
        [*_now(), *_evaluation(), *_sources(), *_messages(), *_process()],
        links=[("stopwatch-wall", "Hypercare wall"), ("stopwatch-site", "Site")],
    )


def _rate(name: str, by: str, *matchers: str) -> str:
    return f"sum by ({by}) (rate({series(name, *matchers)}{RATE}))"


def _increase(name: str, by: str, *matchers: str) -> str:
    return f"sum by ({by}) (increase({series(name, *matchers)}{RATE}))"


def _quantiles(name: str, by: str = "", legend: str = "") -> list[Json]:
    """Return the median and the 99th percentile of a histogram."""
    labels = f"{by}, le" if by else "le"
    return [
        parts.target(f"histogram_quantile({quantile}, {_rate(f'{name}_bucket', labels)})", f"{word}{legend}", ref=ref)
        for ref, quantile, word in (("A", 0.5, "median"), ("B", 0.99, "p99"))
    ]


def _now() -> list[Json]:
    one = parts.steps((None, RED), (1, GREEN), (2, RED))
    return [
        parts.stat(
            "Leaders", "Replicas that evaluate and send; exactly one does.", f"sum({series('leader')})", thresholds=one
        ),
        parts.stat(
            "Last evaluation",
            "How long ago the newest evaluation ended that is recorded.",
            f"time() - max({series('last_evaluation_timestamp_seconds')})",
            unit="s",
            thresholds=parts.steps((None, GREEN), (180, ORANGE), (300, RED)),
        ),
        parts.stat(
            "Rules watched",
            "Rules at sites that are live.",
            f"sum({series('watched_rules')})",
            thresholds=parts.steps((None, parts.BLUE)),
        ),
        parts.stat(
            "Files in force",
            "How long ago the files in force were read.",
            f"time() - max({series('config_last_reload_success_timestamp_seconds')})",
            unit="s",
            thresholds=parts.steps((None, parts.BLUE)),
        ),
        parts.stat(
            "Newest files",
            "Whether the newest reading of the files was good; if not, the previous ones stay in force.",
            f"min({series('config_last_reload_successful')})",
            mappings=parts.words([(0, "refused", RED), (1, "good", GREEN)]),
        ),
        parts.stat(
            "Version",
            "The version that runs.",
            f"count by (version) ({series('build_info')})",
            legend="{{version}}",
            named=True,
            thresholds=parts.steps((None, parts.BLUE)),
        ),
    ]


def _evaluation() -> list[Json]:
    return [
        parts.row("Evaluation"),
        parts.lines(
            "Duration",
            "How long one evaluation of all that was due took.",
            _quantiles("evaluation_duration_seconds"),
            width=8,
            unit="s",
        ),
        parts.lines(
            "Lateness",
            "How long after its slots could be judged an evaluation began; catching up after an outage shows here.",
            _quantiles("evaluation_lateness_seconds"),
            width=8,
            unit="s",
        ),
        parts.lines(
            "Slots",
            "Slots judged, those among them that were caught up, and those that nobody will ever judge.",
            [
                parts.target(_rate("slots_judged_total", "source"), "judged, {{source}}"),
                parts.target(_rate("slots_caught_up_total", "source"), "caught up, {{source}}", ref="B"),
                parts.target(_rate("slots_missed_total", "source"), "missed, {{source}}", ref="C"),
            ],
            width=8,
            unit="ops",
        ),
    ]


def _sources() -> list[Json]:
    return [
        parts.row("Sources"),
        parts.lines(
            "Queries by outcome",
            "Queries to each Prometheus; whatever is not ok is a failure, whose slots are asked for again.",
            [parts.target(_rate("prometheus_queries_total", "source, outcome") + " > 0", "{{source}} {{outcome}}")],
            width=6,
            unit="ops",
        ),
        parts.lines(
            "Duration of queries",
            "How long queries took, failed ones too.",
            _quantiles("prometheus_query_duration_seconds", "source", ", {{source}}"),
            width=6,
            unit="s",
        ),
        parts.lines(
            "Size of answers",
            "Bytes of answers that could be used.",
            [parts.target(_rate("prometheus_response_bytes_total", "source"), "{{source}}")],
            width=6,
            unit="Bps",
        ),
        parts.lines(
            "Clock and strangers",
            "The source's clock minus ours, and series of sites that the plan does not know.",
            [
                parts.target(f"max by (source) ({series('clock_skew_seconds')})", "clock of {{source}}"),
                parts.target(
                    f"max by (source) ({series('prometheus_unknown_series')})", "unknown, {{source}}", ref="B"
                ),
            ],
            width=6,
            overrides=[parts.override("byFrameRefID", "A", unit="s")],
        ),
    ]


def _messages() -> list[Json]:
    failures = [
        parts.target(_increase("slack_api_errors_total", "method, code"), "{{method}} {{code}}"),
        parts.target(_increase("notifier_errors_total", "notifier, code"), "{{notifier}} {{code}}", ref="B"),
        parts.target(_increase("outbox_dead_total", "reason"), "given up: {{reason}}", ref="C"),
        parts.target(_increase("degraded_total", "kind") + " > 0", "plainer: {{kind}}", ref="D"),
    ]
    return [
        parts.row("Messages and answers"),
        parts.lines(
            "Outbox",
            "Messages that wait, and those that may have arrived and are looked up.",
            [
                parts.target(f"sum by (notifier) ({series('outbox_pending')})", "waiting for {{notifier}}"),
                parts.target(f"sum({series('outbox_unknown')})", "may have arrived", ref="B"),
            ],
            width=6,
            min=0,
        ),
        parts.timeline(
            "Slack takes messages",
            "Whether Slack can be reached and accepts our token.",
            [parts.target(f"min by (instance) ({series('slack_up')})", "{{instance}}")],
            width=6,
            mappings=parts.words([(0, "no", RED), (1, "yes", GREEN)]),
        ),
        parts.lines(
            "Refusals",
            "What receivers refused, what was given up, and what was sent in a plainer form.",
            failures,
            width=6,
            min=0,
        ),
        parts.lines(
            "People",
            "Answers in Slack by what became of them, and steps of escalation that were due.",
            [
                parts.target(_increase("interactions_total", "result"), "{{result}}"),
                parts.target(_increase("escalations_total", "notifier"), "escalated to {{notifier}}", ref="B"),
            ],
            width=6,
            min=0,
        ),
        parts.lines(
            "Lost and doubled",
            "Messages whose reply was lost and that were found, and extra copies that were removed.",
            [
                parts.target(f"sum(increase({series('lost_found_total')}{RATE}))", "found"),
                parts.target(f"sum(increase({series('duplicates_removed_total')}{RATE}))", "removed", ref="B"),
            ],
            min=0,
        ),
        parts.stat(
            "Time to the first answer",
            "Median time from the opening of a decision to its first answer, of all since the start.",
            f"histogram_quantile(0.5, sum by (le) ({series('time_to_acknowledge_seconds_bucket')}))",
            unit="s",
            width=12,
            height=8,
            thresholds=parts.steps((None, GREEN), (300, ORANGE), (600, RED)),
        ),
    ]


def _process() -> list[Json]:
    memory, cpu = f"process_resident_memory_bytes{{{parts.SCOPE}}}", f"process_cpu_seconds_total{{{parts.SCOPE}}}"
    return [
        parts.row("Process"),
        parts.lines(
            "Memory",
            "Resident memory of the process.",
            [parts.target(memory, "{{instance}}")],
            width=6,
            unit="bytes",
            min=0,
        ),
        parts.lines(
            "CPU",
            "Share of one core.",
            [parts.target(f"rate({cpu}{RATE})", "{{instance}}")],
            width=6,
            unit="percentunit",
            min=0,
        ),
        parts.lines(
            "Database",
            "Size of the database, without its write-ahead log.",
            [parts.target(f"max({series('database_size_bytes')})", "database")],
            width=6,
            unit="bytes",
            min=0,
        ),
        parts.timeline(
            "Records taken",
            "Whether the database takes everything that is to be recorded.",
            [parts.target(f"min by (instance) ({series('database_writable')})", "{{instance}}")],
            width=6,
            mappings=parts.words([(0, "no", RED), (1, "yes", GREEN)]),
        ),
    ]
