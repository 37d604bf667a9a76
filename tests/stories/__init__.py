"""Stories told by the whole app against real servers."""
