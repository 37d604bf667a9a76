"""The way to Slack: messages as pure functions of decisions, delivery and inbound actions."""
