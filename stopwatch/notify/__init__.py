"""Further notifiers beside Slack: Alertmanager, webhook and whatever follows."""
