"""Rules held against a living Prometheus before they count."""
