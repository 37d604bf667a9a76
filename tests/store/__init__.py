"""Tests of the room stopwatch.store."""
