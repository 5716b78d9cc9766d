"""Matplotlib axes for the pictures of the results."""

from typing import Any

__all__ = ["new_axes"]


def new_axes() -> Any:
    """The axes of a new figure, which no window shows."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra, and slow to import

    return Figure(figsize=(7, 4.5), layout="constrained").subplots()
