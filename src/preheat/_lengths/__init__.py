"""Lengths in other units turned into updates, and the number of updates of a run."""
