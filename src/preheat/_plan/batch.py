"""Formulas that differ only in their numbers are computed together: each element of an array takes its own numbers."""

from collections.abc import Hashable, Sequence
from types import FunctionType
from typing import Any

from preheat._math import OF_NUMBERS, gather, search
from preheat._plan.compile import specialize, without_checks
from preheat._plan.formula import Formula, are_formulas

__all__ = ["Column", "group_by_form", "stack"]


class Column:
    """One number of each of many formulas."""

    __slots__ = ("cache", "values")

    def __init__(self, values: Sequence[float]) -> None:
        self.values = tuple(map(float, values))
        self.cache: dict[Any, Any] = {}  # by device and dtype, the tensors made of the values

    def search(self, i: Any) -> Any:
        """The last row whose number is at most `i`; the numbers must not fall."""
        return search(self.values, i, self.cache)

    def at(self, row: Any, i: Any) -> Any:
        """The number in the row of each element, as an array like `i`."""
        return gather(self.values, row, i, self.cache)


def stack(rows: Sequence[Any]) -> Any:
    """Formulas of one form as one: numbers that differ become columns."""
    first = rows[0]
    if all(row is first for row in rows):
        return first
    if type(first) is Formula:
        args = map(stack, zip(*(row.args for row in rows), strict=True))
        kwargs = {name: stack([row.kwargs[name] for row in rows]) for name in first.kwargs}
        return Formula(specialize(first.function, without_checks), *args, **kwargs)
    if are_formulas(first):
        return tuple(map(stack, zip(*rows, strict=True)))
    if isinstance(first, Formula):
        return first  # piecewise: these have one form only if they are the same
    return first if all(row == first for row in rows) else Column(rows)


def group_by_form(formulas: Sequence[Formula]) -> list[list[int]]:
    """The places of the formulas, those that can be stacked in one list."""
    groups: dict[Hashable, list[int]] = {}
    tried: dict[Hashable, bool] = {}
    for place, formula in enumerate(formulas):
        groups.setdefault(_form(formula, tried), []).append(place)
    return list(groups.values())


def _form(formula: Formula, tried: dict[Hashable, bool]) -> Hashable:
    """A formula without its numbers; with them, if it needs plain numbers."""
    form = _key(formula, tried, numbers=False)
    if form not in tried:
        tried[form] = _takes_arrays(formula)
    return form if tried[form] else _key(formula, tried, numbers=True)


def _key(formula: Formula, tried: dict[Hashable, bool], *, numbers: bool) -> Hashable:
    def key(value: Any) -> Hashable:
        if are_formulas(value):
            return tuple(map(key, value))
        if isinstance(value, Formula):
            return _form(value, tried)
        return ("number", numbers and value) if _is_number(value) else id(value)

    named = [(name, key(value)) for name, value in formula.kwargs.items()]
    return (id(formula.function), *map(key, formula.args), *named)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


class Unknown:
    """Any number: arithmetic with it gives another, a formula returns it, and it is neither true nor false."""

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


def _takes_arrays(formula: Formula) -> bool:
    """Whether the function would take arrays for its numbers: it neither branches on them nor counts with them."""
    function = specialize(formula.function, _over_unknowns)
    kwargs = {name: _unknown_in(value) for name, value in formula.kwargs.items()}
    try:
        function(UNKNOWN, *map(_unknown_in, formula.args), **kwargs)
    except Exception:  # noqa: BLE001  # whatever a user's formula raises, it needs plain numbers
        return False
    return True


def _unknown_in(value: Any) -> Any:
    if are_formulas(value):
        return (UNKNOWN,) * len(value)
    return UNKNOWN if _is_number(value) or isinstance(value, Formula) else value


def _over_unknowns(function: FunctionType) -> Any:
    return UNKNOWN if function in OF_NUMBERS else without_checks(function)
