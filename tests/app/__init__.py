"""Tests of the room stopwatch.app."""
