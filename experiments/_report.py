"""What an experiment comes to: rows of figures, ours beside the expected, and claims that hold or do not."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from experiments._runs import Run

__all__ = ["Claim", "Report", "Row", "final"]


@dataclass(frozen=True)
class Row:
    """A figure, with all its seeds."""

    what: str
    expected: float | None  # as published, or as theory has it; None: nobody says
    ours: Sequence[float]


@dataclass(frozen=True)
class Claim:
    """What is expected, what came out, and whether that is so."""

    says: str
    measured: str
    holds: bool


@dataclass(frozen=True)
class Report:
    """All that is printed of an experiment."""

    unit: str
    rows: Sequence[Row]
    claims: Sequence[Claim]

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    def __str__(self) -> str:
        width = max(len(self.unit), *(len(row.what) for row in self.rows))
        head = f"{self.unit:<{width}}  {'expected':>9}  ours"
        rows = (f"{row.what:<{width}}  {shown([row.expected]):>9}  {shown(row.ours)}" for row in self.rows)
        return "\n".join([head, *rows, "", *map(sentence, self.claims)])


def shown(numbers: Iterable[float | None]) -> str:
    """Numbers of a table, with four digits.

    >>> shown([3.14159, 12, float("inf")]), shown([None])
    ('3.142  12  inf', '')
    """
    return "  ".join("" if number is None else f"{number:.4g}" for number in numbers)


def sentence(claim: Claim) -> str:
    """A claim in one line.

    >>> sentence(Claim("one is below two", "1", holds=True))
    'holds: one is below two; measured: 1'
    """
    return f"{'holds' if claim.holds else 'DOES NOT HOLD'}: {claim.says}; measured: {claim.measured}"


def final(runs: Iterable[Run], label: str, lr: float | None = None) -> list[float]:
    """The losses of that label, in the order of the seeds; `inf` where there is none."""
    found = [run for run in runs if run.label == label and lr in (None, run.lr)]
    return [run.loss for run in sorted(found, key=lambda run: run.seed)] or [inf]
