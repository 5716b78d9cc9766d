"""What was measured, one row for each number, and how rows look."""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Row", "shown"]


class Row(NamedTuple):
    """One number of ours, and in the same unit what it stands beside."""

    what: str
    ours: float
    unit: str
    beside: str
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours, in units of theirs."""
        return self.ours / self.theirs


def shown(rows: list[Row]) -> str:
    """The rows as a table."""
    lines: list[tuple[str, ...]] = [("", "preheat", "beside it", "ratio", "what is beside it")]
    for row in rows:
        numbers = (f"{row.ours:.3g} {row.unit}", f"{row.theirs:.3g} {row.unit}", f"{row.ratio:.3g}")
        lines.append((row.what, *numbers, row.beside))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_aligned(line, widths)) for line in lines)


def _aligned(line: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """Words to the left, numbers to the right."""
    for place, (text, width) in enumerate(zip(line, widths, strict=True)):
        yield text.rjust(width) if 0 < place < len(line) - 1 else text.ljust(width)
