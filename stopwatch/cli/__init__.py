"""The commands of stopwatch, one click command each."""
