"""Checks of one PromQL expression, one file each: a function from the parsed query to its findings."""
