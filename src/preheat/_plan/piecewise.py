"""The reading of plans one after the other: the piece is found by search, and pieces alike are read at once."""

from bisect import bisect_right
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from preheat._math import is_compiled, library_of, maximum, where, whole
from preheat._plan.base import Plan
from preheat._plan.batch import Column, grouped, together
from preheat._plan.formula import Formula, Piece, side_by_side

__all__ = ["PiecewiseFormula"]

FEW = 8  # pieces that a single index passes in a row


class Sorted(NamedTuple):
    """Pieces in groups that are read together: for each piece its group and its row there."""

    begun: Column
    group: Column
    row: Column
    readings: list[Formula]


class PiecewiseFormula(Formula):
    """Plans one after the other, each read from its start on."""

    __slots__ = ("_compiled", "_pieces", "_sorted")
    _compiled: dict[int, Callable[[float], float]]  # pieces that have been asked
    _pieces: tuple[tuple[int, ...], tuple[Formula, ...]]
    _sorted: Sorted

    def __init__(self, plans: tuple[Plan, ...], starts: tuple[int, ...], shift: float) -> None:
        super().__init__(_one_by_one, plans, starts, shift)
        self._compiled = {}

    def __call__(self, i: Any) -> Any:
        """The values over an array of indices: every formula is called once, whatever the number of pieces."""
        if library_of(i) is None:
            return super().__call__(i)
        return _passed(i, *self.pieces) if self._few(i) else _found(i, self.sorted)

    def _few(self, i: Any) -> bool:
        """Whether to pass the pieces in a row: there are few for one index, or no two alike, or no time to sort."""
        count = len(self.pieces[1])
        hurried = is_compiled(i) and not hasattr(self, "_sorted")  # torch.compile cannot follow the sorting
        return hurried or (i.ndim == 0 and count <= FEW) or count == len(self.sorted.readings)

    @property
    def pieces(self) -> tuple[tuple[int, ...], tuple[Formula, ...]]:
        """Starts, and what is read from there on; chains inside are spread out."""
        if not hasattr(self, "_pieces"):
            plans, starts, shift = self.arguments
            spread = {
                id(plan): _spread(plan._make_formula(shift)) for plan in {id(plan): plan for plan in plans}.values()
            }
            placed = zip(plans, starts, strict=True)
            pairs = [(start + later, piece) for plan, start in placed for later, piece in spread[id(plan)]]
            begun, pieces = zip(*pairs, strict=True)
            self._pieces = begun, pieces
        return self._pieces

    @property
    def sorted(self) -> Sorted:
        """The pieces in groups."""
        if not hasattr(self, "_sorted"):
            self._sorted = _in_groups(*self.pieces)
        return self._sorted

    def with_each(self, change: Callable[[Any], Any]) -> Formula:  # noqa: ARG002  # its numbers are not asked for
        """Itself."""
        return self

    def compile(self) -> Callable[[float], float]:
        """The same as one function of a float; a piece is bound when it is first asked."""
        piece_at = self.piece_at
        latest = piece_at(0.0)  # most often the next to be asked

        def value(i: float) -> float:
            nonlocal latest
            start, end, piece = latest
            if not start <= i < end:
                latest = start, end, piece = piece_at(i)
            return piece(i - start)

        return value

    def piece_at(self, i: float) -> Piece:
        """The piece that answers at an index."""
        plans, starts, shift = self.arguments
        k = bisect_right(starts, i) - 1
        if k not in self._compiled:
            self._compiled[k] = plans[k]._make_formula(shift).compile()
        return starts[k], starts[k + 1] if k + 1 < len(starts) else inf, self._compiled[k]


def _one_by_one(i: float, plans: tuple[Plan, ...], starts: tuple[int, ...], shift: float) -> float:
    k = bisect_right(starts, i) - 1
    value: float = plans[k]._make_formula(shift)(i - starts[k])
    return value


def _spread(reading: Formula) -> list[tuple[int, Formula]]:
    """The pieces of a reading and their starts; a number beside a chain goes to each of its pieces."""
    if isinstance(reading, PiecewiseFormula):
        return list(zip(*reading.pieces, strict=True))
    combined, number, parts = reading.arguments if reading.formula is side_by_side else (None, 0.0, ())
    if len(parts) == 1:
        return [(start, Formula(side_by_side, combined, number, (part,))) for start, part in _spread(parts[0])]
    return [(0, reading)]


def _in_groups(starts: tuple[int, ...], pieces: tuple[Formula, ...]) -> Sorted:
    places = grouped(pieces)
    group, row = [0] * len(pieces), [0] * len(pieces)
    for number, inside in enumerate(places):
        for k, place in enumerate(inside):
            group[place], row[place] = number, k
    readings = [together([pieces[place] for place in inside]) for inside in places]
    return Sorted(Column(starts), Column(group), Column(row), readings)


def _passed(i: Any, starts: tuple[int, ...], pieces: tuple[Formula, ...]) -> Any:
    value = pieces[0](i)
    for start, piece in zip(starts[1:], pieces[1:], strict=True):
        value = where(i >= start, piece(maximum(i - start, 0.0)), value)
    return value


def _found(i: Any, within: Sorted) -> Any:
    k = within.begun.sought(i)
    local = i - within.begun.at(k, i)
    if len(within.readings) == 1:
        return _gathered(within.readings[0], k, i)(local)
    group, row = within.group.at(k, i), whole(within.row.at(k, i))
    value: Any = 0.0
    for number, reading in enumerate(within.readings):
        mine = group == number
        read = _gathered(reading, row * mine, i)
        value = where(mine, read(where(mine, local, 0.0)), value)
    return value


def _gathered(reading: Formula, row: Any, i: Any) -> Formula:
    return reading.with_each(lambda argument: argument.at(row, i) if isinstance(argument, Column) else argument)
