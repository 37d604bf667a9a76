"""Tests of the room stopwatch.config."""
