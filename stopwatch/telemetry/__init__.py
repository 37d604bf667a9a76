"""What the daemon says about itself: its own metrics and the set-up of structlog."""
