"""A plan as branches: where the step alone decides which piece answers, and what each piece comes to there.

A plan is read under bounds on the step. Where pieces in a row could answer, the reading stops, the step is divided at
their starts, and each part is read anew, so that nothing is left in a branch that cannot act there. Many pieces become
rows of a table instead: pieces of one form are read together, each number of theirs a column.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import pairwise
from math import inf, nextafter
from typing import Any, NamedTuple

from preheat._export.algebra import Algebra
from preheat._export.reading import Reader
from preheat._export.sequences import Segment, Sequence, form_of, sequence_of
from preheat._export.values import Column, DividedError, Expression, Value, is_number
from preheat._plan.formula import Formula, are_formulas
from preheat._plan.piecewise import PiecewiseFormula

__all__ = ["Brancher", "Branches", "Leaf", "Node", "Rows"]

MOST_BRANCHES = 32


class Leaf(NamedTuple):
    """One value."""

    value: Value


class Branches(NamedTuple):
    """One of several, by an index: the k-th below the k-th bound, the last elsewhere."""

    by: Expression
    bounds: list[float]
    inside: list["Node"]


class Rows(NamedTuple):
    """The row of a table by the start it has passed; rows of each form are read by one of several."""

    by: Value
    starts: tuple[float, ...]
    kinds: tuple[int, ...]
    places: list[dict[int, int]]  # of each kind, where in its columns a row's numbers are
    inside: list["Node"]
    owner: Sequence


Node = Leaf | Branches | Rows


class Group(NamedTuple):
    """Pieces of one form."""

    starts: Column | float
    reading: Formula
    longest: float  # of their lengths


class DivideError(Exception):
    """An index that several pieces could answer, and where to divide it."""

    def __init__(self, index: Expression, cuts: list[float]) -> None:
        super().__init__()
        self.index = index
        self.cuts = cuts


class TabulateError(Exception):
    """An index that so many pieces could answer that they become rows."""

    def __init__(self, index: Value, sequence: Sequence) -> None:
        super().__init__()
        self.index = index
        self.sequence = sequence


class Brancher:
    """Reads one plan into branches.

    Args:
        read: the value, given a reader and the step.
        last: the largest step that the code must hold for.
        clips: whether each branch reads its index clipped to its own updates.
    """

    def __init__(self, read: Callable[[Reader, Value], Value], last: float, *, clips: bool) -> None:
        self.names: dict[int, str] = {}
        self.read = read
        self.last = last
        self.clips = clips
        self._numbers: dict[Any, int] = {}
        self._sequences: dict[int, tuple[Any, Sequence]] = {}

    def branches(self) -> Node:
        """The whole plan."""
        return self._resolved({}, {})

    def _resolved(self, assumed: Mapping[int, tuple[float, float]], groups: Mapping[int, Group]) -> Node:
        algebra = Algebra(self._numbers, assumed, clips=self.clips, names=self.names)
        try:
            step = algebra.symbol("step", 0, self.last, whole=True)
            value = self.read(Reader(algebra, lambda *given: self._pieces(groups, *given)), step)
            return Leaf(algebra.as_expression(value) if isinstance(value, Column) else value)
        except DivideError as divided:
            return self._divided(divided, assumed, groups)
        except TabulateError as found:
            return self._tabulated(found, assumed, groups)

    def _divided(self, divided: DivideError, assumed: Mapping[int, tuple[float, float]], groups: Any) -> Node:
        index, bounds = divided.index, divided.cuts
        low, high = assumed.get(index.number, (index.low, index.high))
        inside: list[Node] = []
        for first, end in pairwise([low, *bounds, inf]):
            last = high if end == inf else end - 1 if index.whole else nextafter(end, -inf)
            inside.append(self._resolved({**assumed, index.number: (first, last)}, groups))
        return _flat(index, bounds, inside)

    def _tabulated(self, found: TabulateError, assumed: Any, groups: Mapping[int, Group]) -> Node:
        pieces = found.sequence.pieces
        waiting = _by_form(pieces)
        kinds, placed = [0] * len(pieces), []
        inside: list[Node] = []
        while waiting:
            places = waiting.pop(0)
            group = _merged(pieces, places, found.sequence)
            try:
                node = self._resolved(assumed, {**groups, id(found.sequence): group})
            except DividedError as divided:
                if divided.owner is not found.sequence:
                    raise
                for side in (True, False):
                    waiting.append([k for k, truth in zip(places, divided.sides, strict=True) if truth is side])
                continue
            for k in places:
                kinds[k] = len(inside)
            inside.append(node)
            placed.append({k: at for at, k in enumerate(places)})
        starts = tuple(piece.start for piece in pieces)
        return Rows(found.index, starts, tuple(kinds), placed, inside, found.sequence)

    def _pieces(self, groups: Mapping[int, Group], reader: Reader, formula: Any, i: Value) -> Value:
        """What pieces in a row come to at an index."""
        sequence = formula if isinstance(formula, Sequence) else self._sequence(formula)
        if id(sequence) in groups:
            group = groups[id(sequence)]
            local = reader.algebra.combine("sub", lambda a, b: a - b, i, group.starts)
            return reader.read(group.reading, reader.algebra.between(local, 0, group.longest))
        segments = sequence.segments if _counts(i) else sequence.pieces
        first, last = (_place(segments, bound) for bound in _range(i))
        if last - first >= MOST_BRANCHES:
            raise TabulateError(i, sequence)
        if first != last:
            index, cuts = _cuts(i, [segment.start for segment in segments[first + 1 : last + 1]])
            raise DivideError(index, cuts)
        return _segment(reader, segments[first], i)

    def _sequence(self, formula: PiecewiseFormula) -> Sequence:
        if id(formula) not in self._sequences:
            self._sequences[id(formula)] = formula, sequence_of(formula)
        return self._sequences[id(formula)][1]


def _segment(reader: Reader, segment: Segment, i: Value) -> Value:
    local = reader.algebra.combine("sub", lambda a, b: a - b, i, segment.origin)
    if segment.period:
        local = reader.algebra.combine("mod", lambda a, b: a % b, local, segment.period)
    return reader.read(segment.reading, local)


def _range(i: Value) -> tuple[float, float]:
    return (i.low, i.high) if isinstance(i, Expression) else (i, i)


def _counts(i: Value) -> bool:
    return i.whole if isinstance(i, Expression) else float(i).is_integer()


def _place(segments: list[Segment], i: float) -> int:
    return max(bisect_right(segments, i, key=lambda segment: segment.start) - 1, 0)


def _cuts(i: Expression, cuts: list[float]) -> tuple[Expression, list[float]]:
    """The same cuts of what the index is made of: without the whole numbers and the bounds beside it."""
    if i.whole and i.op in {"add", "sub", "min", "max"}:
        one, other = i.args
        if is_number(other):
            by = other if i.op == "add" else -other if i.op == "sub" else 0
            return _cuts(one, [cut - by for cut in cuts])
        if is_number(one) and i.op == "sub":
            return _cuts(other, [one - cut + 1 for cut in reversed(cuts)])
    return i, cuts


def _flat(index: Expression, bounds: list[float], inside: list[Node]) -> Branches:
    """Branches of branches by the same index in a row."""
    ends: list[float] = []
    nodes: list[Node] = []
    for node, end in zip(inside, [*bounds, inf], strict=True):
        if isinstance(node, Branches) and node.by.number == index.number:
            ends += [*node.bounds, end]
            nodes += node.inside
        else:
            ends.append(end)
            nodes.append(node)
    return Branches(index, ends[:-1], nodes)


def _by_form(pieces: list[Segment]) -> list[list[int]]:
    forms: dict[Any, list[int]] = {}
    for k, piece in enumerate(pieces):
        forms.setdefault(form_of(piece.reading, numbers=False), []).append(k)
    return list(forms.values())


def _merged(pieces: list[Segment], places: list[int], owner: Sequence) -> Group:
    """Pieces as one, with columns for the numbers they differ in."""
    ends = [*(piece.start for piece in pieces[1:]), inf]
    starts = _together([pieces[k].start for k in places], owner)
    reading = _together([pieces[k].reading for k in places], owner)
    return Group(starts, reading, max(ends[k] - pieces[k].start for k in places) - 1)


def _together(rows: list[Any], owner: Sequence) -> Any:
    first = rows[0]
    if isinstance(first, PiecewiseFormula) or len(rows) == 1:
        return first
    if isinstance(first, Formula):
        arguments = [_together(list(column), owner) for column in zip(*(row.args for row in rows), strict=True)]
        options = {name: _together([row.kwargs[name] for row in rows], owner) for name in first.kwargs}
        return Formula(first.function, *arguments, **options)
    if are_formulas(first):
        return tuple(_together(list(column), owner) for column in zip(*rows, strict=True))
    if not is_number(first) or all(row == first for row in rows):
        return first
    return Column(tuple(rows), owner)
