"""The tokens file of the daemon: read before anything else, and again on reload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.config.tokens import load_tokens
from stopwatch.core.errors import ConfigurationError
from stopwatch.web.tokens import Keyring, require_tokens

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon
    from stopwatch.config.settings import Settings

log = structlog.get_logger()


def keyring_of(settings: Settings) -> Keyring:
    """
    Return the tokens in force at the start.

    Raises:
        ConfigurationError: The tokens file cannot be used, or others can reach the address and there is no token.

    """
    file = settings.api_tokens_file
    keyring = Keyring(load_tokens(file) if file else (), needed=file is not None)
    require_tokens(settings.listen.host, keyring.tokens)
    return keyring


def reload_keyring(keyring: Keyring, daemon: Daemon, *, by: str) -> None:
    """
    Let the tokens that the daemon's file now holds be in force, and no others.

    Raises:
        ConfigurationError: As at the start; the previous tokens stay in force.

    """
    file, host = daemon.settings.api_tokens_file, daemon.settings.listen.host
    if file is None:
        return
    try:
        tokens = load_tokens(file)
        require_tokens(host, tokens)
    except ConfigurationError as error:
        daemon.metrics.observe_reload(good=False, at=daemon.clock.now())
        log.warning("tokens.refused", by=by, detail=str(error))
        raise
    if tokens != keyring.tokens:
        keyring.replace(tokens)
        log.info("tokens.reloaded", by=by, names=[token.name for token in tokens])
