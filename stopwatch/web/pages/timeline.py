"""What happened to a decision in order: what the data did, what people did, and what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.web.figures import local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from stopwatch.core.decision import Acted, Decision
    from stopwatch.core.outbox import OutboxRow

_MESSAGES = {
    MessageKind.ROOT: "card",
    MessageKind.GROUND: "further ground",
    MessageKind.ACT: "act",
    MessageKind.RECOVERED: "recovery",
    MessageKind.REMINDER: "reminder",
    MessageKind.ESCALATION: "escalation",
    MessageKind.BLIND: "blind site",
    MessageKind.IMAGE: "chart",
    MessageKind.SUMMARY: "summary",
    MessageKind.DRILL: "drill",
    MessageKind.REPORT: "report",
}
_CHANNELS = {"slack": "Slack", "alertmanager": "Alertmanager", "webhook": "the webhook"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline; *kind* is data, act or message, *words* its time in the site's zone."""

    at: datetime
    kind: str
    words: str
    what: str
    who: str
    reason: str = ""


def moments_of(decision: Decision, messages: Sequence[OutboxRow], zone: ZoneInfo) -> list[Moment]:
    """Return all that happened to a decision, oldest first; what waits to be sent stands where it was written."""
    found = [*_of_grounds(decision, zone), *_of_acts(decision, zone), *_of_messages(messages, zone)]
    return sorted(found, key=lambda moment: moment.at)


def _of_grounds(decision: Decision, zone: ZoneInfo) -> Iterator[Moment]:
    for ground in decision.grounds:
        if ground.pending_since is not None:
            yield _moment(ground.pending_since, zone, "data", f"{ground.name}: the breach began")
        late = ", found late" if ground.detected_late else ""
        who = str((ground.summary or {}).get("actor", ""))
        said = str((ground.summary or {}).get("reason", ""))
        yield _moment(ground.opened_at, zone, "act" if who else "data", f"{ground.name}: opened{late}", who, said)
        if ground.recovered_at is not None:
            yield _moment(ground.recovered_at, zone, "data", f"{ground.name}: recovered")


def _of_acts(decision: Decision, zone: ZoneInfo) -> Iterator[Moment]:
    for act in decision.acts:
        rev = f" (revision {act.rev_after})" if act.rev_after != act.rev_before else ""
        yield _moment(act.at, zone, "act", f"{act_words(act, zone)}{rev}", act.actor, act.reason or "")


def act_words(act: Acted, zone: ZoneInfo) -> str:
    """Say what an act was, with everything it named: until when, which grounds, which versions, which links."""
    known = act.details
    words = [act.act.replace("_", " ")]
    if known.get("category"):
        words.append(f"as {str(known['category']).replace('_', ' ')}")
    if known.get("what"):
        words.append(f"of the {known['what']} from {known.get('from', '?')} to {known.get('to', '?')}")
    if known.get("until"):
        words.append(f"until {local(datetime.fromisoformat(str(known['until'])), zone)}")
    if known.get("ground"):
        words.append(f"{known['ground']}")
    words += _lists(known)
    return " ".join(words)


def _lists(known: Mapping[str, object]) -> list[str]:
    grounds, links = known.get("grounds"), known.get("links")
    found = []
    if isinstance(grounds, list):
        found.append(f"accepting {', '.join(str(ground) for ground in grounds)}")
    if isinstance(links, list):
        found.append(", ".join(f"{link.get('kind')} {link.get('url')}" for link in links if isinstance(link, dict)))
    return found


def _of_messages(messages: Sequence[OutboxRow], zone: ZoneInfo) -> Iterator[Moment]:
    for row in messages:
        where = _CHANNELS.get(row.message.notifier, row.message.notifier)
        what = _MESSAGES.get(row.message.kind, row.message.kind.value)
        if row.sent_at is not None:
            yield _moment(row.sent_at, zone, "message", f"{what} sent to {where}", "stopwatch")
        elif row.state is OutboxState.DEAD:
            why = f": {row.error}" if row.error else ""
            yield _moment(row.created_at, zone, "message", f"{what} could not be sent to {where}{why}", "stopwatch")
        else:
            tried = f", tried {row.attempts} times" if row.attempts else ""
            yield _moment(row.created_at, zone, "message", f"{what} waits to be sent to {where}{tried}", "stopwatch")


def _moment(at: datetime, zone: ZoneInfo, kind: str, what: str, who: str = "", reason: str = "") -> Moment:
    return Moment(at, kind, f"{at.astimezone(zone):%d %b %H:%M:%S}", what, who, reason)
