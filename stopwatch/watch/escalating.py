"""Making unanswered decisions louder: which steps are put into the outbox now, and which are withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.decision import DecisionState
from stopwatch.core.escalation import (
    NOTIFIER_NUMBER,
    Cause,
    Step,
    called_since,
    due_steps,
    escalation_key,
    reminder,
    running,
    second_notifier,
)
from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import DAEMON
from stopwatch.core.outbox import Message, MessageKind, OutboxRow, OutboxState, thread_key
from stopwatch.core.records import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.ports import Reader, Store

SLACK = "slack"
ALERTMANAGER = "alertmanager"
WEBHOOK = "webhook"
ANSWERED = "answered"
"""Why a step is withdrawn that was not sent yet."""
_UNSENT = (OutboxState.PENDING, OutboxState.UNKNOWN)
_LOUD = (MessageKind.ESCALATION, MessageKind.REMINDER)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom we can tell: whether Slack takes our messages as far as we know, and the second notifiers there are."""

    slack: bool
    notifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Louder:
    """What one pass did: messages that are new in the outbox, and the keys of those nobody needs any more."""

    told: tuple[Message, ...] = ()
    withdrawn: tuple[str, ...] = ()


def escalate(store: Store, plan: Plan, reach: Reach, *, now: datetime) -> Louder:
    """
    Put every step that is due at *now* into the outbox, once for ever, and withdraw those that somebody has answered.

    Raises:
        StoreError: The records could not be read or written; what was not recorded is due again.

    """
    with store.reading() as view:
        wanted = [
            message
            for decision in view.decisions(plan.rollout, live=True)
            for message in _wanted(view, plan, decision, reach, now)
        ]
        stale = [row for row in view.unsent(MessageKind.ESCALATION) if not _still_wanted(view, plan, row, now)]
    if not wanted and not stale:
        return Louder()
    told, withdrawn = [], []
    with store.writing() as tx:
        for message in wanted:
            decision = tx.decision(message.decision) if message.decision else None
            # Somebody may have answered since the view was opened; the card says so already.
            if decision is None or decision.rev != message.rev:
                continue
            tx.enqueue(message, now=now)
            # A step that was withdrawn when somebody acknowledged is taken up again.
            tx.retry(message.key, now=now)
            tx.audit(AuditEntry(now, DAEMON, DAEMON, message.kind.value, decision.id, details={"key": message.key}))
            told.append(message)
        for row in stale:
            if tx.drop(row.message.key, ANSWERED) is not None:
                details = {"key": row.message.key}
                tx.audit(AuditEntry(now, DAEMON, DAEMON, "outbox.drop", row.message.decision, details=details))
                withdrawn.append(row.message.key)
    return Louder(tuple(told), tuple(withdrawn))


def _wanted(view: Reader, plan: Plan, decision: Decision, reach: Reach, now: datetime) -> Iterator[Message]:
    """Yield what is due for a decision and is not in the outbox yet; a drill calls the second notifiers at once."""
    if decision.drill:
        keys = {row.message.key for row in view.messages(decision.id)}
        for notifier in reach.notifiers:
            key = escalation_key(decision.id, decision.episode, NOTIFIER_NUMBER, notifier)
            if key not in keys:
                facts = _facts(decision, plan, Step.NOTIFIER) | {"cause": Cause.DRILL.value}
                yield Message(key, MessageKind.ESCALATION, notifier, decision.id, decision.rev, facts, notifier)
        return
    if running(decision, plan.escalation, now) is None and reminder(decision, plan.escalation, now) is None:
        return
    rows = {row.message.key: row for row in view.messages(decision.id)}
    card = next((row for row in rows.values() if row.message.kind is MessageKind.ROOT), None)
    cause = second_notifier(decision, plan.escalation, card, reachable=reach.slack, now=now)
    for notifier in reach.notifiers if cause is not None else ():
        key = escalation_key(decision.id, decision.episode, NOTIFIER_NUMBER, notifier)
        known = rows.get(key)
        if known is None or (known.state is OutboxState.DEAD and known.error == ANSWERED):
            facts = _facts(decision, plan, Step.NOTIFIER) | {"cause": str(cause)}
            yield Message(key, MessageKind.ESCALATION, notifier, decision.id, decision.rev, facts, notifier)
    if card is not None and card.state is OutboxState.SENT:
        yield from _in_thread(plan, decision, card, rows, now)


def _in_thread(
    plan: Plan, decision: Decision, card: OutboxRow, rows: Mapping[str, OutboxRow], now: datetime
) -> Iterator[Message]:
    """Yield the newest step or reminder for the thread; those that an outage left out are not made up for."""
    channel = card.message.channel
    said = [row for row in rows.values() if row.message.kind in _LOUD and row.message.notifier == SLACK]
    if any(row.state in _UNSENT for row in said):
        return
    # What was due before a call that waited through an outage went out is told by that call.
    told = max((row.sent_at for row in said if row.sent_at is not None), default=card.created_at)
    due = [step for step in due_steps(decision, plan.escalation, now) if step.step is not Step.NOTIFIER]
    if due and due[-1].at > told:
        key = escalation_key(decision.id, decision.episode, due[-1].number)
        if key not in rows:
            facts = _facts(decision, plan, due[-1].step)
            yield Message(key, MessageKind.ESCALATION, channel, decision.id, decision.rev, facts)
    number = reminder(decision, plan.escalation, now)
    if number is not None:
        key = thread_key(decision.id, MessageKind.REMINDER, str(number), channel)
        if key not in rows:
            holding = [ground for ground in decision.grounds if not ground.over]
            facts = {
                "since": rfc3339(min(ground.opened_at for ground in holding)),
                "holding": list(dict.fromkeys(ground.name for ground in holding)),
            }
            yield Message(key, MessageKind.REMINDER, channel, decision.id, decision.rev, facts)


def _facts(decision: Decision, plan: Plan, step: Step) -> dict[str, object]:
    """Return what a message about a step needs besides its decision, as JSON values."""
    since = called_since(decision)
    last = decision.last_act
    if decision.state is DecisionState.ACKNOWLEDGED and last is not None:
        since = last.at
    return {
        "step": step.value,
        "episode": decision.episode,
        "state": decision.state.value,
        "since": rfc3339(since) if since else None,
        "mentions": _mentions(decision, plan, step),
    }


def _mentions(decision: Decision, plan: Plan, step: Step) -> list[str]:
    """Return the ids to mention: whoever is on call and the first group, later the second; never who acted last."""
    site = plan.sites.get(decision.site) if decision.site is not None else None
    groups = plan.slack.groups[: 1 if step is Step.BROADCAST else 2]
    first = [site.on_call] if site is not None and site.on_call else []
    last = decision.last_act
    acted = last.actor.partition(":")[2] if last is not None else None
    return [each for each in dict.fromkeys((*first, *groups)) if each != acted]


def _still_wanted(view: Reader, plan: Plan, row: OutboxRow, now: datetime) -> bool:
    """Whether a step that was not sent yet is still waited for in the same episode."""
    decision = view.decision(row.message.decision) if row.message.decision is not None else None
    if decision is None or decision.rollout != plan.rollout:
        return True
    if decision.drill:
        return decision.state.live
    same = row.message.body.get("episode") == decision.episode
    return same and decision.state.live and running(decision, plan.escalation, now) is not None
