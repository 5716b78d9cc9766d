"""A run as a checkpoint holds it: the schema of the saved state, and the plans in it. It needs no torch."""
