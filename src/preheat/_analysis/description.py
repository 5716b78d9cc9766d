"""The key points of a plan, as a table and as data."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from preheat._analysis.sampling import argmax, contains_function, display_length, pieces, samples
from preheat._plan import Plan, plan_in

__all__ = ["Description", "Point", "describe"]

WIDTH = 80  # columns of the table
ROWS = 40  # of the table; of more, the first and the last


class Point(NamedTuple):
    """A point of a plan: an update, the value it uses, and the text of the piece that gives it."""

    update: int
    value: float
    piece: str


class Description(tuple[Point, ...]):
    """The key points of a plan, in their order; prints as a table."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def describe(plan: Plan) -> Description:
    """The first and the last update of each piece, and where inside it is highest or lowest.

    A piece without an end has in place of its last update one at which one sees what becomes of it.

    >>> from preheat import cosine, warmup
    >>> print(describe(warmup(2_000) >> cosine(1, 0.1, steps=8_000)))
    update   value  piece
         0  0.0005  linear(0, 1, steps=2000)
      1999       1
      2000       1  cosine(1, 0.1, steps=8000)
      9999     0.1
    >>> describe(warmup(4))[-1]
    Point(update=3, value=1.0, piece='linear(0, 1, steps=4)')

    Raises:
        TypeError: `plan` is not a plan.
    """
    rows = []
    for start, piece in pieces(plan_in("describe", plan)):
        text = repr(piece)
        rows += [Point(start + i, plan(start + i), text) for i in _turns(piece)]
    return Description(rows)


def _turns(piece: Plan) -> list[int]:
    """The updates of a piece to show: both ends, and a higher or lower one between them."""
    if piece.steps == 0:
        return []
    last = display_length(piece) - 1
    if contains_function(piece) and piece.steps is None:
        return [0]  # a user's function is not asked for more than it has to be
    looked = samples(piece, last + 1)
    ends = {0, last} if piece.steps or piece(last) != piece(0) else {0}
    turns = {argmax(piece, looked), argmax(lambda i: -piece(i), looked)}
    return sorted(ends | {turn for turn in turns if not _level(piece, turn, last)})


def _level(piece: Plan, turn: int, last: int) -> bool:
    """Whether a turn is no higher and no lower than an end: on a level stretch, or within rounding."""
    return any(abs(piece(turn) - piece(end)) <= 1e-9 * abs(piece(end)) for end in (0, last))


def _lines(rows: Sequence[Point]) -> Iterator[str]:
    """A line for each point, the text of a piece at its first."""
    shown = [(f"{row.update}", f"{row.value:.5g}") for row in rows]
    first, second = (max(map(len, column)) for column in zip(("update", "value"), *shown, strict=True))
    yield f"{'update':>{first}}  {'value':>{second}}  piece"
    before, left = "", WIDTH - first - second - 4
    for k, ((update, value), row) in enumerate(zip(shown, rows, strict=True)):
        if ROWS // 2 <= k < len(rows) - ROWS // 2:
            if k == ROWS // 2:
                yield f"{'...':>{first}}  {len(rows) - ROWS} more points"
            continue
        piece = "" if row.piece == before else row.piece
        piece, before = piece if len(piece) <= left else piece[: left - 3] + "...", row.piece
        yield f"{update:>{first}}  {value:>{second}}  {piece}".rstrip()
