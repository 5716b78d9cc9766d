"""Where to look at a plan, and what can be said of it and of the difference of two."""
