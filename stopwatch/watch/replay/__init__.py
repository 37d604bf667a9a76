"""Rules played again over the past."""
