"""A world to try stopwatch in: site simulator, Slack emulator and scenario runner."""
