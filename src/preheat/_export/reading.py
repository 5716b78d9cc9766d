"""Formulas read from their own source, with the numbers of a plan filled in: what is left is an expression of the step.

So a formula is written once. What its source may hold: assignments, `if`, `for` over constants, calls of helpers, and
the mathematics of `preheat.shapes` and of `math`.
"""

import math
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from preheat import _math
from preheat._export.algebra import Algebra
from preheat._export.bodies import Body, chosen, holds_formulas, is_open
from preheat._export.sequences import Sequence
from preheat._export.sources import ExportError, definition_of
from preheat._export.values import Column, DividedError, Expression, Value, in_rows, is_number
from preheat._nodes.functions import _called
from preheat._plan import Formula
from preheat._plan.piecewise import PiecewiseFormula

__all__ = ["Reader"]

Names = dict[str, Any]
Pieces = Callable[["Reader", Any, Value], Value]

_OF_ONE = ("sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "floor")


# Functions that are operations of the algebra: its name for each, and the same on plain numbers.
_KNOWN: dict[Any, tuple[str, Callable[..., Any]]] = {
    **{getattr(_math, name): (name, getattr(math, name)) for name in _OF_ONE},
    **{getattr(math, name): (name, getattr(math, name)) for name in _OF_ONE},
    _math.minimum: ("min", min), _math.maximum: ("max", max), min: ("min", min), max: ("max", max),
    _math.where: ("where", chosen), _math.whole: ("whole", int), int: ("whole", int), abs: ("abs", abs),
    _math.filled: ("second", lambda _, value: value), _math._like: ("second", lambda _, value: value),
    _math.lookup: ("lookup", operator.getitem), _math._hashed: ("mixed", _math._hashed),
    float: ("float", float), operator.add: ("add", operator.add), operator.mul: ("mul", operator.mul),
}  # fmt: skip


class Reader:
    """Reads formulas into one algebra.

    Args:
        algebra: makes the expressions.
        pieces: what a row of pieces comes to at an index.
    """

    def __init__(self, algebra: Algebra, pieces: Pieces) -> None:
        self.algebra = algebra
        self._pieces = pieces

    def read(self, formula: Formula | Sequence, i: Value) -> Value:
        """The value of a formula at an index."""
        if isinstance(formula, PiecewiseFormula | Sequence):
            return self._pieces(self, formula, i)
        if formula.function is _called:
            raise ExportError(
                f"{formula.args[0]!r} is a function of your own, which the code would have to import; "
                "write it as a shape of your own, with @shape"
            )
        return self.call(formula.function, (i, *formula.args), formula.kwargs)

    def call(self, function: Any, args: tuple[Any, ...], options: Names) -> Any:
        """What a call returns: worked out where it can be, else read from the source of the function."""
        if isinstance(function, Formula | Sequence):
            return self.read(function, *args)
        if function in _KNOWN:
            return self._operation(*_KNOWN[function], args)
        if not any(map(is_open, (*args, *options.values()))):
            return function(*args, **options)
        if isinstance(function, FunctionType):
            return self.inlined(function, args, options)
        raise ExportError(f"{getattr(function, '__name__', function)!r} cannot be written out")

    def _operation(self, op: str, scalar: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if op == "second":
            return args[1]
        if op == "lookup":
            return self.algebra.lookup(args[0], args[1])
        if op == "float":
            return args[0]
        if op == "abs":
            return self.algebra.combine("max", max, args[0], self.algebra.combine("neg", operator.neg, args[0]))
        if op == "where":
            args = (self.truth(args[0]) if is_number(args[0]) else args[0], *args[1:])
        return self.algebra.combine(op, scalar, *args)

    def truth(self, value: Any) -> Any:
        """A condition: known, or an expression.

        Raises:
            DividedError: it is known, and differs from row to row.
        """
        if isinstance(value, Column):
            raise DividedError(value)
        return value if isinstance(value, Expression) else bool(value)

    def inlined(self, function: Any, args: tuple[Any, ...], options: Names) -> Any:
        """What a function returns, read from its source."""
        definition = definition_of(function)
        names = definition.bind(args, options)
        owners = {value.owner for value in names.values() if isinstance(value, Column)}
        if len(owners) == 1 and not any(isinstance(v, Expression) or holds_formulas(v) for v in names.values()):
            order = list(names)
            return in_rows(lambda *row: function(**dict(zip(order, row, strict=True))), *names.values())
        for name, value in names.items():
            self.algebra.call_it(value, name)
        body = Body(self, definition.around, names)
        try:
            return body.run(definition.body)
        except ExportError as error:
            if error.line is None and body.line and definition.is_users:
                error.locate(definition.name, body.line + definition.offset)
            raise
