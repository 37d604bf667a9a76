"""A watch over the KPIs of a phased rollout that opens pause decisions when a stop rule has held for its window."""

__version__ = "0.1.0"
