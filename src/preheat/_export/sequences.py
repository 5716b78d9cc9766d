"""Pieces in a row: those that come again are found, so that they are written as arithmetic."""

from collections.abc import Hashable
from typing import Any, NamedTuple

from preheat._plan.formula import Formula, are_formulas
from preheat._plan.piecewise import PiecewiseFormula

__all__ = ["Segment", "Sequence", "form_of", "sequence_of"]

LONGEST_CYCLE = 32  # pieces


class Segment(NamedTuple):
    """What is read from an update on."""

    start: int
    reading: Any  # a formula, or a sequence that comes again
    origin: int  # where its own index is 0
    period: int = 0  # after how many updates it comes again; 0: never


class Sequence:
    """Segments in a row, the last without an end."""

    __slots__ = ("pieces", "segments")

    def __init__(self, pieces: list[Segment], segments: list[Segment]) -> None:
        self.pieces = pieces  # one by one
        self.segments = segments  # those that come again put together


def sequence_of(formula: PiecewiseFormula) -> Sequence:
    """The pieces of a plan, in order, those without an update left out."""
    starts, readings = formula.pieces
    ends = (*starts[1:], None)
    pieces = [
        Segment(start, reading, start)
        for start, reading, end in zip(starts, readings, ends, strict=True)
        if start != end
    ]
    return Sequence(pieces, _with_cycles(pieces))


def _with_cycles(pieces: list[Segment]) -> list[Segment]:
    kinds: dict[Hashable, int] = {}
    ends = [piece.start for piece in pieces[1:]]
    lengths = [end - piece.start for piece, end in zip(pieces, ends, strict=False)]
    forms = [kinds.setdefault(form_of(piece.reading, numbers=True), len(kinds)) for piece in pieces]
    # The last has no end: it is in a cycle if its first updates are, and what it holds afterwards stands apart.
    last_length = next((n for n, form in zip(lengths, forms, strict=False) if form == forms[-1]), 0)
    tokens = list(zip(forms, [*lengths, last_length], strict=True))
    found: list[Segment] = []
    at = 0
    while at < len(pieces):
        size, times = _cycle_at(tokens, at)
        if times == 1:
            found.append(pieces[at])
            at += 1
            continue
        period = sum(length for _, length in tokens[at : at + size])
        found.append(_cycle(pieces[at : at + size], period))
        at += size * times
        if at == len(pieces):
            end = pieces[-1].start + last_length
            found.append(Segment(end, pieces[-1].reading, pieces[-1].start))
    return found


def _cycle(pieces: list[Segment], period: int) -> Segment:
    first = pieces[0].start
    if len(pieces) == 1:
        return Segment(first, pieces[0].reading, first, period)
    inner = [Segment(piece.start - first, piece.reading, piece.origin - first) for piece in pieces]
    return Segment(first, Sequence(inner, inner), first, period)


def _cycle_at(tokens: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """How many pieces from here on come again, and how many times they stand there; most pieces in all count."""
    best = (1, 1)
    for size in range(1, min(LONGEST_CYCLE, (len(tokens) - at) // 2) + 1):
        if tokens[at] != tokens[at + size]:
            continue
        times = 1
        while tokens[at : at + size] == tokens[at + times * size : at + (times + 1) * size]:
            times += 1
        if times > 1 and size * times > best[0] * best[1]:
            best = size, times
    return best


def form_of(value: Any, *, numbers: bool) -> Hashable:
    """What formulas have in common that differ in their numbers only; with `numbers`, those too."""
    if isinstance(value, PiecewiseFormula):
        pieces = tuple((piece.start, form_of(piece.reading, numbers=True)) for piece in sequence_of(value).pieces)
        return ("pieces", pieces)
    if isinstance(value, Formula):
        options = tuple((name, form_of(option, numbers=numbers)) for name, option in value.kwargs.items())
        return (id(value.function), *(form_of(arg, numbers=numbers) for arg in value.args), *options)
    if are_formulas(value):
        return tuple(form_of(part, numbers=numbers) for part in value)
    if isinstance(value, int | float):
        return ("number", value if numbers else None)
    if isinstance(value, dict):  # tensors that a table keeps
        return "kept"
    return value if isinstance(value, tuple | str) else id(value)
