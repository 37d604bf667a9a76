"""Tests of the room stopwatch.core."""
