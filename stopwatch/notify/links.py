"""Whether anything answers behind a link: short requests that go to no private address unless that is allowed."""

from __future__ import annotations

import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_SECONDS = 5.0
AT_ONCE = 8
_NO_HEAD = frozenset({405, 501})
_GONE = frozenset({404, 410})
_SERVER = 500
_SETTING = "STOPWATCH_LINK_HOSTS_PRIVATE=true"


class LinkTrouble(NamedTuple):
    """Why a link leads nowhere: a stable *code*, in words, and what to do."""

    code: str
    message: str
    hint: str


class LinkAsker:
    """
    Asks links: HEAD, GET where HEAD is not known; redirects count as an answer and are not followed.

    With *private*, loopback and private addresses are asked too. Nothing that identifies us is sent along.
    """

    def __init__(self, *, private: bool, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._private = private
        self._timeout = timeout_seconds

    def __call__(self, urls: Sequence[str]) -> Mapping[str, LinkTrouble | None]:
        """Return what is wrong with each of *urls*; None where something answers."""
        with (
            httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=False) as client,
            ThreadPoolExecutor(AT_ONCE) as threads,
        ):
            return dict(zip(urls, threads.map(lambda url: self._ask(client, url), urls), strict=True))

    def _ask(self, client: httpx.Client, written: str) -> LinkTrouble | None:
        try:
            url = httpx.URL(written)
            addresses = _addresses(url)
        except (httpx.InvalidURL, ValueError, UnicodeError):
            return LinkTrouble("invalid", "this is no web address", "correct the template in stop-rules.yaml")
        except OSError:
            return LinkTrouble("unreachable", "the host's name cannot be resolved", "correct the host in the template")
        if not self._private and not all(ipaddress.ip_address(one).is_global for one in addresses):
            hint = f"set {_SETTING} to have such links asked too"
            return LinkTrouble("private", "not asked: its host has a private address", hint)
        try:
            return self._judge(self._status(client, url, addresses[0]))
        except httpx.TimeoutException:
            return LinkTrouble("slow", f"no answer within {self._timeout:g} s", "see whether the host is up")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return LinkTrouble("unreachable", f"cannot be reached: {type(error).__name__}", "see whether it is up")

    def _status(self, client: httpx.Client, url: httpx.URL, address: str) -> int:
        """Return the status; the request goes to the very *address* that was looked at, whatever the name says next."""
        host = url.netloc.decode("ascii")
        for method in ("HEAD", "GET"):
            request = client.build_request(
                method,
                url.copy_with(host=address, userinfo=b""),
                headers={"Host": host.rpartition("@")[2]},
                extensions={"sni_hostname": url.host},
            )
            answer = client.send(request, stream=True)
            answer.close()
            if answer.status_code not in _NO_HEAD:
                break
        return answer.status_code

    @staticmethod
    def _judge(status: int) -> LinkTrouble | None:
        if status in _GONE:
            return LinkTrouble(
                "missing", f"nothing is there (HTTP {status})", "correct the template in stop-rules.yaml"
            )
        if status >= _SERVER:
            return LinkTrouble("broken", f"its server fails (HTTP {status})", "see what is wrong with that server")
        return None


def _addresses(url: httpx.URL) -> list[str]:
    """Look the host up, every address once."""
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("no web address")
    port = url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
