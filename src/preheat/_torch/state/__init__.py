"""Checkpoints, and the edits that they replay."""
