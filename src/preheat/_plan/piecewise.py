"""The formula of plans one after the other: the piece is found by search, and pieces of one form are one batch."""

from bisect import bisect_right
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from preheat._math import is_compiled, library_of, maximum, where, whole
from preheat._plan.base import Plan
from preheat._plan.batch import Column, group_by_form, stack
from preheat._plan.formula import Formula, Piece, side_by_side

__all__ = ["PiecewiseFormula"]

FEW = 8  # pieces that are cheaper to go through than to search, for one index


class Batches(NamedTuple):
    """Pieces in batches that are computed at once: for each piece its start, its batch and its row there."""

    starts: Column
    batch: Column
    row: Column
    formulas: list[Formula]  # one for each batch


class PiecewiseFormula(Formula):
    """Plans one after the other, each with the index from its own start."""

    __slots__ = ("_batches", "_compiled", "_pieces")
    _batches: Batches
    _compiled: dict[int, Callable[[float], float]]  # the pieces asked for so far
    _pieces: tuple[tuple[int, ...], tuple[Formula, ...]]

    def __init__(self, plans: tuple[Plan, ...], starts: tuple[int, ...], shift: float) -> None:
        super().__init__(_at, plans, starts, shift)
        self._compiled = {}

    def __call__(self, i: Any) -> Any:
        """The values over an array of indices: every function is called once, however many pieces there are."""
        if library_of(i) is None:
            return super().__call__(i)
        return _one_by_one(i, *self.pieces) if self._few(i) else _by_batch(i, self.batches)

    def _few(self, i: Any) -> bool:
        """Whether to compute each piece: few for one index, no two of one form, or no way to batch them."""
        count = len(self.pieces[1])
        unbatched = is_compiled(i) and not hasattr(self, "_batches")  # torch.compile cannot follow the grouping
        return unbatched or (i.ndim == 0 and count <= FEW) or count == len(self.batches.formulas)

    @property
    def pieces(self) -> tuple[tuple[int, ...], tuple[Formula, ...]]:
        """The starts and the formulas of the pieces, those of chains inside among them."""
        if not hasattr(self, "_pieces"):
            plans, starts, shift = self.args
            once = {id(plan): plan for plan in plans}
            flat = {key: _flat(plan._make_formula(shift)) for key, plan in once.items()}
            placed = zip(plans, starts, strict=True)
            pairs = [(start + later, piece) for plan, start in placed for later, piece in flat[id(plan)]]
            all_starts, pieces = zip(*pairs, strict=True)
            self._pieces = all_starts, pieces
        return self._pieces

    @property
    def batches(self) -> Batches:
        """The pieces in batches."""
        if not hasattr(self, "_batches"):
            self._batches = _batched(*self.pieces)
        return self._batches

    def map_args(self, change: Callable[[Any], Any]) -> Formula:  # noqa: ARG002  # no column is inside
        """The formula itself."""
        return self

    def compile(self) -> Callable[[float], float]:
        """The formula as one function of a float; a piece is compiled when it is first asked for."""
        piece_at = self.piece_at
        latest = piece_at(0.0)  # most often the next to be asked for

        def value(i: float) -> float:
            nonlocal latest
            start, end, piece = latest
            if not start <= i < end:
                latest = start, end, piece = piece_at(i)
            return piece(i - start)

        return value

    def piece_at(self, i: float) -> Piece:
        """The piece that computes the value at an index."""
        plans, starts, shift = self.args
        k = bisect_right(starts, i) - 1
        if k not in self._compiled:
            self._compiled[k] = plans[k]._make_formula(shift).compile()
        return Piece(starts[k], starts[k + 1] if k + 1 < len(starts) else inf, self._compiled[k])


def _at(i: float, plans: tuple[Plan, ...], starts: tuple[int, ...], shift: float) -> float:
    """The value at one index, by the plan that owns it."""
    k = bisect_right(starts, i) - 1
    value: float = plans[k]._make_formula(shift)(i - starts[k])
    return value


def _flat(formula: Formula) -> list[tuple[int, Formula]]:
    """The pieces of a formula and their starts; a number combined with a chain goes to each of its pieces."""
    if isinstance(formula, PiecewiseFormula):
        return list(zip(*formula.pieces, strict=True))
    combine, number, parts = formula.args if formula.function is side_by_side else (None, 0.0, ())
    if len(parts) == 1:
        return [(start, Formula(side_by_side, combine, number, (part,))) for start, part in _flat(parts[0])]
    return [(0, formula)]


def _batched(starts: tuple[int, ...], pieces: tuple[Formula, ...]) -> Batches:
    groups = group_by_form(pieces)
    batch, row = [0] * len(pieces), [0] * len(pieces)
    for number, places in enumerate(groups):
        for k, place in enumerate(places):
            batch[place], row[place] = number, k
    formulas = [stack([pieces[place] for place in places]) for places in groups]
    return Batches(Column(starts), Column(batch), Column(row), formulas)


def _one_by_one(i: Any, starts: tuple[int, ...], pieces: tuple[Formula, ...]) -> Any:
    value = pieces[0](i)
    for start, piece in zip(starts[1:], pieces[1:], strict=True):
        value = where(i >= start, piece(maximum(i - start, 0.0)), value)
    return value


def _by_batch(i: Any, batches: Batches) -> Any:
    k = batches.starts.search(i)
    local = i - batches.starts.at(k, i)
    if len(batches.formulas) == 1:
        return _with_rows(batches.formulas[0], k, i)(local)
    batch, row = batches.batch.at(k, i), whole(batches.row.at(k, i))
    value: Any = 0.0
    for number, formula in enumerate(batches.formulas):
        inside = batch == number
        computed = _with_rows(formula, row * inside, i)(where(inside, local, 0.0))
        value = where(inside, computed, value)
    return value


def _with_rows(formula: Formula, row: Any, i: Any) -> Formula:
    """The formula with the number in its row for each element, in place of columns."""
    return formula.map_args(lambda value: value.at(row, i) if isinstance(value, Column) else value)
