"""Every metric of our own: name, type, labels, unit and meaning; the page and its documentation follow this table."""

from __future__ import annotations

from stopwatch.telemetry import rollout_families
from stopwatch.telemetry.family import Family, Kind

_KPI, _RULE, _SITE = ("site", "phase", "kpi"), ("site", "phase", "rule"), ("site", "phase")

KPI_VALUE = Family("kpi_value", Kind.GAUGE, _KPI, "the KPI's", "Newest value of the KPI at the site.")
KPI_VOLUME = Family(
    "kpi_volume",
    Kind.GAUGE,
    _KPI,
    "events",
    "Newest volume behind the KPI's value; none where no rule guards it by volume.",
)
KPI_INFO = Family(
    "kpi_info", Kind.GAUGE, ("kpi", "unit", "better"), "1", "What a KPI is measured in, and which way is better."
)
RULE_INFO = Family(
    "rule_info",
    Kind.GAUGE,
    (*_RULE, "kpi", "op", "severity", "mode"),
    "1",
    "What the rule compares at the site; kpi and op are empty for rules of several conditions.",
)
KPI_THRESHOLD = Family(
    "kpi_threshold",
    Kind.GAUGE,
    _RULE,
    "the KPI's",
    "Limit of the rule at the site; none for rules of several conditions.",
)
KPI_BASELINE = Family(
    "kpi_baseline",
    Kind.GAUGE,
    (*_KPI, "statistic"),
    "the KPI's",
    "Frozen baseline of the KPI at the site, its median or p90; none where none is frozen.",
)
RULE_STATE = Family(
    "rule_state",
    Kind.GAUGE,
    (*_RULE, "state"),
    "0 or 1",
    "1 for the state the rule is in at the site, 0 for the five others.",
)
RULE_PENDING = Family(
    "rule_pending_seconds", Kind.GAUGE, _RULE, "seconds", "How long the limit has been exceeded; none while it is not."
)
WINDOW_BREACHING = Family(
    "window_breaching_slots", Kind.GAUGE, _RULE, "slots", "Breaching slots among those the window counts."
)
WINDOW_REQUIRED = Family(
    "window_required_slots", Kind.GAUGE, _RULE, "slots", "Breaching slots at which the rule is breached."
)
WINDOW_COVERAGE = Family(
    "window_coverage_ratio", Kind.GAUGE, _RULE, "0 to 1", "Share of the window's slots that hold a number."
)
LAST_SLOT = Family(
    "last_slot_timestamp_seconds", Kind.GAUGE, ("site", "rule"), "seconds since 1970", "Newest slot that was judged."
)
SITE_BLIND = Family(
    "site_blind",
    Kind.GAUGE,
    _SITE,
    "0 or 1",
    "1 while a rule of the site cannot be judged; low volume does not count.",
)
SITE_PAUSED = Family("site_paused", Kind.GAUGE, _SITE, "0 or 1", "1 while a decision pauses the site.")
DECISIONS_OPEN = Family("decisions_open", Kind.GAUGE, _SITE, "decisions", "1 while a live decision covers the site.")
DECISIONS = Family(
    "decisions_total",
    Kind.COUNTER,
    (*_SITE, "kind"),
    "decisions",
    "Decisions ever opened, by the kind of their first ground; a wide stop counts once, with its scope as the site.",
)
UNACKNOWLEDGED = Family(
    "decision_unacknowledged_seconds",
    Kind.GAUGE,
    ("site",),
    "seconds",
    "How long the live decision of the site has waited for an answer; none while none waits.",
)
LAST_EVALUATION = Family(
    "last_evaluation_timestamp_seconds",
    Kind.GAUGE,
    (),
    "seconds since 1970",
    "When the newest evaluation ended whose outcome is recorded.",
)
EVALUATION_STEP = Family(
    "evaluation_step_seconds",
    Kind.GAUGE,
    (),
    "seconds",
    "Shortest step of the rules at live sites: so often an evaluation is due; none while no site is live.",
)
EVALUATION_DURATION = Family(
    "evaluation_duration_seconds", Kind.HISTOGRAM, (), "seconds", "How long one evaluation of all that was due took."
)
EVALUATION_LATENESS = Family(
    "evaluation_lateness_seconds",
    Kind.HISTOGRAM,
    (),
    "seconds",
    "How long after its slots could be judged an evaluation began.",
)
QUERIES = Family(
    "prometheus_queries_total",
    Kind.COUNTER,
    ("source", "outcome"),
    "queries",
    "Queries by source and outcome: ok, or a word for the failure.",
)
QUERY_DURATION = Family(
    "prometheus_query_duration_seconds",
    Kind.HISTOGRAM,
    ("source",),
    "seconds",
    "How long queries took, also those that failed.",
)
RESPONSE_BYTES = Family(
    "prometheus_response_bytes_total",
    Kind.COUNTER,
    ("source",),
    "bytes",
    "Bytes of the answers that could be used, uncompressed.",
)
UNKNOWN_SERIES = Family(
    "prometheus_unknown_series",
    Kind.GAUGE,
    ("source",),
    "series",
    "Series of sites that the plan does not know, in the newest answers; they are ignored.",
)
WATCHED = Family(
    "watched_rules", Kind.GAUGE, ("source",), "rules", "Rules at sites that are live, each counted at every such site."
)
SLOTS_JUDGED = Family(
    "slots_judged_total", Kind.COUNTER, ("source",), "slots", "Slots that were judged, one for each rule at each site."
)
SLOTS_CAUGHT_UP = Family(
    "slots_caught_up_total",
    Kind.COUNTER,
    ("source",),
    "slots",
    "Slots among those judged whose own evaluation was missed.",
)
SLOTS_MISSED = Family(
    "slots_missed_total",
    Kind.COUNTER,
    ("source",),
    "slots",
    "Slots that were too old to be caught up and are never judged.",
)
CLOCK_SKEW = Family(
    "clock_skew_seconds", Kind.GAUGE, ("source",), "seconds", "Clock of the source minus ours, as its answers say."
)
RELOAD_GOOD = Family(
    "config_last_reload_successful", Kind.GAUGE, (), "0 or 1", "1 if the newest reading of the files was good."
)
RELOAD_TIME = Family(
    "config_last_reload_success_timestamp_seconds",
    Kind.GAUGE,
    (),
    "seconds since 1970",
    "When the files in force were read.",
)
LEADER = Family("leader", Kind.GAUGE, (), "0 or 1", "1 on the replica that evaluates and sends.")
DATABASE_SIZE = Family(
    "database_size_bytes", Kind.GAUGE, (), "bytes", "Size of the database, without its write-ahead log."
)
DATABASE_WRITABLE = Family(
    "database_writable", Kind.GAUGE, (), "0 or 1", "1 if everything is recorded, 0 while the database refuses it."
)
BUILD = Family("build_info", Kind.GAUGE, ("version",), "1", "The version that runs.")
OUTBOX_PENDING = Family("outbox_pending", Kind.GAUGE, ("notifier",), "messages", "Messages that wait to be sent.")
OUTBOX_OLDEST = Family(
    "outbox_oldest_seconds", Kind.GAUGE, (), "seconds", "Age of the oldest unsent message; none while none waits."
)
OUTBOX_UNKNOWN = Family(
    "outbox_unknown", Kind.GAUGE, (), "messages", "Messages that may have arrived and are to be looked up."
)
OUTBOX_DEAD = Family(
    "outbox_dead_total", Kind.COUNTER, ("reason",), "messages", "Messages given up, by the receiver's reason."
)
SLACK_UP = Family("slack_up", Kind.GAUGE, (), "0 or 1", "1 while Slack takes our messages; none if it is switched off.")
SLACK_ERRORS = Family(
    "slack_api_errors_total", Kind.COUNTER, ("method", "code"), "answers", "Refusals of Slack by method and code."
)
NOTIFIER_ERRORS = Family(
    "notifier_errors_total",
    Kind.COUNTER,
    ("notifier", "code"),
    "answers",
    "Refusals of the second notifiers and of the heartbeat's receiver, by code.",
)
ESCALATIONS = Family(
    "escalations_total",
    Kind.COUNTER,
    ("notifier",),
    "messages",
    "Steps of escalation that were due, by whom they were told.",
)
TIME_TO_ACKNOWLEDGE = Family(
    "time_to_acknowledge_seconds", Kind.HISTOGRAM, (), "seconds", "From the opening of a decision to its first answer."
)
DEGRADED = Family(
    "degraded_total",
    Kind.COUNTER,
    ("kind",),
    "messages",
    "Messages of a kind sent in a plainer form, because Slack refused the full one.",
)
LOST_FOUND = Family(
    "lost_found_total", Kind.COUNTER, (), "messages", "Messages whose answer was lost and that a look-up found."
)
DUPLICATES = Family(
    "duplicates_removed_total", Kind.COUNTER, (), "messages", "Extra copies that were found and deleted."
)
INTERACTIONS = Family(
    "interactions_total",
    Kind.COUNTER,
    ("action", "transport", "result"),
    "interactions",
    "Answers of people in Slack, by what they asked for, how it came in and what became of it.",
)

BOARD = (
    KPI_VALUE,
    KPI_VOLUME,
    KPI_INFO,
    RULE_INFO,
    KPI_THRESHOLD,
    KPI_BASELINE,
    RULE_STATE,
    RULE_PENDING,
    WINDOW_BREACHING,
    WINDOW_REQUIRED,
    WINDOW_COVERAGE,
    LAST_SLOT,
    SITE_BLIND,
    SITE_PAUSED,
    DECISIONS_OPEN,
    DECISIONS,
)
"""What the picture of all sites says."""

PROCESS = (
    *rollout_families.ALL,
    UNACKNOWLEDGED,
    LAST_EVALUATION,
    EVALUATION_STEP,
    EVALUATION_DURATION,
    EVALUATION_LATENESS,
    WATCHED,
    SLOTS_JUDGED,
    SLOTS_CAUGHT_UP,
    SLOTS_MISSED,
    QUERIES,
    QUERY_DURATION,
    RESPONSE_BYTES,
    UNKNOWN_SERIES,
    CLOCK_SKEW,
    RELOAD_GOOD,
    RELOAD_TIME,
    LEADER,
    DATABASE_SIZE,
    DATABASE_WRITABLE,
    BUILD,
    OUTBOX_PENDING,
    OUTBOX_OLDEST,
    OUTBOX_UNKNOWN,
    OUTBOX_DEAD,
    SLACK_UP,
    SLACK_ERRORS,
    NOTIFIER_ERRORS,
    ESCALATIONS,
    TIME_TO_ACKNOWLEDGE,
    DEGRADED,
    LOST_FOUND,
    DUPLICATES,
    INTERACTIONS,
)
"""What the daemon says about itself."""
