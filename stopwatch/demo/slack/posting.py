"""The chat methods: post, update, delete, permalink and ephemeral messages, as Slack does them."""

from typing import Any

from stopwatch.demo.slack.arguments import Arguments
from stopwatch.demo.slack.blocks import as_stored
from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.payloads import accept_blocks, accept_metadata
from stopwatch.demo.slack.records import BOT_USER, Channel, Message, RefusedError
from stopwatch.demo.slack.workspace import Workspace

GONE = "This message was deleted."


def post(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """chat.postMessage: there is no idempotency key; the same call twice is two messages."""
    channel = open_channel(workspace, args, by_name=True)
    text, blocks, attachments = content(workspace, args, longest=LIMITS["message.text"])
    metadata = _metadata(args)
    root = thread_root(workspace, args, channel)
    workspace.buckets.take_post(channel.id, now=workspace.now())
    now = workspace.now()
    message = Message(
        ts=workspace.next_ts(),
        channel=channel.id,
        user=BOT_USER,
        text=text,
        blocks=as_stored(blocks, workspace.numbers),
        attachments=attachments,
        metadata=metadata,
        thread_ts=root,
        broadcast=root is not None and args.flag("reply_broadcast"),
        visible_at=now + workspace.settings.history_lag,
    )
    if args.flag("reply_broadcast") and root is None:
        args.object_to("reply_broadcast without the thread_ts of a message")
    workspace.add(message)
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "message": workspace.as_slack(message, all_metadata=False),
    }


def update(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """chat.update: ids only; text without blocks removes the blocks; metadata stays unless it is given."""
    channel = open_channel(workspace, args, by_name=False)
    message = _own_message(workspace, channel, args.ts("ts"), refused="cant_update_message")
    window = workspace.settings.edit_window
    if window is not None and workspace.now() - float(message.ts) > window:
        raise RefusedError("edit_window_closed")
    text, blocks, attachments = content(workspace, args, longest=LIMITS["message.update_text"])
    metadata = _metadata(args) if args.has("metadata") else message.metadata
    message.earlier.append({"text": message.text, "blocks": message.blocks, "metadata": message.metadata})
    del message.earlier[:-20]
    if args.has("text"):
        message.text = text
    if args.has("blocks") or args.has("text"):
        message.blocks = as_stored(blocks, workspace.numbers)
    if args.has("attachments") or args.has("text"):
        message.attachments = attachments
    message.metadata = metadata
    if not blocks:
        message.edited_at = f"{workspace.now():.6f}"
    told = workspace.as_slack(message, all_metadata=False)
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": told}


def delete(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """chat.delete: the app's own messages only; a root with replies leaves a tombstone."""
    channel = workspace.channel(args.text("channel"), by_name=False)
    message = _own_message(workspace, channel, args.ts("ts"), refused="cant_delete_message")
    message.deleted = True
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def permalink(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """chat.getPermalink: an address of the message on the emulator's own page."""
    channel = workspace.channel(args.text("channel"), by_name=False)
    ts = args.ts("message_ts")
    if workspace.find(channel.id, ts) is None:
        raise RefusedError("message_not_found")
    anchor = "p" + ts.replace(".", "")
    root = workspace.api_root.removesuffix("api/")
    return {"ok": True, "channel": channel.id, "permalink": f"{root}archives/{channel.id}/{anchor}"}


def post_ephemeral(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """chat.postEphemeral: shown to one person, never in the history."""
    channel = open_channel(workspace, args, by_name=True)
    user = args.text("user")
    if user not in workspace.people:
        raise RefusedError("user_not_in_channel")
    text, blocks, attachments = content(workspace, args, longest=LIMITS["message.text"])
    message = Message(
        ts=workspace.next_ts(),
        channel=channel.id,
        user=BOT_USER,
        text=text,
        blocks=as_stored(blocks, workspace.numbers),
        attachments=attachments,
        thread_ts=thread_root(workspace, args, channel),
        only_for=user,
    )
    workspace.add(message)
    return {"ok": True, "message_ts": message.ts}


def open_channel(workspace: Workspace, args: Arguments, *, by_name: bool) -> Channel:
    """
    The channel of the call, if the app may write there.

    Raises:
        RefusedError: channel_not_found, is_archived, not_in_channel or restricted_action.

    """
    channel = workspace.channel(args.text("channel"), by_name=by_name)
    if channel.archived:
        raise RefusedError("is_archived")
    if not channel.member:
        raise RefusedError("not_in_channel")
    if not channel.writable:
        raise RefusedError("restricted_action")
    return channel


def content(
    workspace: Workspace, args: Arguments, *, longest: int
) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """
    Text, blocks and attachments of a call.

    Raises:
        RefusedError: no_text, msg_too_long, or what is wrong with the blocks.

    """
    blocks = args.structure("blocks", refused="invalid_blocks_format")
    attachments = args.structure("attachments", refused="invalid_attachments")
    text = args.text("text") or args.text("markdown_text")
    if args.has("markdown_text") and (args.has("text") or args.has("blocks")):
        raise RefusedError("markdown_text_conflict")
    if not text and not blocks and not attachments:
        raise RefusedError("no_text")
    if len(text) > longest:
        raise RefusedError("msg_too_long")
    if not text:
        args.object_to("no top-level text: notifications and screen readers have nothing to say")
    if blocks is not None and not isinstance(blocks, list):
        raise RefusedError("invalid_blocks_format")
    if attachments is not None and (
        not isinstance(attachments, list) or len(attachments) > LIMITS["message.attachments"]
    ):
        raise RefusedError("too_many_attachments")
    return text, accept_blocks(blocks or [], pictures=workspace.pictures()), attachments or []


def thread_root(workspace: Workspace, args: Arguments, channel: Channel) -> str | None:
    """The root of the thread the call names; None, as Slack has it, when it names no message."""
    ts = args.ts("thread_ts")
    if not ts:
        return None
    named = workspace.messages.get(channel.id, {}).get(ts)
    if named is None or named.lost or (named.deleted and not workspace.replies(channel.id, ts)):
        return None
    if named.thread_ts not in {None, named.ts}:
        args.object_to(f"thread_ts {ts} names a reply, not the root of a thread")
        return named.thread_ts
    return ts


def _metadata(args: Arguments) -> dict[str, Any] | None:
    given = args.structure("metadata", refused="invalid_metadata_format")
    return None if given is None else accept_metadata(given)


def _own_message(workspace: Workspace, channel: Channel, ts: str, *, refused: str) -> Message:
    message = workspace.find(channel.id, ts)
    if message is None or message.only_for is not None:
        raise RefusedError("message_not_found")
    if not message.by_app:
        raise RefusedError(refused)
    return message
