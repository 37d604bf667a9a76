"""The exit gate of a phase: what it demands, what was observed, and what both come to."""
