"""The command `preheat inspect`: what a checkpoint says of its schedule."""
