"""One call of a Slack method, answered by a value whatever happens on the wire."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from stopwatch.core.outbox import Delivery, Effect
from stopwatch.slack.classify import effect_of_answer, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_NEVER_CONNECTED = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
_UNREACHABLE = frozenset({101, 111, 113})
"""ENETUNREACH, ECONNREFUSED and EHOSTUNREACH."""
_TLS_MAYBE_LATER = (ssl.SSLZeroReturnError, ssl.SSLEOFError, ssl.SSLSyscallError)
_CODE_MOST = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """A success with the *body* that came, or the *failure* that says what is to be done."""

    body: Mapping[str, object]
    failure: Delivery | None = None


class Caller:
    """Calls methods with one token; nothing is retried, and neither logs nor failures ever hold token or text."""

    def __init__(self, token: str, base_url: str | None, *, timeout_seconds: int, now: Callable[[], datetime]) -> None:
        # slack_sdk logs bodies and failures by itself, at DEBUG all of them; what matters is in the answer.
        silent = logging.getLogger("stopwatch.slack.silenced")
        silent.setLevel(logging.CRITICAL + 1)
        silent.propagate = False
        self._client = WebClient(
            token=token,
            base_url=base_url if base_url is not None else WebClient.BASE_URL,
            timeout=timeout_seconds,
            retry_handlers=[],
            logger=silent,
        )
        self._now = now

    def call(self, method: str, arguments: Mapping[str, object], *, as_form: bool = False) -> Answer:
        """Call *method*; forms are for the reading methods, which take no JSON."""
        try:
            if as_form:
                response = self._client.api_call(method, params=dict(arguments))
            else:
                response = self._client.api_call(method, json=dict(arguments))
        except SlackApiError as error:
            return self._refused(method, error)
        except URLError as error:
            return _failed(_of_connecting(error.reason))
        except (OSError, http.client.HTTPException) as error:
            return _failed(Delivery(Effect.AMBIGUOUS, _wire_code(error)))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError, SlackClientError):
            # Whatever slack_sdk could make nothing of: no JSON object, an unknown charset, numbers beyond bounds.
            return _failed(Delivery(Effect.AMBIGUOUS, "unreadable_answer"))
        body = response.data
        return Answer(body) if isinstance(body, Mapping) else _failed(Delivery(Effect.AMBIGUOUS, "unreadable_answer"))

    def _refused(self, method: str, error: SlackApiError) -> Answer:
        response = error.response
        status = getattr(response, "status_code", None)
        status = status if isinstance(status, int) else 0
        data = getattr(response, "data", None)
        code = data.get("error") if isinstance(data, Mapping) else None
        # slack_sdk puts a sentence where a body was no JSON; a code is one word.
        known = code if isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum() else None
        known = known[:_CODE_MOST] if known else None
        effect = effect_of_answer(status, known, method=method)
        if effect is not Effect.THROTTLED:
            return _failed(Delivery(effect, known or f"http_{status}"))
        wait = retry_after(_header(getattr(response, "headers", None)), now=self._now())
        return _failed(Delivery(effect, known or "ratelimited", retry_after=wait))


def _failed(failure: Delivery) -> Answer:
    return Answer({}, failure)


def _header(headers: object) -> str | None:
    if not isinstance(headers, Mapping):
        return None
    value = next((value for name, value in headers.items() if str(name).lower() == "retry-after"), None)
    return str(value) if value is not None else None


def _of_connecting(reason: object) -> Delivery:
    """Tell what never left from what may have arrived: urllib reports connecting and writing alike."""
    if isinstance(reason, _TLS_MAYBE_LATER):
        return Delivery(Effect.AMBIGUOUS, "connection_cut")
    if isinstance(reason, _NEVER_CONNECTED) or (isinstance(reason, OSError) and reason.errno in _UNREACHABLE):
        return Delivery(Effect.NOT_SENT, _wire_code(reason))
    if isinstance(reason, ssl.SSLError):
        return Delivery(Effect.NOT_SENT, "tls")
    return Delivery(Effect.AMBIGUOUS, _wire_code(reason))


def _wire_code(error: object) -> str:
    for kinds, word in (
        (TimeoutError, "timeout"),
        (socket.gaierror, "name_not_resolved"),
        (ssl.SSLError, "tls"),
        (ConnectionRefusedError, "connection_refused"),
        ((ConnectionError, http.client.HTTPException), "connection_cut"),
    ):
        if isinstance(error, kinds):
            return word
    return "network"
