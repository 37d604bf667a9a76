"""The story of ./demo: its parts one by one; ./check plays the whole of it."""
