"""Tests of the room stopwatch.cli."""
