"""Settings come from the environment, refuse what nobody meant, and show no secret."""

from datetime import timedelta
from pathlib import Path

import pytest

from stopwatch.config.environment import variable
from stopwatch.config.listen import Listen, parse_listen
from stopwatch.config.settings import SECRETS, Settings, load_settings
from stopwatch.core.errors import ConfigurationError

URL = "http://ida:hunter2@127.0.0.1:9090"
SLACK = {"STOPWATCH_SLACK_BOT_TOKEN": "xoxb-hunter2", "STOPWATCH_SLACK_CHANNEL": "C024BE91L"}

OPEN = (
    "STOPWATCH_LISTEN: 0.0.0.0:9477 can be reached from other machines; set STOPWATCH_API_TOKENS_FILE "
    "(`stopwatch token NAME` makes a token) or listen on 127.0.0.1"
)


def refusal(environ: dict[str, str]) -> list[str]:
    """The lines by which *environ* is refused."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ)
    return str(caught.value).splitlines()


def test_without_any_variable_the_defaults_hold() -> None:
    settings = load_settings({"PATH": "/usr/bin"})
    assert settings.config == Path("rules")
    assert settings.database_url.get_secret_value() == "sqlite:///stopwatch.db"
    assert settings.listen == Listen("127.0.0.1", 9477)
    assert (settings.log_format, settings.log_level) == ("json", "info")
    assert settings.catch_up == timedelta(hours=24)
    assert settings.slack_bot_token is None
    assert settings.prometheus_url is None


def test_every_variable_is_read() -> None:
    environ = {
        **SLACK,
        "STOPWATCH_CONFIG": "/etc/stopwatch",
        "STOPWATCH_DATABASE_URL": "postgresql://ida:hunter2@db/stopwatch",
        "STOPWATCH_PROMETHEUS_URL": URL,
        "STOPWATCH_LISTEN": "[::1]:0",
        "STOPWATCH_EXTERNAL_URL": "https://stopwatch.example",
        "STOPWATCH_SLACK_BASE_URL": "http://127.0.0.1:8080/api/",
        "STOPWATCH_SLACK_APP_TOKEN": "xapp-hunter2",
        "STOPWATCH_SLACK_SIGNING_SECRET": "hunter2",
        "STOPWATCH_ALERTMANAGER_URL": URL,
        "STOPWATCH_WEBHOOK_URL": URL,
        "STOPWATCH_WEBHOOK_SECRET": "hunter2",
        "STOPWATCH_HEARTBEAT_URL": URL,
        "STOPWATCH_API_TOKENS_FILE": "/run/tokens.yaml",
        "STOPWATCH_LOG_FORMAT": "console",
        "STOPWATCH_LOG_LEVEL": "DEBUG",
        "STOPWATCH_CATCH_UP": "1h30m",
        "STOPWATCH_RETENTION": "400d",
        "STOPWATCH_LEASE": "45s",
        "STOPWATCH_WATCH_CONFIG": "false",
        "STOPWATCH_LINK_HOSTS_PRIVATE": "true",
    }
    assert {variable(name) for name in Settings.model_fields} == environ.keys()
    settings = load_settings(environ)
    assert settings.prometheus_url is not None
    assert settings.prometheus_url.get_secret_value() == URL
    assert (settings.log_level, settings.catch_up) == ("debug", timedelta(minutes=90))
    assert settings.api_tokens_file == Path("/run/tokens.yaml")
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json(exclude={"listen"})


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        pytest.param(
            {"STOPWATCH_LISTN": "x"},
            ["STOPWATCH_LISTN is no setting of stopwatch; did you mean STOPWATCH_LISTEN?"],
            id="misspelt",
        ),
        pytest.param(
            {"stopwatch_config": "x"},
            ["stopwatch_config is no setting of stopwatch; did you mean STOPWATCH_CONFIG?"],
            id="lower case",
        ),
        pytest.param(
            {"STOPWATCH_WEBHOOK_SECRET_FIEL": "x"},
            ["STOPWATCH_WEBHOOK_SECRET_FIEL is no setting of stopwatch; did you mean STOPWATCH_WEBHOOK_SECRET_FILE?"],
            id="misspelt file",
        ),
        pytest.param(
            {"STOPWATCH_LISTEN_FILE": "x"},
            ["STOPWATCH_LISTEN_FILE is no setting of stopwatch; did you mean STOPWATCH_LISTEN?"],
            id="no secret, no file",
        ),
        pytest.param(
            {"STOPWATCH_PROMETHEUS_URL": "ida:hunter2@x:9090"},
            ["STOPWATCH_PROMETHEUS_URL: must be a web address: http:// or https:// and a host"],
            id="url without scheme",
        ),
        pytest.param(
            {"STOPWATCH_EXTERNAL_URL": URL},
            ["STOPWATCH_EXTERNAL_URL: must not carry a user or password; it is shown to people"],
            id="password in a public address",
        ),
        pytest.param(
            {"STOPWATCH_DATABASE_URL": "mysql://ida:hunter2@db/x"},
            ["STOPWATCH_DATABASE_URL: must begin with sqlite:/// (a file's path follows) or postgresql://"],
            id="unknown database",
        ),
        pytest.param(
            {"STOPWATCH_LISTEN": "9477"},
            ["STOPWATCH_LISTEN: must be host:port, for example 127.0.0.1:9477"],
            id="port alone",
        ),
        pytest.param(
            {"STOPWATCH_LISTEN": "0.0.0.0:9477"},
            [OPEN],
            id="open to others without tokens",
        ),
        pytest.param(
            {"STOPWATCH_SLACK_BOT_TOKEN": "xoxb-hunter2"},
            ["STOPWATCH_SLACK_CHANNEL: must be set where STOPWATCH_SLACK_BOT_TOKEN is"],
            id="token without channel",
        ),
        pytest.param(
            {**SLACK, "STOPWATCH_SLACK_BOT_TOKEN": "xapp-hunter2", "STOPWATCH_SLACK_APP_TOKEN": "xoxb-hunter2"},
            [
                "STOPWATCH_SLACK_BOT_TOKEN: holds a token that begins with xapp-, and needs one that begins with xoxb-",
                "STOPWATCH_SLACK_APP_TOKEN: holds a token that begins with xoxb-, and needs one that begins with xapp-",
            ],
            id="tokens swapped",
        ),
        pytest.param(
            {**SLACK, "STOPWATCH_SLACK_CHANNEL": "#rollout"},
            ["STOPWATCH_SLACK_CHANNEL: must be a channel's id such as C024BE91L, not its name"],
            id="channel by name",
        ),
        pytest.param(
            {"STOPWATCH_CATCH_UP": "24"},
            ["STOPWATCH_CATCH_UP: must be a duration such as 15m: it needs numbers with units"],
            id="duration without unit",
        ),
        pytest.param(
            {"STOPWATCH_LOG_FORMAT": "xml", "STOPWATCH_LOG_LEVEL": "loud", "STOPWATCH_PROMETHEUS": "x"},
            [
                "STOPWATCH_PROMETHEUS is no setting of stopwatch; did you mean STOPWATCH_PROMETHEUS_URL?",
                "STOPWATCH_LOG_FORMAT: must be 'json' or 'console'",
                "STOPWATCH_LOG_LEVEL: must be 'debug', 'info', 'warning' or 'error'",
            ],
            id="all at once",
        ),
    ],
)
def test_what_is_refused_and_in_which_words(environ: dict[str, str], said: list[str]) -> None:
    assert refusal(environ) == said


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    value = "postgresql://ida:hunter2@db/x" if name == "database_url" else URL
    (tmp_path / "secret").write_text(value + "\n")
    environ = {**SLACK, f"{variable(name)}_FILE": str(tmp_path / "secret")}
    environ.pop(variable(name), None)
    assert getattr(load_settings(environ), name).get_secret_value() == value


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"hunter2\nhunter3", "it holds more than one line", id="two lines"),
        pytest.param(b"\xff", "it is not UTF-8 text", id="binary"),
        pytest.param(b"x" * 70_000, "it is larger than 64 KiB", id="large"),
    ],
)
def test_an_unusable_secret_file_is_named_but_not_shown(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    said = refusal({"STOPWATCH_WEBHOOK_SECRET_FILE": str(path)})
    assert said == [f"STOPWATCH_WEBHOOK_SECRET_FILE: {path} cannot be read: {reason}"]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    environ = {"STOPWATCH_WEBHOOK_SECRET": "hunter2", "STOPWATCH_WEBHOOK_SECRET_FILE": str(tmp_path / "secret")}
    assert refusal(environ) == [
        "STOPWATCH_WEBHOOK_SECRET and STOPWATCH_WEBHOOK_SECRET_FILE are both set; keep one of them"
    ]


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"STOPWATCH_SLACK_BOT_TOKEN": "", "STOPWATCH_LISTEN": ""}).slack_bot_token is None


def test_overrides_win_unless_they_are_none() -> None:
    settings = load_settings({"STOPWATCH_CONFIG": "a", "STOPWATCH_LOG_LEVEL": "error"}, config="b", log_level=None)
    assert (settings.config, settings.log_level) == (Path("b"), "error")


def test_a_program_gives_settings_as_keywords() -> None:
    settings = Settings(prometheus_url=URL, listen="127.0.0.1:0", catch_up=timedelta(hours=2), config=Path("x"))
    assert (settings.listen.port, settings.catch_up, settings.config) == (0, timedelta(hours=2), Path("x"))


def test_keywords_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPWATCH_LISTEN", "127.0.0.1:1")
    monkeypatch.setenv("STOPWATCH_CATCH_UP", "1h")
    settings = Settings(listen="127.0.0.1:2")
    assert (settings.listen.port, settings.catch_up) == (2, timedelta(hours=1))


def test_a_misspelt_variable_stops_a_program_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOPWATCH_CONFG", "x")
    with pytest.raises(ConfigurationError, match="did you mean STOPWATCH_CONFIG"):
        Settings()


def test_a_misspelt_keyword_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="prometheus is no setting of stopwatch; did you mean prometheus_url"):
        Settings(prometheus=URL)


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        pytest.param("127.0.0.1:9477", "127.0.0.1", 9477, True, id="loopback"),
        pytest.param("localhost:0", "localhost", 0, True, id="localhost, any port"),
        pytest.param("127.8.8.8:1", "127.8.8.8", 1, True, id="another loopback address"),
        pytest.param("[::1]:80", "::1", 80, True, id="IPv6 loopback"),
        pytest.param(":9477", "", 9477, False, id="every address"),
        pytest.param("[::]:80", "::", 80, False, id="every address of IPv6"),
        pytest.param("0.0.0.0:80", "0.0.0.0", 80, False, id="every address of IPv4"),  # noqa: S104 – it is the point
        pytest.param("localhost.example:80", "localhost.example", 80, False, id="a name"),
    ],
)
def test_what_an_address_means(text: str, host: str, port: int, *, loopback: bool) -> None:
    address = parse_listen(text)
    assert (address.host, address.port, address.loopback, str(address)) == (host, port, loopback, text)


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4", "1.2.3.4:70000", "::1:80", "a b:1", "http://x:1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        parse_listen(text)
