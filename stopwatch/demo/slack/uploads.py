"""File upload v2: an address that takes the bytes, and what a completed file may then be used for."""

import json
from typing import Any

from stopwatch.demo.slack.arguments import Arguments
from stopwatch.demo.slack.posting import thread_root
from stopwatch.demo.slack.records import BOT_USER, Message, RefusedError
from stopwatch.demo.slack.workspace import Workspace


def upload_url(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """files.getUploadURLExternal: an address that takes exactly ``length`` bytes."""
    length = str(args.values.get("length", ""))
    if not length.isdecimal() or int(length) == 0:
        raise RefusedError("invalid_arguments", "[ERROR] must be a whole number of bytes [json-pointer:/length]")
    name = workspace.next_id("F")
    workspace.files[name] = {
        "id": name,
        "name": args.text("filename"),
        "length": int(length),
        "alt_txt": args.text("alt_txt"),
        "content": None,
        "ready_at": None,
    }
    root = workspace.api_root.removesuffix("api/")
    return {"ok": True, "upload_url": f"{root}upload/{name}", "file_id": name}


def complete_upload(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """
    files.completeUploadExternal: what comes of the file comes after a while.

    Shared with a channel it appears there in a message without metadata; shared with none it may then be shown by
    blocks of the app's own messages.
    """
    listed = args.structure("files", refused="invalid_arguments")
    named = isinstance(listed, list) and all(isinstance(item, dict) and "id" in item for item in listed)
    if not listed or not named:
        raise RefusedError("invalid_arguments", "[ERROR] must be a list of files with ids [json-pointer:/files]")
    settings, done = workspace.settings, []
    for item in listed:
        held = workspace.files.get(str(item["id"]))
        if held is None or held["content"] is None:
            raise RefusedError("file_not_found")
        held |= {"title": str(item.get("title", held["name"])), "ready_at": workspace.now() + settings.file_delay}
        done.append({"id": held["id"], "name": held["name"], "title": held["title"], "alt_txt": held["alt_txt"]})
    if args.text("channel_id"):
        channel = workspace.channel(args.text("channel_id"), by_name=False)
        if not channel.member:
            raise RefusedError("not_in_channel")
        root = thread_root(workspace, args, channel)
        text = args.text("initial_comment")

        def appear() -> None:
            shared = Message(workspace.next_ts(), channel.id, BOT_USER, text, thread_ts=root, files=done)
            workspace.add(shared)

        workspace.later(settings.file_delay, appear)
    return {"ok": True, "files": json.loads(json.dumps(done))}
