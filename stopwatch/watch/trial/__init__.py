"""Tests of stop rules: series in, states and events out."""
