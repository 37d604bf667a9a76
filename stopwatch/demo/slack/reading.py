"""The reading methods: history, replies, channels, people and user groups."""

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from typing import Any

from stopwatch.demo.slack.arguments import Arguments
from stopwatch.demo.slack.posting import GONE
from stopwatch.demo.slack.records import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Channel, Message, RefusedError
from stopwatch.demo.slack.workspace import Workspace

MOST = 999
CURSOR = "next_ts:"


def auth_test(workspace: Workspace, _args: Arguments) -> dict[str, Any]:
    """auth.test: who the token belongs to."""
    return {
        "ok": True,
        "url": workspace.api_root.removesuffix("api/"),
        "team": "Warehouse",
        "user": workspace.people[BOT_USER].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def history(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """conversations.history: newest first, roots and broadcasts only, after the history lag."""
    channel, asked = _readable(workspace, args), _range(args)
    shown = [
        item
        for item in workspace.all_messages(channel.id)
        if not item.in_thread_only and _visible(workspace, item) and asked(item.ts)
    ]
    return _page(workspace, args, list(reversed(shown)), default=100)


def replies(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """conversations.replies: the root first, then its replies, oldest first."""
    channel, asked = _readable(workspace, args), _range(args)
    ts = args.ts("ts")
    root = workspace.messages.get(channel.id, {}).get(ts)
    if root is None or not _visible(workspace, root):
        raise RefusedError("thread_not_found")
    below = [
        item
        for item in workspace.replies(channel.id, root.thread_ts or root.ts)
        if _visible(workspace, item) and asked(item.ts)
    ]
    alone = root.thread_ts not in {None, root.ts}
    return _page(workspace, args, [root] if alone else [root, *below], default=MOST)


def info(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """conversations.info: what the app may know about one channel, by id only."""
    channel = workspace.channel(args.text("channel"), by_name=False)
    told = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_private": False,
        "is_archived": channel.archived,
        "is_member": channel.member,
        "context_team_id": TEAM_ID,
    }
    if args.flag("include_num_members"):
        told["num_members"] = len(workspace.people)
    return {"ok": True, "channel": told}


def user_info(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """users.info: name and time zone of one person."""
    person = workspace.people.get(args.text("user"))
    if person is None:
        raise RefusedError("user_not_found")
    told = {
        "id": person.id,
        "team_id": TEAM_ID,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": False,
        "is_bot": person.id == BOT_USER,
        "tz": person.tz,
        "profile": {"real_name": person.real_name, "display_name": person.name},
    }
    return {"ok": True, "user": told}


def group_users(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """usergroups.users.list: the members of one group, unless the look-up is told to fail."""
    if workspace.settings.groups_fail is not None:
        raise RefusedError(workspace.settings.groups_fail)
    group = workspace.groups.get(args.text("usergroup"))
    if group is None:
        raise RefusedError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


def _readable(workspace: Workspace, args: Arguments) -> Channel:
    channel = workspace.channel(args.text("channel"), by_name=False)
    if not channel.member:
        raise RefusedError("not_in_channel")
    return channel


def _visible(workspace: Workspace, message: Message) -> bool:
    if message.only_for is not None or message.lost or message.visible_at > workspace.now():
        return False
    return not message.deleted or bool(workspace.replies(message.channel, message.ts))


def _range(args: Arguments) -> Callable[[str], bool]:
    """Whether a ts lies in the time the call asks for."""
    oldest = args.time("oldest", refused="invalid_ts_oldest")
    latest = args.time("latest", refused="invalid_ts_latest")
    low, high = -math.inf if oldest is None else oldest, math.inf if latest is None else latest
    if args.flag("inclusive"):
        return lambda ts: low <= float(ts) <= high
    return lambda ts: low < float(ts) < high


def _page(workspace: Workspace, args: Arguments, found: Sequence[Message], *, default: int) -> dict[str, Any]:
    limit = args.number("limit", default=default, most=MOST)
    start = 0
    if args.text("cursor"):
        start_ts = _from_cursor(args.text("cursor"))
        start = next((index for index, item in enumerate(found) if item.ts == start_ts), len(found))
    page, rest = found[start : start + limit], found[start + limit :]
    every = args.flag("include_all_metadata")
    answer: dict[str, Any] = {
        "ok": True,
        "messages": [_told(workspace, item, every=every) for item in page],
        "has_more": bool(rest),
    }
    if rest:
        cursor = base64.b64encode(f"{CURSOR}{rest[0].ts}".encode()).decode()
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _told(workspace: Workspace, message: Message, *, every: bool) -> dict[str, Any]:
    if message.deleted:
        gone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": True, "text": GONE}
        return gone | {"ts": message.ts, "thread_ts": message.ts}
    return workspace.as_slack(message, all_metadata=every)


def _from_cursor(cursor: str) -> str:
    try:
        decoded = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusedError("invalid_cursor") from error
    if not decoded.startswith(CURSOR):
        raise RefusedError("invalid_cursor")
    return decoded.removeprefix(CURSOR)
