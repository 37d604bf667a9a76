"""Tests of the room stopwatch.slack."""
