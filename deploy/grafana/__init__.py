"""Grafana's dashboards, written from code: ``python -m deploy.grafana`` writes them anew."""
