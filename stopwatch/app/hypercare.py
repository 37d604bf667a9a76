"""The daily chores of hypercare: the checkpoint's report, and what is said when people forget it or an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from stopwatch.app.day_figures import day_figures
from stopwatch.core.hypercare import missed, unreviewed
from stopwatch.core.hypercare_status import hypercare_status
from stopwatch.core.rollout import WIDE_ALL
from stopwatch.watch.rollout.reporting import Told, report_message, tell_checkpoint, tell_once
from stopwatch.web.figures import span
from stopwatch.web.reports.checkpoint import checkpoint_document
from stopwatch.web.reports.document import message_facts
from stopwatch.web.reports.kpis import kpi_rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.core.hypercare import Checkpoint
    from stopwatch.core.issue import Issue
    from stopwatch.core.outbox import Message
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.core.story import Story

log = structlog.get_logger()

NAMED = 10


class Hypercare:
    """Does the chores for one daemon; what was done is known from the records alone, so a restart repeats nothing."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    def evaluated(self) -> bool:
        """Tell whether there is anything to speak of yet."""
        return self._daemon.board.evaluated_at is not None

    def pass_time(self) -> None:
        """
        Tell and remind of what is due, if this replica leads.

        Raises:
            StoreError: The records could not be read or written; the next pass makes up for it.

        """
        now, rule_set = self._daemon.clock.now(), self._daemon.rule_set
        with self._daemon.leading.working() as epoch:
            if epoch is not None:
                self.tell(rule_set, now)
                self.remind(rule_set, now)

    def count(self) -> None:
        """
        Let the metrics show open issues and checkpoints; every replica does.

        Raises:
            StoreError: The records could not be read; the next pass makes up for it.

        """
        now, plan = self._daemon.clock.now(), self._daemon.rule_set.plan
        with self._daemon.store.recall.reading() as view:
            activations, entries = view.activations(plan.rollout), view.entries(plan.rollout)
        status = hypercare_status(plan, activations, entries, now=now, zone=ZoneInfo)
        self._daemon.metrics.observe_hypercare(status)

    def tell(self, rule_set: RuleSet, now: datetime) -> None:
        """Tell the checkpoints that are due, once each."""
        told = tell_checkpoint(self._daemon.led.recall, rule_set, self._report, self._channel(rule_set), now=now)
        for entry in told:
            log.info("checkpoint.told", phase=entry.scope, day=entry.body["day"])

    def remind(self, rule_set: RuleSet, now: datetime) -> None:
        """Say once of every checkpoint that was missed, and once a day which open issues nobody looks at."""
        plan, store = rule_set.plan, self._daemon.led.recall
        with store.reading() as view:
            activations, entries = view.activations(plan.rollout), view.entries(plan.rollout)
        late = missed(plan, activations, entries, now=now, zone=ZoneInfo)
        waiting = unreviewed(plan, activations, entries, now=now)
        for scope, item, text in _reminders(plan, late, waiting, now):
            message = self._reminder(rule_set, scope, item, text)
            if tell_once(store, plan.rollout, scope, item, message, now=now):
                log.warning("hypercare.reminded", scope=scope, item=item, detail=text)

    def _report(self, story: Story, phase: Phase, day: date) -> Told:
        status = self._daemon.status()
        kpis = kpi_rows_of(status, story.rule_set, phase)
        figures = day_figures(self._daemon, story, phase)
        document = checkpoint_document(story, phase, kpis, as_of=status.last_evaluation, day=day, figures=figures)
        return Told(kpis, message_facts(document, link=self._link(phase)), figures)

    def _link(self, phase: Phase) -> str | None:
        address = self._daemon.settings.external_url
        return f"{str(address).rstrip('/')}/reports/checkpoint?phase={phase.id}" if address else None

    def _channel(self, rule_set: RuleSet) -> str | None:
        default = self._daemon.desk.channel(None)
        planned = rule_set.plan.checkpoint.channel if rule_set.plan.checkpoint is not None else None
        return (planned or default) if default is not None else None

    def _reminder(self, rule_set: RuleSet, scope: str, item: str, text: str) -> Message | None:
        channel = self._channel(rule_set)
        return report_message(f"{rule_set.plan.rollout}/{scope}/{item}", channel, {"text": text}) if channel else None


def _reminders(
    plan: Plan, late: list[Checkpoint], waiting: list[Issue], now: datetime
) -> Iterator[tuple[str, str, str]]:
    """Yield scope, item and words of everything that people must be reminded of."""
    zone = plan.timezone
    for one in late:
        at = f"{one.due.astimezone(ZoneInfo(zone)):%H:%M %Z}"
        held = f"stopwatch report checkpoint --phase {one.phase} --held --present ROLE:NAME"
        text = f"The checkpoint of {one.phase} of {one.day}, due {at}, was not recorded. If it took place: {held}"
        yield one.phase, f"checkpoint-missed/{one.day}", text
    if waiting:
        told = ", ".join(f"{one.id} ({one.severity}, {one.owner or 'no owner'})" for one in waiting[:NAMED])
        more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
        note = "Review them at the checkpoint, or note it: stopwatch issues update ID --note TEXT"
        within = span(plan.hypercare.reviewed_within)
        text = f"Open issues that nobody reviewed for over {within}: {told}{more}. {note}"
        yield WIDE_ALL, f"issues-unreviewed/{now.astimezone(ZoneInfo(zone)).date()}", text
