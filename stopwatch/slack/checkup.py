"""Whether Slack would take our messages: the token, its scopes, and every channel that decisions go to."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from stopwatch.core.checkup import Checkup, Finding, Weight

if TYPE_CHECKING:
    from collections.abc import Iterable

NEEDED: Mapping[str, str] = {
    "chat:write": "posting cards",
    "channels:history": "looking up what became of a post (groups:history for private channels)",
    "channels:read": "checking channels (groups:read for private ones)",
    "files:write": "charts in threads",
    "usergroups:read": "rights given to user groups",
    "users:read": "people's names and time zones",
}
"""Each scope of the app with what is lost without it."""
_INSTEAD = {"channels:history": "groups:history", "channels:read": "groups:read"}
_VITAL = frozenset({"chat:write", "channels:history"})
_TIMEOUT_SECONDS = 10
_REINSTALL = "add it under OAuth & Permissions of the app, and install the app again"


def check_slack(token: str, base_url: str | None, channels: Iterable[str]) -> Checkup:
    """Ask Slack about *token* and the *channels* (ids) that decisions go to; nothing is posted."""
    client = WebClient(
        token=token,
        base_url=base_url if base_url is not None else WebClient.BASE_URL,
        timeout=_TIMEOUT_SECONDS,
        retry_handlers=[],
        logger=_silent(),
    )
    body, headers, trouble = _call(client, "auth.test", {})
    if trouble is not None:
        hint = "set STOPWATCH_SLACK_BOT_TOKEN to the app's bot token (xoxb-…), and see whether Slack can be reached"
        return Checkup(findings=(Finding("slack-token", Weight.ERROR, f"auth.test: {trouble}", hint),))
    note = f"Slack: {body.get('user') or 'the app'} in {body.get('team') or 'its workspace'}"
    findings = [*_missing_scopes(headers), *(one for channel in channels for one in _channel(client, channel))]
    return Checkup(findings=tuple(findings), notes=(note,))


def _missing_scopes(headers: Mapping[str, str]) -> list[Finding]:
    told = headers.get("x-oauth-scopes")
    if told is None:
        return [Finding("slack-scope", Weight.WARNING, "Slack does not tell the token's scopes", "check them by hand")]
    scopes = {scope.strip() for scope in told.split(",")}
    return [
        Finding(
            "slack-scope",
            Weight.ERROR if scope in _VITAL else Weight.WARNING,
            f"the token lacks the scope {scope}: {what} will fail",
            _REINSTALL,
        )
        for scope, what in NEEDED.items()
        if scope not in scopes and _INSTEAD.get(scope) not in scopes
    ]


def _channel(client: WebClient, channel: str) -> list[Finding]:
    body, _, trouble = _call(client, "conversations.info", {"channel": channel})
    if trouble == "missing_scope":
        return []
    hint = "set STOPWATCH_SLACK_CHANNEL, or the site's channel, to the id of a channel that the app can see"
    if trouble is not None:
        return [Finding("slack-channel", Weight.ERROR, f"channel {channel}: {trouble}", hint)]
    told = body.get("channel")
    told = told if isinstance(told, Mapping) else {}
    name = f"channel {channel} (#{told.get('name')})"
    if told.get("is_archived"):
        return [Finding("slack-channel", Weight.ERROR, f"{name} is archived", "unarchive it, or name another one")]
    if told.get("is_member") is False:
        return [Finding("slack-channel", Weight.ERROR, f"{name}: the app is no member", "invite the app: /invite @app")]
    return []


def _call(
    client: WebClient, method: str, arguments: Mapping[str, object]
) -> tuple[Mapping[str, object], Mapping[str, str], str | None]:
    """Return body and headers (names in lower case), or what went wrong in a word."""
    try:
        answer = client.api_call(method, params=dict(arguments))
    except SlackApiError as error:
        data = getattr(error.response, "data", None)
        code = data.get("error") if isinstance(data, Mapping) else None
        return {}, {}, code if isinstance(code, str) else "an answer that is none of Slack's"
    except (URLError, OSError, http.client.HTTPException):
        return {}, {}, "cannot be reached"
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, SlackClientError):
        return {}, {}, "an answer that is none of Slack's"
    headers = {str(name).lower(): str(value) for name, value in dict(answer.headers).items()}
    return answer.data if isinstance(answer.data, Mapping) else {}, headers, None


def _silent() -> logging.Logger:
    silent = logging.getLogger("stopwatch.slack.silenced")
    silent.setLevel(logging.CRITICAL + 1)
    silent.propagate = False
    return silent
