"""The rollout beside its decisions: readiness, entry, exit, roll-back, issue log, reports."""
