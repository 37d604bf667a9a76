"""Tests of the room stopwatch.telemetry."""
