"""The issue log in Slack: the dialog that opens or changes an issue, and what the person is told of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.inbox import Declaration
from stopwatch.core.issue import LONGEST, MEANINGS, IssueStatus
from stopwatch.core.kpi import SiteId
from stopwatch.slack.cause import NAME, person
from stopwatch.slack.figures import here, span
from stopwatch.slack.modal import SHORT_MOST, field_of, plain, text_field
from stopwatch.slack.payload import Block, section
from stopwatch.slack.places import OPTION_MOST, place_menu
from stopwatch.slack.text import clip, fitted, safe, web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.hypercare import Logged
    from stopwatch.core.issue import Issue
    from stopwatch.core.rollout import Plan

_SUMMARY, _ROW = 600, 300
_CARD = re.compile(r"([a-z0-9][a-z0-9_-]{0,62})-\d{8}T\d{4}(?:\d\d)?Z")
"""A decision's id, as every card shows it: its scope and when it was opened."""
_STANDINGS: Mapping[str, str] = {
    IssueStatus.OPEN: "Nothing is done yet.",
    IssueStatus.MITIGATED: "A workaround keeps the warehouse going; it counts as open.",
    IssueStatus.RESOLVED: "It is over; say below how.",
}
_BY_CHANGE: Mapping[str, str] = {"no": "No, or not known yet", "yes": "Yes"}


def issue_modal(plan: Plan, *, channel: str, typed: str = "", said: str = "", known: Logged | None = None) -> Block:
    """
    Return the dialog.

    Args:
        plan: The rollout, whose sites and phases are offered.
        channel: Where the person asked, which the dialog hands back.
        typed: What was typed behind the command; a place in front is chosen already, the rest is what is wrong.
        said: The message of a shortcut; what is wrong begins with it, and the site of a card is chosen already.
        known: The issue that is to be changed, None for a new one.

    """
    issue = known.issue if known is not None else None
    first, _, rest = typed.strip().partition(" ")
    card = _CARD.search(said)
    menu = place_menu(plan, card[1] if card else first, wide=False)
    words = said or (rest if "initial_option" in menu else typed).strip()
    blocks = _changing(plan, known) if known is not None else _opening(plan, menu, words)
    return {
        "type": "modal",
        "callback_id": Declaration.ISSUE.value,
        "private_metadata": f"{channel}|{issue.id}|{len(issue.history)}" if issue is not None else channel,
        "title": plain("Change an issue" if issue is not None else "Log an issue"),
        "submit": plain("Save" if issue is not None else "Log it"),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def issue_told(plan: Plan, logged: Logged, *, address: str | None) -> str:
    """Return in a few safe lines what stands in the log now, for the person who wrote it; *address* is its page."""
    issue = logged.issue
    fresh = len(issue.history) == 1
    head = f"*{safe(issue.id, NAME * 2)}* ({safe(issue.severity, NAME)}, {safe(issue.status, NAME)})"
    head += f" is in the issue log of {_scope(plan, issue)}" if fresh else " is changed"
    lines = [f"{head}: “{fitted(issue.description, _SUMMARY)}”"]
    if not fresh:
        changes = [fitted(change, _ROW) for change in issue.history[-1].changes] or ["a note"]
        lines.append(f"What changed: {', '.join(changes)}.")
    owner = safe(issue.owner, NAME) if issue.owner else "nobody yet"
    due = f"by {issue.target.isoformat()}{', which is over' if logged.overdue else ''}" if issue.target else "no day"
    lines.append(f"Owner: {owner} · target: {due}.")
    if issue.open and issue.severe:
        lines.append("No phase passes its exit gate with it. It pauses nothing: `/stop-rollout` does.")
    page = web_address(address) if address else None
    again = f"change it with `/stop-rollout issue {safe(issue.id, NAME * 2)}`"
    lines.append(f"<{page}|Its page>, or {again}." if page else f"On the page `/issues`, or {again}.")
    return "\n".join(lines)


def _opening(plan: Plan, menu: Block, words: str) -> list[Block]:
    return [
        section("*Something is wrong.* It is reviewed every day until it is resolved. It pauses nothing."),
        field_of("scope", "Where?", menu),
        _typed("description", "What is wrong?", words, multiline=True),
        _severity(None),
        *_care(plan, None),
    ]


def _changing(plan: Plan, known: Logged) -> list[Block]:
    issue = known.issue
    last = f"Last word: {person(issue.changed_by)}, {here(issue.changed_at)}"
    note = issue.history[-1].note
    lines = [
        f"*{safe(issue.id, NAME * 2)}* · {_scope(plan, issue)}{' · *overdue*' if known.overdue else ''}",
        f"{last}: “{fitted(note, _ROW)}”" if note else f"{last}.",
    ]
    standing = _menu(_STANDINGS, issue.status)
    return [
        section("\n".join(lines)),
        field_of("status", "Where does it stand?", standing),
        _typed("note", "What is there to say?", "", multiline=True, optional=True),
        _severity(issue.severity),
        _typed("description", "What is wrong?", issue.description, multiline=True),
        *_care(plan, issue),
    ]


def _care(plan: Plan, issue: Issue | None) -> list[Block]:
    """Return the fields on what is done about it."""
    within = [f"{name} {span(time / timedelta(seconds=1))}" for name, time in plan.hypercare.targets.items()]
    target: Block = {"type": "datepicker"}
    if issue is not None and issue.target is not None:
        target["initial_date"] = issue.target.isoformat()
    hint = f"Left empty, the plan says when: {', '.join(within)}." if within and issue is None else None
    caused = [{"text": plain(text), "value": value} for value, text in _BY_CHANGE.items()]
    chosen = caused[1 if issue is not None and issue.attributable else 0]
    workaround, owner = (issue.workaround, issue.owner) if issue is not None else (None, None)
    return [
        _typed("workaround", "Workaround", workaround, multiline=True, optional=True),
        _typed("owner", "Who sees to it?", owner, optional=True, most=SHORT_MOST),
        field_of("target", "By which day?", target, hint=hint, optional=True),
        field_of(
            "attributable",
            "Did the change cause it?",
            {"type": "radio_buttons", "options": caused, "initial_option": chosen},
            optional=True,
        ),
    ]


def _severity(chosen: str | None) -> Block:
    return field_of("severity", "How bad is it?", _menu(MEANINGS, chosen))


def _menu(meanings: Mapping[str, str], chosen: str | None) -> Block:
    options: list[Block] = [
        {"text": plain(name.capitalize()), "value": name, "description": plain(clip(meaning, OPTION_MOST))}
        for name, meaning in meanings.items()
    ]
    first = next((option for option in options if option["value"] == chosen), None)
    return {"type": "static_select", "options": options} | ({"initial_option": first} if first is not None else {})


def _typed(
    block: str, label: str, first: str | None, *, multiline: bool = False, optional: bool = False, most: int = LONGEST
) -> Block:
    field = text_field(block, label, most=max(most, len(first or "")), multiline=multiline) | {"optional": optional}
    element = field["element"]
    if first and isinstance(element, dict):
        field["element"] = element | {"initial_value": first[:LONGEST]}
    return field


def _scope(plan: Plan, issue: Issue) -> str:
    site = plan.sites.get(SiteId(issue.scope))
    return f"{safe(site.name, NAME)} ({safe(site.id, NAME)})" if site is not None else safe(issue.scope, NAME)
