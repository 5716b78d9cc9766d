"""The updates that show a plan, its key points, and the difference of two."""
