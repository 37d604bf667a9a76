"""Which messages a decision must have: its card and its thread, as a function of the decision alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import GroundKind
from stopwatch.core.grid import rfc3339
from stopwatch.core.outbox import Message, MessageKind, OutboxState, root_key, thread_key
from stopwatch.watch.escalating import ALERTMANAGER, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from stopwatch.core.decision import Acted, Decision, Ground
    from stopwatch.watch.ports import Writer

REPEAT = timedelta(minutes=30)
"""Further grounds of one rule are told at most once in this time."""


def tell(tx: Writer, decision: Decision, channel: str | None, *, now: datetime) -> None:
    """
    Put what is not yet told of a decision into the outbox and ask for a fresh card.

    A decision keeps the channels its card is in; one without a card gets it in *channel* (None: nowhere).
    """
    channels = tx.card_channels(decision.id)
    for known in channels:
        tx.touch_card(root_key(decision.id, known))
    for each in channels or ([channel] if channel else []):
        for message in messages_of(decision, each):
            tx.enqueue(message, now=now)
    if not decision.state.pausing:
        _resolve_elsewhere(tx, decision, now)


def _resolve_elsewhere(tx: Writer, decision: Decision, now: datetime) -> None:
    """Tell the second notifiers that were fired that it is over: at once, once for each time."""
    for row in tx.messages(decision.id):
        if row.message.notifier == ALERTMANAGER:
            tx.touch_card(row.message.key)
        told = row.state in {OutboxState.SENT, OutboxState.UNKNOWN}
        if row.message.notifier == WEBHOOK and row.message.kind is MessageKind.ESCALATION and told:
            facts = {"event": "resolved", "state": decision.state.value, "since": rfc3339(now)}
            key = f"{row.message.key}/over"
            tx.enqueue(Message(key, MessageKind.RECOVERED, WEBHOOK, decision.id, decision.rev, facts, WEBHOOK), now=now)


def messages_of(decision: Decision, channel: str) -> Iterator[Message]:
    """Yield the card, then the thread in the order of events; the same decision always yields the same keys."""
    yield Message(root_key(decision.id, channel), MessageKind.ROOT, channel, decision.id, decision.rev)
    told: dict[str, datetime] = {}
    for number, ground in enumerate(decision.grounds):
        last = told.get(ground.name)
        if last is None or ground.recorded_at - last >= REPEAT:
            told[ground.name] = ground.recorded_at
            if number:
                yield _item(decision, channel, MessageKind.GROUND, ground.id, _ground_facts(ground))
            if ground.kind is GroundKind.RULE and ground.evidence is not None:
                shown = {"ground": ground.id, "evidence": ground.evidence}
                yield _item(decision, channel, MessageKind.IMAGE, ground.id, shown)
        if ground.recovered_at is not None and ground.recorded_at < ground.recovered_at:
            facts = {"ground": ground.id, "recovered_at": rfc3339(ground.recovered_at)}
            yield _item(decision, channel, MessageKind.RECOVERED, ground.id, facts)
    for number, acted in enumerate(decision.acts, start=1):
        newest = number == len(decision.acts)
        yield _item(decision, channel, MessageKind.ACT, str(number), _act_facts(decision, acted, newest=newest))


def _item(decision: Decision, channel: str, kind: MessageKind, what: str, facts: Mapping[str, object]) -> Message:
    return Message(thread_key(decision.id, kind, what, channel), kind, channel, decision.id, decision.rev, facts)


def _ground_facts(ground: Ground) -> dict[str, object]:
    return {"ground": ground.id, "opened_at": rfc3339(ground.opened_at), **(ground.summary or {})}


def _act_facts(decision: Decision, acted: Acted, *, newest: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "act": acted.act,
        "actor": acted.actor,
        "at": rfc3339(acted.at),
        "reason": acted.reason,
        "rev_after": acted.rev_after,
        **acted.details,
    }
    return facts | {"state": decision.state.value} if newest else facts
