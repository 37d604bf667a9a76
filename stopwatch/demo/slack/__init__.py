"""A strict imitation of Slack on loopback, for demonstrations and tests; SOURCES.md says where its rules come from."""

from stopwatch.demo.slack.emulator import SlackEmulator
from stopwatch.demo.slack.faults import Fault
from stopwatch.demo.slack.pace import Pace
from stopwatch.demo.slack.records import Person
from stopwatch.demo.slack.serve import serve
from stopwatch.demo.slack.workspace import Settings

__all__ = ["Fault", "Pace", "Person", "Settings", "SlackEmulator", "serve"]
