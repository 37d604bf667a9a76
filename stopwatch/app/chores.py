"""What the pulse calls, and how often: a tick for each source, time's acts, and chores that are done now and then."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stopwatch.app.appendices import Appendices
from stopwatch.app.hypercare import Hypercare
from stopwatch.app.measuring import measure_database
from stopwatch.app.pruning import Pruning
from stopwatch.app.scheduler import Job
from stopwatch.app.time_acts import TimeActs

if TYPE_CHECKING:
    from stopwatch.app.alerting import Alerting
    from stopwatch.app.daemon import Daemon

LOOK_SECONDS = 15.0
"""How often it is looked whether a checkpoint, a reminder or an appendix is due."""
MEASURE_SECONDS = 60.0
PRUNE_SECONDS = 3600.0


class Chores:
    """
    The jobs of one daemon.

    Each has its own calls, on threads of their own, because each may wait for something else: a source, the database
    that renews the lease, a tick that is under way.
    """

    def __init__(self, daemon: Daemon, alerting: Alerting) -> None:
        """Prepare the chores of *daemon*, which last as long as it does; its sources may change."""
        self._daemon = daemon
        hypercare, pruning = Hypercare(daemon), Pruning(daemon)
        measuring = partial(measure_database, daemon.store, daemon.metrics)
        self._lasting = {
            "time": Job(TimeActs(daemon).pass_time),
            "alerting": Job(alerting.pass_time),
            "versions": Job(daemon.learn_versions, wanted=daemon.wants_versions),
            "hypercare": Job(hypercare.pass_time, LOOK_SECONDS, wanted=hypercare.evaluated),
            "counting": Job(hypercare.count, LOOK_SECONDS),
            "appendices": Job(Appendices(daemon).pass_time, LOOK_SECONDS),
            "measuring": Job(measuring, MEASURE_SECONDS),
            "pruning": Job(pruning.pass_time, PRUNE_SECONDS, wanted=pruning.wanted),
        }

    def jobs(self) -> dict[str, Job]:
        """Return the jobs by name, with a tick for each source that the files in force name."""
        daemon = self._daemon
        lease = {} if daemon.leading.alone else {"lease": Job(daemon.leading.pass_time)}
        ticks = {
            f"tick:{name}": Job(partial(daemon.tick, name), wanted=partial(daemon.wants_tick, name))
            for name in daemon.source_names
        }
        return lease | ticks | self._lasting
