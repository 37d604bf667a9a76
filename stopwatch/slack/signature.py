"""Whether a request comes from Slack: a signature (version 0) over timestamp and body, at most five minutes old."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TOLERANCE = timedelta(minutes=5)
LARGEST_BODY = 256 * 1024
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def proof_of(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> str | None:
    """
    Return the signature that proves *body*, None if nothing does; *headers* have lower-case names.

    slack_sdk's verifier raises half a dozen kinds of errors on malformed headers; here each of them is a None.
    """
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not secret or len(body) > LARGEST_BODY:
        return None
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return None
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return None
    expected = hmac.new(secret.encode(), b"v0:%b:%b" % (timestamp.encode(), body), hashlib.sha256).hexdigest()
    return signature if hmac.compare_digest(f"v0={expected}", signature) else None
