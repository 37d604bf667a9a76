"""What the log writes: one form for all, one line for each event, and never a secret."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from stopwatch.telemetry.logs import QUIET, set_up_logs
from stopwatch.telemetry.redact import REDACTED, Redactor

SECRET = 'p"ss\\word/with?everything'


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    before = (
        root.handlers[:],
        root.level,
        logging.raiseExceptions,
        {name: logging.getLogger(name).level for name in QUIET},
    )
    yield
    root.handlers[:], root.level, logging.raiseExceptions = before[0], before[1], before[2]
    for name, level in before[3].items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def fail(words: str) -> None:
    raise ValueError(words)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_its_facts_as_keys() -> None:
    stream = io.StringIO()
    set_up_logs(json=True, stream=stream)
    structlog.get_logger("stopwatch.watch").info("decision.opened", site="łódź", grounds=2, ratio=0.5, at=None)
    (line,) = lines(stream)
    assert line.pop("timestamp")
    assert line == {
        "event": "decision.opened",
        "logger": "stopwatch.watch",
        "level": "info",
        "site": "łódź",
        "grounds": 2,
        "ratio": 0.5,
        "at": None,
    }


def test_what_libraries_say_takes_the_same_form() -> None:
    stream = io.StringIO()
    set_up_logs(json=True, stream=stream)
    logging.getLogger("some.library").warning("lost %d of %s", 3, "x", extra={"host": "db"})
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    first, second = lines(stream)
    assert (first["event"], first["logger"], first["level"], first["host"]) == (
        "lost 3 of x",
        "some.library",
        "warning",
        "db",
    )
    assert second["logger"] == "py.warnings"


@pytest.mark.parametrize("name", [*QUIET, "uvicorn.error", "httpx._client"])
def test_chatty_libraries_are_heard_from_warning_on_even_at_debug(name: str) -> None:
    stream = io.StringIO()
    logging.getLogger(name).setLevel(logging.NOTSET)  # a server that another test started may have set it
    set_up_logs(json=True, level="debug", stream=stream)
    logging.getLogger(name).info("GET https://user:password@host")
    logging.getLogger(name).warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


@pytest.mark.parametrize(
    ("level", "events"), [("DEBUG", ["a", "b", "c"]), ("info", ["b", "c"]), ("WARNING", ["c"]), ("ERROR", [])]
)
def test_the_level_says_what_is_written(level: str, events: list[str]) -> None:
    stream = io.StringIO()
    set_up_logs(json=True, level=level, stream=stream)
    log = structlog.get_logger("stopwatch")
    log.debug("a")
    log.info("b")
    log.warning("c")
    assert [line["event"] for line in lines(stream)] == events


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        set_up_logs(json=True, level="loud")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_written_wherever_it_hides(form: str) -> None:
    stream = io.StringIO()
    set_up_logs(json=form == "json", level="DEBUG", secrets=[SECRET], stream=stream)
    log = structlog.get_logger("stopwatch")
    try:
        fail(f"cannot reach postgresql://me:{SECRET}@db/x")
    except ValueError as error:
        log.exception("store.failed", error=error)
    log.info(
        "said %s", SECRET, value=SECRET, nested={"list": [SECRET, {SECRET: 1}]}, exotic=io.BytesIO, url=repr(SECRET)
    )
    log.info("slack.called", header="Bearer xoxb-1-abc", body={"token": "plain"}, app="xapp-1-A-2-b")
    logging.getLogger("library").error("%s and %s", SECRET, "https://user:pass@host/x")
    logging.getLogger("library").error("%d", SECRET)
    written = stream.getvalue()
    for form_of_secret in (
        SECRET,
        json.dumps(SECRET)[1:-1],
        "with?everything",
        "xoxb-1",
        "xapp-1",
        "user:pass",
        "plain",
    ):
        assert form_of_secret not in written
    assert written.count(REDACTED) >= 10


def test_hostile_text_cannot_begin_a_line_or_colour_the_console() -> None:
    stream = io.StringIO()
    set_up_logs(json=False, stream=stream)
    structlog.get_logger("stopwatch").info("site.seen", name="ham\n2026 [error] forged\x1b[31m\u2028x", **{"k\ney": 1})
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()
    assert "forged" in stream.getvalue()


def test_hostile_text_stays_one_json_line() -> None:
    stream = io.StringIO()
    set_up_logs(json=True, stream=stream)
    try:
        fail("two\nlines")
    except ValueError:
        structlog.get_logger("stopwatch").exception("site\nseen", name='"}\n{"event": "forged"')
    assert stream.getvalue().count("\n") == 1
    assert "two\nlines" in str(lines(stream)[0]["exception"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("xoxb-123-456-aBc", REDACTED, id="bot token"),
        pytest.param("token=xapp-1-A0-1-f;", f"token={REDACTED};", id="app token"),
        pytest.param("Authorization: bearer abc.def-1", f"Authorization: bearer {REDACTED}", id="bearer"),
        pytest.param("Basic dXNlcjpwYXNz", f"Basic {REDACTED}", id="basic"),
        pytest.param("postgresql://u:p@ss@db:5432/x", f"postgresql://{REDACTED}@db:5432/x", id="database"),
        pytest.param("u:p@db", f"{REDACTED}@db", id="without a scheme"),
        pytest.param(
            "https://hooks.slack.com/services/T/B/x", f"https://hooks.slack.com/services/{REDACTED}", id="hook"
        ),
        pytest.param("http://127.0.0.1:9090/api?query=up", "http://127.0.0.1:9090/api?query=up", id="plain address"),
        pytest.param("2026-11-21T10:15:00Z ham-01", "2026-11-21T10:15:00Z ham-01", id="plain text"),
    ],
)
def test_what_looks_like_a_credential_is_replaced(text: str, clean: str) -> None:
    assert Redactor()(text) == clean


@pytest.mark.parametrize("written", ["hunter2/+ 3", "hunter2%2F%2B%203", "hunter2/%2B%203"])
def test_a_known_secret_is_replaced_in_every_spelling(written: str) -> None:
    assert Redactor(["", "hunter2/+ 3"])(f"a {written} b") == f"a {REDACTED} b"


def test_a_secret_within_a_longer_one_leaves_nothing_behind() -> None:
    assert Redactor(["abcd", "abcdefgh"])("abcdefgh abcd") == f"{REDACTED} {REDACTED}"
