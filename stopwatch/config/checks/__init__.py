"""Checks across keys, rules and files, one file each; what a single field may hold is said by its model."""
