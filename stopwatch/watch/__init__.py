"""The work: read, judge, decide and record; outbox, people's acts, gates and replay; sees the world only as ports."""
