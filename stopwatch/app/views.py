"""How the web room sees the daemon: its records and its health."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.errors import DecisionNotFoundError, StoreError
from stopwatch.core.gate import site_gate
from stopwatch.core.overview import overview, site_overview
from stopwatch.core.phase_gate import phase_gate
from stopwatch.core.proof import prove
from stopwatch.core.status import Role
from stopwatch.watch.acts.issues import log_of
from stopwatch.watch.rollout.entry import recorded_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.reloading import Reloading
    from stopwatch.app.scheduler import Pulse
    from stopwatch.app.sending import SenderThread
    from stopwatch.core.decision import Decision, DecisionId, DecisionState
    from stopwatch.core.gate import SiteGate
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.overview import Overview, SiteOverview
    from stopwatch.core.phase_gate import PhaseGate
    from stopwatch.core.proof import Proof
    from stopwatch.core.selection import Selection

DEAD_SECONDS = 120.0
"""A pulse that is silent for so long means that the process should be started afresh."""


class DaemonRecords:
    """What was decided, read from the store at the moment of the question."""

    def __init__(self, daemon: Daemon) -> None:
        """Read through *daemon*, whose rule set may be replaced at any time."""
        self._daemon = daemon

    def decisions(self, state: DecisionState | None, site: SiteId | None) -> list[Decision]:
        """Return decisions, oldest first."""
        rollout = self._daemon.rule_set.plan.rollout
        with self._daemon.store.reading() as view:
            return view.decisions(rollout, state=state.value if state is not None else None, site=site)

    def decision(self, decision: DecisionId) -> Decision | None:
        """Return one decision, if anybody ever opened it."""
        with self._daemon.store.reading() as view:
            return view.decision(decision)

    def proofs(self, decision: DecisionId) -> list[Proof] | None:
        """Verify the evidence of a decision from the records alone."""
        with self._daemon.store.reading() as view:
            found = view.decision(decision)
            if found is None:
                return None
            return prove(found, [row.body for row in view.audit_of(decision)], view.evidence)

    def newest(
        self, state: DecisionState | None, site: SiteId | None, *, limit: int, before: DecisionId | None
    ) -> list[Decision]:
        """Return the newest *limit* decisions before *before*, oldest first."""
        rollout = self._daemon.rule_set.plan.rollout
        with self._daemon.store.reading() as view:
            if before is not None and not view.decision_exists(before):
                raise DecisionNotFoundError(f"no decision has the id {before}")
            asked = None if state is None else state.value
            return view.newest(rollout, state=asked, site=site, limit=limit, before=before)

    def selected(self, wanted: Selection, *, limit: int | None) -> tuple[list[Decision], int]:
        """Return the newest decisions of a selection, newest first, and how many it has in all."""
        with self._daemon.store.reading() as view:
            return view.selected(self._daemon.rule_set.plan.rollout, wanted, limit=limit)

    def gate(self, site: SiteId) -> SiteGate | None:
        """Judge the gate of a site, None if the plan has no such site."""
        plan = self._daemon.rule_set.plan
        if site not in plan.sites:
            return None
        with self._daemon.store.reading() as view:
            return site_gate(plan, site, view.decisions(plan.rollout, live=True))

    def phase_gate(self, phase: PhaseId) -> PhaseGate | None:
        """Return the exit gate of a phase by its newest kept judgement; Prometheus is not asked."""
        plan = self._daemon.rule_set.plan
        found = plan.phase(phase)
        if found is None:
            return None
        with self._daemon.store.reading() as view:
            live, entries = view.decisions(plan.rollout, live=True), view.entries(plan.rollout, scope=phase)
        return phase_gate(plan, found, live, entries, now=self._daemon.clock.now())

    def issues(self) -> list[Logged]:
        """Return the issue log, open issues first, worst first."""
        with self._daemon.store.reading() as view:
            return log_of(view, self._daemon.rule_set.plan, now=self._daemon.clock.now())

    def readiness(self, site: SiteId) -> SiteOverview | None:
        """Return how a site stands with its entry gate, None if the plan has no such site."""
        plan = self._daemon.rule_set.plan
        if site not in plan.sites:
            return None
        with self._daemon.store.reading() as view:
            recorded = recorded_of(view, plan)
        return site_overview(plan, site, recorded, now=self._daemon.clock.now(), zone=ZoneInfo)

    def overview(self) -> Overview:
        """Return where the whole rollout stands."""
        plan = self._daemon.rule_set.plan
        with self._daemon.store.reading() as view:
            recorded = recorded_of(view, plan)
        return overview(plan, recorded, now=self._daemon.clock.now(), zone=ZoneInfo)


class DaemonHealth:
    """Whether the process makes progress and can do its work."""

    def __init__(
        self, daemon: Daemon, pulse: Pulse, reloading: Reloading, senders: Sequence[SenderThread] = ()
    ) -> None:
        """Look at *daemon*, its *pulse* and its *senders*; *reloading* reads the files anew."""
        self._daemon = daemon
        self._pulse = pulse
        self._reloading = reloading
        self._senders = tuple(senders)

    def live(self) -> bool:
        """Tell whether the pulse still beats."""
        return self._daemon.clock.monotonic() - self._pulse.oldest_beat < DEAD_SECONDS

    def ready(self) -> tuple[bool, list[str]]:
        """Tell whether the records can be read and written, and the daemon evaluates, with what is missing."""
        unreadable, leads = self._unreadable(), self._daemon.leading.epoch is not None
        missing = [] if unreadable is None else [f"the records cannot be read: {unreadable}"]
        refusal = self._daemon.troubles.refusal
        if leads and refusal is not None:
            missing.append(f"not everything can be recorded: {refusal}")
        if not self.live():
            missing.append("no evaluation for two minutes")
        if leads and not self._daemon.looked:  # before the first go-live a look finds nothing to evaluate
            missing.append("nothing was evaluated yet")
        return not missing, missing

    def troubles(self) -> list[str]:
        """Say what outside is broken: sources without an answer, receivers that take nothing."""
        failing = [f"Prometheus {source}: {words}" for source, words in self._daemon.troubles.failing]
        return failing + [words for sender in self._senders for words in sender.troubles()]

    def role(self) -> Role:
        """Say whether this replica leads, who does, and whether the database answers."""
        leading = self._daemon.leading
        leader = leading.leader
        database = "up" if self._unreadable() is None else "down"
        return Role("leader" if leader is None else "follower", leader or "this one", database)

    def _unreadable(self) -> str | None:
        """Say why the records cannot be read; a database that just did not answer the pulse is not waited for."""
        trouble = self._daemon.leading.trouble
        if trouble is not None:
            return trouble
        try:
            with self._daemon.store.reading() as view:
                view.audit_head()
        except StoreError as error:
            return str(error)
        return None

    def metrics(self, *, compressed: bool = False) -> bytes:
        """Write the daemon's own metrics."""
        self._daemon.metrics.observe_writable(writable=self._daemon.troubles.refusal is None)
        self._daemon.metrics.observe_leader(leader=self._daemon.leading.epoch is not None)
        return self._daemon.board.page(compressed=compressed)

    def reload(self) -> None:
        """Read tokens and the configuration folder anew."""
        self._reloading.reload(by="api")
