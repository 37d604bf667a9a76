"""Tests of the room stopwatch.prometheus."""
