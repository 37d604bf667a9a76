"""Tests of the room stopwatch.web."""
