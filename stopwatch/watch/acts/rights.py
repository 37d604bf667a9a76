"""Who may do what from Slack: the plan's users and user groups, and nobody where that cannot be known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stopwatch.core.decision import Act
from stopwatch.core.inbox import Declaration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.inbox import Deed
    from stopwatch.core.rollout import Plan

FREE = frozenset({Act.ACKNOWLEDGE, Act.CONFIRM, Act.PAUSE_AGAIN})
"""Acts that are open to anybody in the channel."""

_GROUP = "S"
_ELSE = "the pages and the command line are open to whoever has a token or the machine"
_DOES: Mapping[Deed, str] = {Declaration.ISSUE: "write into the issue log"}
"""What people do, where its name is no verb."""


class Groups(Protocol):
    """The user groups of the workspace."""

    def members(self, group: str) -> frozenset[str] | None:
        """Return the users of a group, None if they cannot be known now."""
        ...


def obstacle(plan: Plan, act: Deed, user: str, groups: Groups) -> str | None:
    """Say why *user* may not *act*, None if nothing speaks against it; who cannot be known may not."""
    if act in FREE:
        return None
    does = _DOES.get(act, act)
    listed = plan.slack.rights.get(act.value, ())
    if not listed:
        return f"nobody may {does} from Slack: the plan lists nobody under slack.rights.{act}; {_ELSE}"
    if user in listed:
        return None
    unknown = []
    for group in (name for name in listed if name.startswith(_GROUP)):
        members = groups.members(group)
        if members is None:
            unknown.append(group)
        elif user in members:
            return None
    if unknown:
        words = "its members" if len(unknown) == 1 else "their members"
        return f"{', '.join(unknown)} could not be looked up, and without {words} only listed users may {does}; {_ELSE}"
    return f"only the people and groups that the plan lists under slack.rights.{act} may do that; ask one of them"
