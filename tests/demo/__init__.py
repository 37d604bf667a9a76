"""Tests of the room stopwatch.demo."""
