"""Everything an operator sets by STOPWATCH_* variables, or a Python program by keywords."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from stopwatch.config.duration import Duration
from stopwatch.config.environment import PREFIX, read_environment, variable
from stopwatch.config.fields import is_web_url, mistake
from stopwatch.config.listen import Listen, parse_listen
from stopwatch.core.errors import ConfigurationError

SECRETS = (
    "database_url",
    "prometheus_url",
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "alertmanager_url",
    "webhook_url",
    "webhook_secret",
    "heartbeat_url",
)
"""Settings that may carry a password; each may also be given as …_FILE."""

_DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


def _web(secret: SecretStr) -> SecretStr:
    if not is_web_url(secret.get_secret_value()):
        raise mistake("bad-url", "must be a web address: http:// or https:// and a host")
    return secret


def _public(url: str) -> str:
    if not is_web_url(url):
        raise mistake("bad-url", "must be a web address: http:// or https:// and a host")
    if "@" in urlsplit(url).netloc:
        raise mistake("bad-url", "must not carry a user or password; it is shown to people")
    return url


def _database(secret: SecretStr) -> SecretStr:
    url = secret.get_secret_value()
    if not url.startswith(_DATABASES):
        raise mistake("bad-url", "must begin with sqlite:/// (a file's path follows) or postgresql://")
    return secret


def _listen(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_listen(value)
    except ValueError as error:
        raise mistake("bad-address", str(error)) from None


def _channel(value: str) -> str:
    if not re.fullmatch(r"[CGD][A-Z0-9]+", value):
        raise mistake("bad-id", "must be a channel's id such as C024BE91L, not its name")
    return value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


_SecretUrl = Annotated[SecretStr, AfterValidator(_web)]


class Settings(BaseSettings):
    """
    The settings; ``Settings()`` reads the environment, keywords win over it.

    Raises:
        ConfigurationError: Some of them are unusable; every complaint is in its text, no secret is.

    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    config: Path = Field(default=Path("rules"), description="Folder with kpis.yaml, stop-rules.yaml and rollout.yaml.")
    database_url: Annotated[SecretStr, AfterValidator(_database)] = Field(
        default=SecretStr("sqlite:///stopwatch.db"), description="Where decisions are kept: SQLite or PostgreSQL."
    )
    prometheus_url: _SecretUrl | None = Field(
        default=None, description="The Prometheus that is asked where the plan's sources name no other."
    )
    listen: Annotated[Listen, BeforeValidator(_listen)] = Field(
        default=Listen("127.0.0.1", 9477),
        description="Address of the HTTP server; beyond loopback it demands API_TOKENS_FILE.",
    )
    external_url: Annotated[str, AfterValidator(_public)] | None = Field(
        default=None, description="How people reach the daemon's pages; links on the card begin with it."
    )
    slack_base_url: Annotated[str, AfterValidator(_public)] = Field(
        default="https://slack.com/api/", description="What precedes a Slack method's name."
    )
    slack_bot_token: SecretStr | None = Field(default=None, description="Bot token (xoxb-…); without it Slack is off.")
    slack_app_token: SecretStr | None = Field(default=None, description="App token (xapp-…) for Socket Mode.")
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="Verifies Slack's requests where buttons come in by HTTP."
    )
    slack_channel: Annotated[str, AfterValidator(_channel)] | None = Field(
        default=None, description="Id of the channel that decisions are posted to."
    )
    alertmanager_url: _SecretUrl | None = Field(default=None, description="Second notifier: an Alertmanager.")
    webhook_url: _SecretUrl | None = Field(default=None, description="Second notifier: a webhook.")
    webhook_secret: SecretStr | None = Field(default=None, description="Signs what is sent to the webhook.")
    heartbeat_url: _SecretUrl | None = Field(
        default=None, description="Asked regularly; whoever watches it learns when the daemon is dead."
    )
    api_tokens_file: Path | None = Field(
        default=None, description="YAML file with the hashed tokens of the HTTP API (`stopwatch token NAME`)."
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(_lower)] = Field(
        default="json", description="`json` for machines, `console` for people."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="The least level that is logged."
    )
    catch_up: Annotated[Duration, Field(gt=timedelta(0))] = Field(
        default=timedelta(hours=24), description="How far back missed slots are judged after an outage."
    )
    lease: Annotated[Duration, Field(ge=timedelta(seconds=1))] = Field(
        default=timedelta(seconds=30),
        description="PostgreSQL: how long a replica leads without word from it; then another one takes over.",
    )
    retention: Annotated[Duration, Field(gt=timedelta(0))] | None = Field(
        default=None,
        description="How long after a decision ended its samples are kept, once they were exported; unset: for ever.",
    )
    watch_config: bool = Field(
        default=True, description="Whether a change of the folder's files reloads them, without a signal or request."
    )
    link_hosts_private: bool = Field(
        default=False,
        description="Whether `check --live` also asks evidence links whose hosts have loopback or private addresses.",
    )

    reads_environment: ClassVar[bool] = True
    """Whether the process's environment fills in what no keyword gives."""

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 – each keyword is validated as the environment's text is
        """Validate *values*, and for all others the environment or the default."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigurationError("\n".join(_complaints(error))) from None
        complaints = list(self._misfits())
        if complaints:
            raise ConfigurationError("\n".join(complaints))

    def _misfits(self) -> Iterator[str]:
        """Say what does not fit together."""
        if not self.listen.loopback and self.api_tokens_file is None:
            yield (
                f"{variable('listen')}: {self.listen} can be reached from other machines; set "
                f"{variable('api_tokens_file')} (`stopwatch token NAME` makes a token) or listen on 127.0.0.1"
            )
        for name, foreign, own in (("slack_bot_token", "xapp-", "xoxb-"), ("slack_app_token", "xoxb-", "xapp-")):
            token = getattr(self, name)
            if token is not None and token.get_secret_value().startswith(foreign):
                yield (
                    f"{variable(name)}: holds a token that begins with {foreign}, and needs one that begins with {own}"
                )
        if self.slack_bot_token is not None and self.slack_channel is None:
            yield f"{variable('slack_channel')}: must be set where {variable('slack_bot_token')} is"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 – ours knows …_FILE and misspelt names
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 – no file is read that nobody named
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 – secrets have their own …_FILE
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let keywords win over the environment, and nothing else speak."""
        return (init_settings, _Environment(settings_cls)) if cls.reads_environment else (init_settings,)


class _Environment(PydanticBaseSettingsSource):
    """The process's environment as a source of settings."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 – one for all
        """Say that no field is read by itself; ``__call__`` reads all."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return all settings of the environment."""
        values, complaints = read_environment(os.environ, Settings.model_fields, SECRETS)
        if complaints:
            raise ConfigurationError("\n".join(complaints))
        return dict(values)


class GivenSettings(Settings):
    """Settings about which the process's environment says nothing."""

    reads_environment: ClassVar[bool] = False


def load_settings(environ: Mapping[str, str], **overrides: object) -> Settings:
    """
    Return the settings that *environ* gives; *overrides* that are not None win over it.

    Raises:
        ConfigurationError: Some are unusable or misspelt; every complaint is in its text, no secret is.

    """
    values, complaints = read_environment(environ, Settings.model_fields, SECRETS)
    given: dict[str, Any] = {**values, **{name: value for name, value in overrides.items() if value is not None}}
    try:
        settings = GivenSettings(**given)
    except ConfigurationError as error:
        complaints.append(str(error))
    if complaints:
        raise ConfigurationError("\n".join(complaints))
    return settings


def _complaints(error: ValidationError) -> list[str]:
    """Say each of pydantic's errors with the variable's name and without its value."""
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, detail["loc"][:1]))
        if detail["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            lines.append(f"{name} is no setting of stopwatch" + (f"; did you mean {near[0]}?" if near else ""))
            continue
        message = str(detail.get("ctx", {}).get("text") or detail["msg"].replace("Input should", "must"))
        lines.append(f"{variable(name)}: {message}")
    return lines
