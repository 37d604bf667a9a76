"""The set-up of the log: structlog for us, the same form for what libraries say, and no secrets in either."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from stopwatch.telemetry.redact import REDACTED, Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import EventDict, Processor, WrappedLogger

QUIET = (
    "alembic",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
    "uvicorn",
)
"""Libraries that are heard from WARNING on, whatever the level; httpx would print passwords within URLs."""

SECRET_KEYS = frozenset({"authorization", "cookie", "password", "secret", "token"})
"""Keys whose value is never written, whatever it looks like."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_NEWLINE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_MANY_LINES = ("exception", "stack")
_DEEPEST = 8


def set_up_logs(
    *, json: bool, level: str = "INFO", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> Redactor:
    """
    Set up structlog and the standard library's logging for this process.

    Args:
        json: One JSON object a line for machines, else coloured lines for people.
        level: DEBUG, INFO, WARNING or ERROR, in any case.
        secrets: Values that must never be written.
        stream: Where to write; standard error if not given.

    Returns:
        What keeps these secrets out of text, for other places that show errors.

    Raises:
        ValueError: There is no such level.

    """
    redactor = Redactor(secrets)
    output = sys.stderr if stream is None else stream
    noted: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    written: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _Plain(redactor, one_line=not json),
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else _console(output),
    ]
    outlet = logging.StreamHandler(output)
    outlet.setFormatter(structlog.stdlib.ProcessorFormatter(processors=written, foreign_pre_chain=noted))
    root = logging.getLogger()
    root.handlers[:] = [outlet]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # A line that cannot be formatted would otherwise be dumped with its arguments, past the redaction.
    logging.raiseExceptions = False
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *noted,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    return redactor


class _Plain:
    """Turns an event into plain JSON values without secrets, and for people without control characters."""

    def __init__(self, redactor: Redactor, *, one_line: bool) -> None:
        self._redactor = redactor
        self._one_line = one_line

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {self._text(str(key)): self._value(value, str(key)) for key, value in event.items()}

    def _value(self, value: object, key: str = "", depth: int = 0) -> Any:  # noqa: ANN401 – any JSON value
        if value is None or isinstance(value, bool | int | float):
            return value
        if key.lower() in SECRET_KEYS:
            return REDACTED
        if depth < _DEEPEST and isinstance(value, dict):
            return {self._text(str(name)): self._value(inner, str(name), depth + 1) for name, inner in value.items()}
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._value(inner, "", depth + 1) for inner in value]
        return self._text(str(value), many_lines=key in _MANY_LINES and not depth)

    def _text(self, text: str, *, many_lines: bool = False) -> str:
        clean = self._redactor(text)
        if self._one_line:
            controls = _CONTROL_BUT_NEWLINE if many_lines else _CONTROL
            clean = controls.sub(lambda found: found[0].encode("unicode_escape").decode(), clean)
        return clean


def _console(output: TextIO) -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback)
