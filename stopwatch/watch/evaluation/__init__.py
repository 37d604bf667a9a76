"""The evaluation: reading what is due, folding it slot by slot, recording what changed."""
