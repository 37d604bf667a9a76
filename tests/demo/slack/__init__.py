"""Tests of the Slack emulator, through the real client over HTTP."""
