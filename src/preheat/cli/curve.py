"""Plans drawn in characters, at a size that fits the terminal."""

from preheat import Plan
from preheat._plot import terminal
from preheat.cli.screen import colored, needs_ascii, size

__all__ = ["curve"]

LOWEST, HIGHEST = 8, 18  # lines
NARROWEST = 30  # columns
AXIS = 3  # lines below the curve
PROMPTS = 2  # lines: what was typed, and the next prompt


def curve(*plans: Plan, n: int | None = None, log: str = "", other_lines: int = 0) -> str:
    """Plans as a curve that fits the terminal together with that many other lines."""
    columns, lines = size()
    height = min(max(lines - other_lines - AXIS - PROMPTS, LOWEST), HIGHEST)
    picture = terminal(
        *plans, width=max(columns, NARROWEST), height=height, n=n, log=log, ascii=needs_ascii(), colour=colored()
    )
    return picture.rstrip("\n")
