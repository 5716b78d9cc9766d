"""What was measured, one row for each thing, and how rows look."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

__all__ = ["Row", "amount", "by_subject", "shown"]


class Row(NamedTuple):
    """One thing measured: of ours, and in the same unit and run of whatever stands beside it; less is better."""

    subject: str
    what: str
    unit: str
    ours: float
    beside: Mapping[str, float]

    def ratio(self, name: str) -> float:
        """Ours, in units of what that name stands for."""
        return self.ours / self.beside[name] if self.beside[name] else float("inf") if self.ours else 1.0


def by_subject(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row], list[str]]]:
    """The rows of each subject, and the names of what stands beside any of them."""
    for subject, group in groupby(rows, key=lambda row: row.subject):
        together = list(group)
        yield subject, together, list(dict.fromkeys(name for row in together for name in row.beside))


LARGE = 1000


def amount(number: float) -> str:
    """Three digits of a number, and all of a large one."""
    return f"{number:,.0f}" if abs(number) >= LARGE else f"{number:.3g}"


def shown(rows: Iterable[Row]) -> str:
    """The rows as one table: ours first, then what stands beside it with how many times ours it is."""
    return "\n\n".join(_block(*block) for block in by_subject(rows))


def _block(subject: str, rows: list[Row], names: list[str]) -> str:
    lines = [(subject, "preheat", *names)]
    for row in rows:
        cells = (
            f"{amount(row.beside[name])} (ratio {row.ratio(name):.3g})" if name in row.beside else "" for name in names
        )
        lines.append((f"  {row.what}", f"{amount(row.ours)} {row.unit}", *cells))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in lines)


def _aligned(line: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """Words to the left, numbers to the right."""
    for place, (text, width) in enumerate(zip(line, widths, strict=True)):
        yield text.rjust(width) if place else text.ljust(width)
