"""Tests of stopwatch, one folder for each room and three that belong to none."""
