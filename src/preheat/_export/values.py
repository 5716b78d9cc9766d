"""What formulas are computed with where the step is not known: numbers, columns of numbers, expressions."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

__all__ = [
    "Column", "DividedError", "Expression", "Value", "bounds_in", "cycle_of", "in_rows", "is_negative", "is_number",
    "is_whole", "key_of",
]  # fmt: skip

Value = Any  # a number, a Column or an Expression


class Expression:
    """An operation on numbers, columns and other expressions; `number` is the same for equal ones of an export."""

    __slots__ = ("args", "high", "low", "number", "op", "whole")

    def __init__(self, op: str, args: tuple[Any, ...], number: int) -> None:
        self.op = op
        self.args = args
        self.number = number
        self.low, self.high = -inf, inf
        self.whole = False

    def inside(self) -> Iterator["Expression"]:
        """The expressions among its arguments."""
        return (arg for arg in self.args if isinstance(arg, Expression))


class Column:
    """One number for each row of a table: what many pieces of one form differ in."""

    __slots__ = ("name", "owner", "values")

    def __init__(self, values: tuple[float, ...], owner: object, name: str = "") -> None:
        self.values = values
        self.owner = owner
        self.name = name


class DividedError(Exception):
    """The rows of a column take different branches of a formula; `sides` says which row takes which."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.owner = column.owner
        self.sides = tuple(map(bool, column.values))


def is_number(value: object) -> bool:
    """Whether it is a plain number, of NumPy too, or a truth."""
    return isinstance(value, int | float)


def in_rows(scalar: Callable[..., Any], *args: Value) -> Value:
    """The function row by row; one number where all rows agree."""
    column = next(arg for arg in args if isinstance(arg, Column))
    rows = (arg.values if isinstance(arg, Column) else (arg,) * len(column.values) for arg in args)
    values = tuple(scalar(*row) for row in zip(*rows, strict=True))
    same = all(value == values[0] for value in values[1:]) if is_number(values[0]) else False
    return values[0] if same else Column(values, column.owner)


def is_negative(value: Value) -> bool:
    """Whether its sign can be taken into the operator before it: exact, for a sign is not rounded."""
    if is_number(value):
        return bool(value < 0)
    return value.op == "neg" or (value.op == "mul" and is_number(value.args[0]) and value.args[0] < 0)


def cycle_of(a: Value, b: Value) -> float | None:
    """The n of `a - a // n * n`, for a whole `a`."""
    if not isinstance(b, Expression) or b.op != "mul":
        return None
    for turns, length in (b.args, b.args[::-1]):
        if isinstance(turns, Expression) and turns.op == "floordiv" and is_number(length):
            of, by = turns.args
            if by == length and isinstance(a, Expression) and isinstance(of, Expression) and of.number == a.number:
                return float(length)
    return None


def bounds_in(value: Value) -> tuple[float, float]:
    """The lowest and the highest number that a value can be."""
    if isinstance(value, Column):
        return min(value.values), max(value.values)
    return (value.low, value.high) if isinstance(value, Expression) else (value, value)


def is_whole(value: Value) -> bool:
    """Whether a value is a whole number at every update."""
    return value.whole if isinstance(value, Expression) else is_number(value) and float(value).is_integer()


def key_of(arg: Any) -> Any:
    """A key by which equal arguments of a sub-expression are found again; -0.0 and 0.0 differ."""
    if isinstance(arg, Expression):
        return arg.number
    if isinstance(arg, Column):
        return arg.owner, arg.values
    return arg if isinstance(arg, str) else ("value", arg, str(arg)[:1] == "-" if is_number(arg) else "")
