"""What an answer of Slack means for a message: the one table of error codes, and how long to hold a channel."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING = timedelta(seconds=30)
LEAST = timedelta(seconds=1)
MOST = timedelta(hours=1)

_OK = 200
_TOO_MANY = 429

_THROTTLED = ("ratelimited", "rate_limited")
# It may have happened all the same: only a look-up tells.
_AMBIGUOUS = frozenset(
    {
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "streaming_state_conflict",
        "team_added_to_org",
        "update_failed",
    }
)
# A refusal that passes by itself.
_NOT_SENT = ("external_channel_migrating", "message_limit_exceeded")
_BAD_FORMAT = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "block_mismatch",
        "cant_broadcast_message",
        "duplicate_channel_not_found",
        "duplicate_message_not_found",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_cursor",
        "invalid_form_data",
        "invalid_json",
        "invalid_limit",
        "invalid_metadata_filter_keys",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_post_type",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "json_not_object",
        "markdown_text_conflict",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "missing_file_data",
        "missing_post_type",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_dual_broadcast_content_update",
        "no_text",
        "pagination_not_available",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
        "too_many_attachments",
        "too_many_contact_cards",
    }
)
_BAD_DESTINATION = frozenset(
    {
        "cannot_reply_to_message",
        "channel_not_found",
        "channel_type_not_supported",
        "is_archived",
        "is_inactive",
        "messages_tab_disabled",
        "method_not_supported_for_channel_type",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_not_found",
    }
)
_BAD_APP = frozenset(
    {
        "access_denied",
        "accesslimited",
        "account_inactive",
        "as_user_not_supported",
        "deprecated_endpoint",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "method_deprecated",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "send_on_behalf_not_allowed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
        "unknown_method",
        "upgrade_required",
    }
)
# The message itself is gone, or is ours no longer to change.
_GONE = frozenset(
    {
        "cant_delete_message",
        "cant_update_message",
        "compliance_exports_prevent_deletion",
        "edit_window_closed",
        "message_not_found",
        "thread_not_found",
    }
)

_RESTRICTED = "restricted_action"

CODES: Mapping[str, Effect] = {
    code: effect
    for effect, codes in (
        (Effect.THROTTLED, _THROTTLED),
        (Effect.AMBIGUOUS, _AMBIGUOUS),
        (Effect.NOT_SENT, _NOT_SENT),
        (Effect.BAD_FORMAT, _BAD_FORMAT),
        (Effect.BAD_DESTINATION, _BAD_DESTINATION),
        (Effect.BAD_APP, _BAD_APP),
        (Effect.GONE, _GONE),
    )
    for code in codes
}
"""Every error code that the methods in use document; whatever is not in it is ambiguous."""

_LOOK_UPS = ("conversations.history", "conversations.replies")
_NO_SIGHT = ("missing_scope", "not_allowed_token_type", "no_permission", "access_denied", "method_deprecated")


def effect_of(code: str, *, method: str) -> Effect:
    """Return what an error code means; without the right to read history a channel cannot be looked up, no more."""
    if method in _LOOK_UPS and code in _NO_SIGHT:
        return Effect.BAD_DESTINATION
    if code.startswith(_RESTRICTED):
        return Effect.BAD_DESTINATION
    return CODES.get(code, Effect.AMBIGUOUS)


def effect_of_answer(status: int, code: str | None, *, method: str) -> Effect:
    """
    Return what an answer that is no success means.

    Args:
        status: The HTTP status.
        code: Slack's error code, None if the body holds none.
        method: The method that was called.

    """
    if status == _TOO_MANY or code in _THROTTLED:
        return Effect.THROTTLED
    if status != _OK and (code is None or status >= 500):  # noqa: PLR2004 – a gateway's word, not Slack's
        return Effect.AMBIGUOUS
    return Effect.AMBIGUOUS if code is None else effect_of(code, method=method)


def retry_after(header: str | None, *, now: datetime) -> timedelta:
    """
    Return how long a channel is held.

    Seconds may be whole or a fraction, or the header a date; missing or unreadable is 30 s, not in the future 1 s, and
    more than an hour is an hour.
    """
    if header is None or not header.strip():
        return MISSING
    wait = _seconds(header.strip())
    if wait is None:
        wait = _until(header.strip(), now)
    if wait is None:
        return MISSING
    return LEAST if wait <= 0 else timedelta(seconds=min(wait, MOST.total_seconds()))


def _seconds(header: str) -> float | None:
    try:
        seconds = float(header)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds


def _until(header: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(header)
        # A date without a zone is meant in UTC, as every date of HTTP.
        return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
