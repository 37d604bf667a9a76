"""The way to Prometheus: HTTP client, parsing of answers and checks of PromQL."""
