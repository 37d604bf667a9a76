"""Tests of the room stopwatch.watch."""
