"""Which dialog a person in Slack is shown, and in which words one is told what became of a deed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.inbox import Declaration
from stopwatch.slack.declaring import stop_modal
from stopwatch.slack.issue import issue_modal, issue_told
from stopwatch.slack.modal import modal
from stopwatch.slack.names import named_decision, named_issue
from stopwatch.slack.whisper import whisper
from stopwatch.watch.acts.answers import pending_beside

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.slack.inbound import Asked
    from stopwatch.slack.payload import Block
    from stopwatch.slack.people import SlackPeople
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.acts.outcome import Outcome


def dialog_of(desk: Desk, people: SlackPeople, what: Asked, outcome: Outcome, *, now: datetime) -> Block:
    """
    Return the dialog that *what* asks for, once *outcome* says that it may be shown.

    Raises:
        StoreError: The records could not be read.

    """
    deed, decision, plan = outcome.deed, outcome.decision, desk.rule_set.plan
    if deed.act is Declaration.ISSUE:
        known = named_issue(outcome.logged, people.name_of) if outcome.logged is not None else None
        return issue_modal(plan, channel=what.value, typed=what.typed, said=what.said, known=known)
    if isinstance(deed.act, Declaration) or decision is None:
        return stop_modal(plan, channel=what.value, wanted=what.typed, reason=what.said)
    pending = [(str(rule), since) for rule, since in pending_beside(desk, decision)]
    shown = named_decision(decision, people.name_of)
    return modal(deed.act, shown, what.value, now=now, override_max=plan.override_max, pending=pending)


def words_of(desk: Desk, people: SlackPeople, outcome: Outcome, *, pages: object) -> str:
    """Return what only the person who acted is told; *pages* is the address of our own pages, None if unknown."""
    if outcome.logged is not None:
        address = f"{str(pages).rstrip('/')}/issues#{outcome.logged.issue.id}" if pages else None
        return issue_told(desk.rule_set.plan, outcome.logged, address=address)
    standing = named_decision(outcome.decision, people.name_of) if outcome.decision is not None else None
    return whisper(outcome.deed, outcome.result, outcome.why, standing)
