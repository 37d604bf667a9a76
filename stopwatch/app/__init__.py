"""The only place where rooms meet: build, schedule and run, with the only clock and the only broad except."""
