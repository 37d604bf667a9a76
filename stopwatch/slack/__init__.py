"""Slack: messages as pure values, a client that classifies every answer, and nothing that retries by itself."""
