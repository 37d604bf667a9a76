"""The world of the demo: history, sites, Prometheus, Slack and stopwatch, started in order and stopped in reverse."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stopwatch.demo.backfill import backfill
from stopwatch.demo.prometheus import PrometheusServer, ScrapeTarget
from stopwatch.demo.runner.daemon import Daemon
from stopwatch.demo.runner.options import Options
from stopwatch.demo.runner.stage import Stage
from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.rules import write_rules
from stopwatch.demo.sites.simulator import Simulator
from stopwatch.demo.slack import SlackEmulator

HISTORY = timedelta(hours=2)
RESOLUTION_SECONDS = 5.0
"""Two samples fit into the shortest range of the demo's queries, ten seconds."""
WATCHED = timedelta(minutes=20)
"""How long before now the sites went live, which is what the daemon catches up with at its start."""
CHANNEL = "C0HYPERCARE"
_TOKEN = "xoxb-demo"  # noqa: S105 - the emulator's, which opens nothing
_APP_TOKEN = "xapp-demo"  # noqa: S105 - as above
_JOB = "warehouses"


@dataclass(frozen=True, slots=True)
class World:
    """Everything that runs, and the folder it keeps its files in."""

    folder: Path
    go_live: datetime
    sites: Simulator
    prometheus: PrometheusServer
    slack: SlackEmulator
    daemon: Daemon


@contextmanager
def world(options: Options, stage: Stage) -> Iterator[World]:
    """
    Make history and start everything; at the end stop it by process id and remove the folder unless it is to be kept.

    Raises:
        PrometheusMissingError: Prometheus is not installed.
        PrometheusStartError: Prometheus gave up.
        DemoFailedError: stopwatch gave up.

    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="stopwatch-demo."))
        if options.keep:
            stack.callback(stage.say, f"Kept: {folder}")
        else:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        estate = Estate(start=time.time() - HISTORY.total_seconds(), seed=options.seed)
        labels = {"job": _JOB, "instance": _JOB}
        prometheus = PrometheusServer(folder / "prometheus")
        stage.step("Two hours of history for six warehouses")
        with stage.bar("making two hours of orders", total=1.0) as bar:
            written = backfill(
                estate,
                prometheus.storage,
                clock=time.time,
                resolution_seconds=RESOLUTION_SECONDS,
                target_labels=labels,
                progress=lambda share: bar(share, f"{share:.0%}"),
            )
        stage.good(f"{written:,} samples of six sites lie in Prometheus's own blocks")
        yield _started(stage, stack, folder, estate, labels)


def _started(stage: Stage, stack: ExitStack, folder: Path, estate: Estate, labels: dict[str, str]) -> World:
    stage.step("Everything starts, on free ports of this machine")
    sites = stack.enter_context(Simulator(estate))
    target = ScrapeTarget(_JOB, sites.address, {"instance": labels["instance"]})
    prometheus = stack.enter_context(PrometheusServer(folder / "prometheus", scrape_targets=[target]))
    slack = stack.enter_context(SlackEmulator(tokens={_TOKEN, _APP_TOKEN}, channels={CHANNEL: "hypercare"}))
    go_live = (datetime.now(UTC) - WATCHED).replace(microsecond=0)
    rules = write_rules(folder / "rules", go_live=go_live, prometheus_url=prometheus.url, sites_url=sites.url)
    settings = {
        "STOPWATCH_CONFIG": str(rules),
        "STOPWATCH_DATABASE_URL": f"sqlite:///{folder}/stopwatch.db",
        "STOPWATCH_PROMETHEUS_URL": prometheus.url,
        "STOPWATCH_SLACK_BASE_URL": slack.api_url,
        "STOPWATCH_SLACK_BOT_TOKEN": _TOKEN,
        "STOPWATCH_SLACK_APP_TOKEN": _APP_TOKEN,
        "STOPWATCH_SLACK_CHANNEL": CHANNEL,
    }
    with stage.spinner("stopwatch reads the last twenty minutes, second by second"):
        daemon = stack.enter_context(Daemon(settings, log_file=folder / "stopwatch.log"))
    return World(folder, go_live, sites, prometheus, slack, daemon)
