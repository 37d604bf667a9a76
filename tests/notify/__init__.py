"""Tests of the room stopwatch.notify."""
