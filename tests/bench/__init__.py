"""Measurements whose numbers are printed and never asserted."""
