"""The address that the daemon listens on."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

HIGHEST_PORT = 65_535
_ADDRESS = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^:\[\]\s/]*)):(?P<port>\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listen:
    """*host* (a name or address, empty means every address) and *port* (0 means any free one)."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: str) -> Listen:
    """
    Return the address that *text* (``host:port``, ``[::1]:9477``, ``:9477``) names.

    Raises:
        ValueError: It is not of that form, or the port is beyond 65535.

    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match["port"]) > HIGHEST_PORT:
        raise ValueError("must be host:port, for example 127.0.0.1:9477")
    return Listen(match["six"] or match["host"], int(match["port"]))
