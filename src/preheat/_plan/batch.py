"""Readings that differ in their numbers only are read together: the numbers of each element are gathered."""

from collections.abc import Hashable, Sequence
from types import FunctionType
from typing import Any

from preheat._math import OF_NUMBERS, picked, sought
from preheat._plan.formula import Formula, are_formulas, remade, without_rules

__all__ = ["Column", "grouped", "together"]


class Column:
    """One number of each of many readings."""

    __slots__ = ("kept", "values")

    def __init__(self, values: Sequence[float]) -> None:
        self.values = tuple(map(float, values))
        self.kept: dict[Any, Any] = {}  # by device and dtype, the tensors that were made of them

    def sought(self, i: Any) -> Any:
        """The last row whose number is at most `i`, of numbers that do not fall."""
        return sought(self.values, i, self.kept)

    def at(self, row: Any, i: Any) -> Any:
        """The number of the row of each element, as an array like `i`."""
        return picked(self.values, row, i, self.kept)


def together(rows: Sequence[Any]) -> Any:
    """Readings of one form as one: numbers that differ are columns."""
    first = rows[0]
    if all(row is first for row in rows):
        return first
    if type(first) is Formula:
        arguments = map(together, zip(*(row.arguments for row in rows), strict=True))
        options = {name: together([row.options[name] for row in rows]) for name in first.options}
        return Formula(remade(first.formula, without_rules), *arguments, **options)
    if are_formulas(first):
        return tuple(map(together, zip(*rows, strict=True)))
    if isinstance(first, Formula):
        return first  # of pieces in turn, which are of one form only where they are the same
    return first if all(row == first for row in rows) else Column(rows)


def grouped(readings: Sequence[Formula]) -> list[list[int]]:
    """The places of readings that can be read together."""
    groups: dict[Hashable, list[int]] = {}
    tried: dict[Hashable, bool] = {}
    for place, reading in enumerate(readings):
        groups.setdefault(_form(reading, tried), []).append(place)
    return list(groups.values())


def _form(reading: Formula, tried: dict[Hashable, bool]) -> Hashable:
    """What readings have in common that differ in their numbers only; its numbers too, if the formula wants those."""
    form = _shown(reading, tried, numbers=False)
    if form not in tried:
        tried[form] = _takes_arrays(reading)
    return form if tried[form] else _shown(reading, tried, numbers=True)


def _shown(reading: Formula, tried: dict[Hashable, bool], *, numbers: bool) -> Hashable:
    def shown(argument: Any) -> Hashable:
        if are_formulas(argument):
            return tuple(map(shown, argument))
        if isinstance(argument, Formula):
            return _form(argument, tried)
        return ("number", numbers and argument) if _is_number(argument) else id(argument)

    options = [(name, shown(option)) for name, option in reading.options.items()]
    return (id(reading.formula), *map(shown, reading.arguments), *options)


def _is_number(argument: Any) -> bool:
    return isinstance(argument, int | float)


class Unknown:
    """Any number: arithmetic with it is unknown too, a reading gives it, and it is neither true nor false."""

    __slots__ = ()

    def _unknown(self, *_: object) -> "Unknown":
        return self

    __call__ = __abs__ = __neg__ = __invert__ = _unknown
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __and__ = __or__ = _unknown
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rand__ = __ror__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _unknown  # type: ignore[assignment]  # element by element
    __hash__ = None  # type: ignore[assignment]  # as an array

    def __bool__(self) -> bool:
        raise TypeError("an array is neither true nor false")


UNKNOWN = Unknown()


def _takes_arrays(reading: Formula) -> bool:
    """Whether the formula would take arrays for its numbers: it neither branches on them nor counts with them."""
    formula = remade(reading.formula, _of_unknown)
    blind = Formula(
        formula,
        *map(_unknown_in, reading.arguments),
        **{name: _unknown_in(option) for name, option in reading.options.items()},
    )
    try:
        blind(UNKNOWN)
    except Exception:  # noqa: BLE001  # whatever a formula of others raises, it wants plain numbers
        return False
    return True


def _unknown_in(argument: Any) -> Any:
    if are_formulas(argument):
        return (UNKNOWN,) * len(argument)
    return UNKNOWN if _is_number(argument) or isinstance(argument, Formula) else argument


def _of_unknown(function: FunctionType) -> Any:
    return UNKNOWN if function in OF_NUMBERS else without_rules(function)
