"""The manifest asks for the scopes that our calls need, and for no more."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML

from stopwatch.core.inbox import Declaration
from stopwatch.demo.slack.methods import METHODS
from stopwatch.slack.checkup import NEEDED
from stopwatch.slack.client import METHODS as SENDING
from stopwatch.slack.upload import COMPLETE, PLACE

MANIFEST = YAML(typ="safe").load(Path(__file__).parents[2] / "deploy" / "slack" / "manifest.yaml")
ASKING = ("views.open", "chat.postEphemeral", "usergroups.users.list", "users.info", "conversations.replies")
"""What is asked about people."""
COMMANDS = "commands"
"""Slash commands and shortcuts need it; no method does."""
PRIVATE = {"groups:history", "groups:read"}
"""Reading methods need them instead of channels:history and channels:read in private channels."""


def test_scopes_are_those_of_the_methods_that_are_called() -> None:
    needed = {METHODS[method].scope for method in (*SENDING.values(), PLACE, COMPLETE, *ASKING)} - {None}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed | PRIVATE | {COMMANDS}


def test_an_app_of_this_manifest_passes_the_live_check() -> None:
    assert set(NEEDED) <= set(MANIFEST["oauth_config"]["scopes"]["bot"])


def test_buttons_come_in_by_socket_mode_unless_changed() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}


def test_no_texts_are_longer_than_slack_takes() -> None:
    shown = MANIFEST["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80


def test_there_is_a_command_and_a_message_shortcut_for_everything_that_people_declare() -> None:
    (command,) = MANIFEST["features"]["slash_commands"]
    assert command["command"].startswith("/")
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000
    shortcuts = MANIFEST["features"]["shortcuts"]
    assert [(one["type"], one["callback_id"]) for one in shortcuts] == [("message", each) for each in Declaration]
    assert all(len(one["name"]) <= 24 and len(one["description"]) <= 150 for one in shortcuts)
