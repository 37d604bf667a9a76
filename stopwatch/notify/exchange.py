"""One request to a notifier and what became of it: short, never redirected, and with nothing secret in its account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from stopwatch.core.outbox import Delivery, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 5.0
_NO_WAIT_GIVEN = 30
_LONGEST_WAIT = 3600
_REDIRECTS = range(300, 400)
_AMBIGUOUS_4XX = frozenset({408})
_REFUSED = frozenset({401, 403, 407})
_THROTTLED = frozenset({429})
_SERVER = 500


class Exchange:
    """
    Requests to one address.

    Args:
        url: The address, which may carry a user and a password; it is a secret as a whole.
        timeout_seconds: The longest wait for a connection, and for each part of an answer.

    """

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def ask(self) -> Delivery:
        """Make a GET request."""
        return self._send("GET", None, {})

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Delivery:
        """Post JSON."""
        return self._send("POST", body, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, method: str, body: bytes | None, headers: Mapping[str, str]) -> Delivery:
        try:
            # Only the status counts; a body that never ends is not waited for.
            with self._client.stream(method, self._url, content=body, headers=headers) as answer:
                return classified(answer.status_code, answer.headers.get("Retry-After"))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return Delivery(Effect.NOT_SENT, "unreachable")
        except httpx.InvalidURL:
            return Delivery(Effect.NOT_SENT, "invalid_url")
        except httpx.TimeoutException:
            return Delivery(Effect.AMBIGUOUS, "timeout")
        except httpx.HTTPError:
            return Delivery(Effect.AMBIGUOUS, "broken_off")


def classified(status: int, retry_after: str | None = None) -> Delivery:
    """Say what an HTTP status means for a message; a receiver's mistakes never lose one."""
    code = f"http_{status}"
    if httpx.codes.is_success(status):
        return Delivery(Effect.SENT)
    if status in _THROTTLED:
        return Delivery(Effect.THROTTLED, code, retry_after=_wait(retry_after))
    if status in _REFUSED:
        return Delivery(Effect.BAD_APP, code)
    if status >= _SERVER or status in _AMBIGUOUS_4XX:
        return Delivery(Effect.AMBIGUOUS, code)
    if status in _REDIRECTS:
        return Delivery(Effect.NOT_SENT, "redirected")
    return Delivery(Effect.NOT_SENT, code)


def _wait(retry_after: str | None) -> timedelta:
    """Read the seconds a receiver asks for: 1 s to an hour, 30 s where it names no number."""
    digits = (retry_after or "").strip()
    seconds = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else _NO_WAIT_GIVEN  # noqa: PLR2004 – longer numbers are above the cap anyway
    return timedelta(seconds=min(_LONGEST_WAIT, max(1, seconds)))
