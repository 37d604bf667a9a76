"""The table of Web API methods: arguments, scope, tier and body, and the one way in that checks them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stopwatch.demo.slack import posting, reading, surfaces, uploads
from stopwatch.demo.slack.arguments import Arguments
from stopwatch.demo.slack.records import RefusedError
from stopwatch.demo.slack.workspace import Workspace

Act = Callable[[Workspace, Arguments], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """``per_minute`` is the tier; ``json_body`` False means that Slack reads forms and queries only."""

    act: Act
    required: tuple[str, ...]
    optional: tuple[str, ...]
    scope: str | None
    per_minute: int = 50
    json_body: bool = False
    app_token: bool = False


POSTED = ("text", "blocks", "attachments", "as_user", "link_names", "parse", "markdown_text")
SHOWN = ("icon_emoji", "icon_url", "username", "thread_ts")
PAGED = ("cursor", "inclusive", "include_all_metadata", "latest", "limit", "oldest")

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "auth.test": Method(reading.auth_test, (), (), None, per_minute=600),
        "chat.postMessage": Method(
            posting.post,
            ("channel",),
            (*POSTED, *SHOWN, "reply_broadcast", "unfurl_links", "unfurl_media", "mrkdwn", "metadata", "container_id"),
            "chat:write",
            per_minute=600,
            json_body=True,
        ),
        "chat.update": Method(
            posting.update,
            ("channel", "ts"),
            (*POSTED, "reply_broadcast", "metadata", "file_ids"),
            "chat:write",
            json_body=True,
        ),
        "chat.delete": Method(posting.delete, ("channel", "ts"), ("as_user",), "chat:write", json_body=True),
        "chat.getPermalink": Method(posting.permalink, ("channel", "message_ts"), (), None, per_minute=600),
        "chat.postEphemeral": Method(
            posting.post_ephemeral, ("channel", "user"), (*POSTED, *SHOWN), "chat:write", 100, json_body=True
        ),
        "conversations.history": Method(reading.history, ("channel",), PAGED, "channels:history"),
        "conversations.replies": Method(reading.replies, ("channel", "ts"), PAGED, "channels:history"),
        "conversations.info": Method(
            reading.info, ("channel",), ("include_locale", "include_num_members"), "channels:read"
        ),
        "users.info": Method(reading.user_info, ("user",), ("include_locale",), "users:read", per_minute=100),
        "usergroups.users.list": Method(
            reading.group_users, ("usergroup",), ("include_disabled", "team_id"), "usergroups:read", per_minute=20
        ),
        "views.open": Method(
            surfaces.open_view, ("view",), ("trigger_id", "interactivity_pointer"), None, 100, json_body=True
        ),
        "views.update": Method(
            surfaces.update_view, ("view",), ("view_id", "external_id", "hash"), None, 100, json_body=True
        ),
        "files.getUploadURLExternal": Method(
            uploads.upload_url, ("filename", "length"), ("alt_txt", "snippet_type"), "files:write", 100
        ),
        "files.completeUploadExternal": Method(
            uploads.complete_upload,
            ("files",),
            ("channel_id", "channels", "initial_comment", "thread_ts", "blocks"),
            "files:write",
            per_minute=100,
        ),
        "apps.connections.open": Method(surfaces.open_connection, (), (), None, per_minute=20, app_token=True),
    }
)


def answer(
    workspace: Workspace, name: str, token: str | None, values: Mapping[str, Any], *, as_json: bool
) -> dict[str, Any]:
    """
    Do what is asked.

    Raises:
        RefusedError: Slack would answer ``ok: false``.
        RateLimitedError: Slack would answer 429.

    """
    method = METHODS.get(name)
    if method is None:
        workspace.object_to(name, "no such method")
        raise RefusedError("unknown_method")
    _let_in(workspace, name, method, token)
    workspace.buckets.take_call(name, method.per_minute, now=workspace.now())
    if as_json and not method.json_body and values:
        workspace.object_to(name, "takes no JSON body; its arguments were not read")
        values = {}
    for unknown in sorted(set(values) - {*method.required, *method.optional}):
        workspace.object_to(name, f"unknown argument {unknown}")
    known = {key: value for key, value in values.items() if key in {*method.required, *method.optional}}
    missing = [key for key in method.required if known.get(key) is None or known.get(key) == ""]
    if missing:
        workspace.object_to(name, f"missing argument {', '.join(missing)}")
        raise RefusedError("invalid_arguments", *(f"[ERROR] missing required field: {key}" for key in missing))
    return method.act(workspace, Arguments(known, lambda what: workspace.object_to(name, what)))


def _let_in(workspace: Workspace, name: str, method: Method, token: str | None) -> None:
    if not token:
        workspace.object_to(name, "no token")
        raise RefusedError("not_authed")
    state = workspace.tokens.get(token)
    if state is None:
        raise RefusedError("invalid_auth")
    if state != "good":
        raise RefusedError(state)
    if token.startswith("xapp-") != method.app_token:
        workspace.object_to(name, "wrong type of token")
        raise RefusedError("not_allowed_token_type")
    if method.scope is not None and method.scope not in workspace.scopes:
        raise RefusedError("missing_scope", needed=method.scope, provided=",".join(sorted(workspace.scopes)))
