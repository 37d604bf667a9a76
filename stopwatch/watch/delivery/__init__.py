"""Delivery: the outbox claimed, sent, looked up and brought up to date, at the pace a receiver takes."""
