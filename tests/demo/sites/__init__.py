"""Tests of the site simulator."""
