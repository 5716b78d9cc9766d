"""What a plan comes to once its numbers are known: expressions of the step, each with bounds on its values.

Nothing here regroups arithmetic. Two rewritings go beyond dropping what has no effect, and both are exact below 2**53:
whole numbers beside the step are added up, and `i - floor(i / n) * n` of a whole `i` is written `i % n`.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from preheat._export.bounds import bounds_of, decided
from preheat._export.values import (
    Column,
    Expression,
    Value,
    bounds_in,
    cycle_of,
    in_rows,
    is_negative,
    is_number,
    is_whole,
    key_of,
)

__all__ = ["Algebra"]

WHOLE = {"floordiv", "floor", "whole", "mixed", "and", "xor", "shr", "shl", "bisect"}
KEEPS_WHOLE = {"add", "sub", "mul", "neg", "min", "max", "mod", "where"}


class Algebra:
    """Makes expressions, drops what cannot act between known bounds, and works out what has no step in it.

    Args:
        numbers: shared by all algebras of one export, so that equal expressions have equal numbers.
        assumed: bounds that hold on the branch at hand, by the number of an expression.
        clips: keep the assumed bounds by clipping, for arrays, whose every branch reads every element.
    """

    def __init__(
        self, numbers: dict[Any, int], assumed: Mapping[int, tuple[float, float]], *, clips: bool, names: dict[int, str]
    ) -> None:
        self._numbers = numbers
        self._assumed = assumed
        self._clips = clips
        self._known: dict[int, Value] = {}
        self.names = names  # what formulas call expressions, by number

    def symbol(self, name: str, low: float, high: float, *, whole: bool) -> Value:
        """A name of the code, whose values lie between two bounds."""
        return self._make("name", (name,), (low, high), whole=whole)

    def call_it(self, value: Value, name: str) -> None:
        """Remember what a formula calls a value, for the code to call it so."""
        if isinstance(value, Column):
            value.name = value.name or name
        elif isinstance(value, Expression) and value.op != "name" and self.names.get(value.number, "i") == "i":
            self.names[value.number] = name

    def combine(self, op: str, scalar: Callable[..., Any], *args: Value) -> Value:
        """The operation on these values; `scalar` is the same on plain numbers."""
        if all(map(is_number, args)):
            return scalar(*args)
        owners = {arg.owner for arg in args if isinstance(arg, Column)}
        if len(owners) == 1 and not any(isinstance(arg, Expression) for arg in args):
            return in_rows(scalar, *args)
        parts = [arg if is_number(arg) else self.as_expression(arg) for arg in args]
        return getattr(self, f"_{op}", self._plain(op))(*parts)

    def lookup(self, values: tuple[float, ...], k: Expression) -> Value:
        """The k-th of several values, for a whole k within them."""
        first, last = int(max(k.low, 0)), int(min(k.high, len(values) - 1))
        if len(set(values[first : last + 1])) == 1:
            return values[first]
        return self._make("lookup", (values, k), (min(values), max(values)))

    def between(self, value: Expression, low: float, high: float) -> Value:
        """A value that lies between two bounds for a reason that its own parts do not show."""
        if self._clips:
            return self._min(self._max(value, low), high)
        value.low, value.high = max(value.low, low), min(value.high, high)
        return value

    def _plain(self, op: str) -> Callable[..., Value]:
        return lambda *args: self._make(op, args)

    def as_expression(self, value: Value) -> Expression:
        """An expression or a column as an expression."""
        if isinstance(value, Expression):
            return value
        made: Expression = self._make("column", (value,), (min(value.values), max(value.values)))
        return made

    def _make(self, op: str, args: tuple[Any, ...], bounds: tuple[float, float] | None = None, *,
              whole: bool = False) -> Value:  # fmt: skip
        key = (op, *map(key_of, args))
        number = self._numbers.setdefault(key, len(self._numbers))
        if number in self._known:
            return self._known[number]
        made = Expression(op, args, number)
        made.low, made.high = bounds or bounds_of(op, args)
        made.whole = whole or op in WHOLE or (op in KEEPS_WHOLE and all(is_whole(arg) for arg in args[op == "where" :]))
        kept: Value = made
        if number in self._assumed:
            low, high = self._assumed[number]
            if self._clips:
                kept = self._min(self._max(made, low), high)
            else:
                made.low, made.high = max(low, made.low), min(high, made.high)
        if not isinstance(kept, Expression):
            return kept
        if kept.low == kept.high and isfinite(kept.low):
            kept = kept.low
        self._known[number] = kept
        return kept

    def _add(self, a: Value, b: Value) -> Value:
        if is_number(a) and not is_number(b) and (is_whole(b) or a == 0):
            a, b = b, a
        if is_number(b) and not is_number(a):
            return self._shifted(a, b)
        if is_negative(b):
            return self._sub(a, self._neg(b))
        return self._sub(b, self._neg(a)) if is_negative(a) else self._make("add", (a, b))

    def _shifted(self, a: Expression, b: float) -> Value:
        """`a + b` for a number b, which joins other whole numbers there."""
        if b == 0:
            return a
        if a.whole and is_whole(b):
            if a.op in {"add", "sub"} and is_number(a.args[1]):
                return self._shifted(a.args[0], b + (a.args[1] if a.op == "add" else -a.args[1]))
            if a.op in {"min", "max"} and is_number(a.args[1]):
                return self._make_bound(a.op, self._shifted(a.args[0], b), a.args[1] + b)
        if is_negative(a):
            return self._sub(b, self._neg(a))
        return self._make("add", (a, b)) if b > 0 else self._make("sub", (a, -b))

    def _make_bound(self, op: str, a: Value, b: float) -> Value:
        return self._min(a, b) if op == "min" else self._max(a, b)

    def _sub(self, a: Value, b: Value) -> Value:
        if is_number(b):
            return self._shifted(a, -b)
        if is_number(a) and a == 0:
            return self._neg(b)
        if isinstance(a, Expression) and isinstance(b, Expression) and a.number == b.number:
            return 0
        if is_negative(b):
            return self._add(a, self._neg(b))
        cycle = cycle_of(a, b)
        return self._make("sub", (a, b)) if cycle is None else self._mod(a, cycle)

    def _mul(self, a: Value, b: Value) -> Value:
        for x, y in ((a, b), (b, a)):
            if is_number(x) and x in {-1, 0, 1}:
                return 0 if x == 0 else y if x == 1 else self._neg(y)
        if isinstance(a, Expression) and a.op == "neg":
            return self._neg(self._mul(a.args[0], b))
        if isinstance(b, Expression) and b.op == "neg":
            return self._neg(self._mul(a, b.args[0]))
        return self._make("mul", (a, b))

    def _div(self, a: Value, b: Value) -> Value:
        if is_number(a) and a == 0:
            return 0
        if is_number(b) and abs(b) == 1:
            return a if b == 1 else self._neg(a)
        return self._make("div", (a, b))

    def _neg(self, a: Value) -> Value:
        if is_number(a):
            return -a
        if a.op == "neg":
            return a.args[0]
        if a.op == "mul" and is_number(a.args[0]) and a.args[0] < 0:
            return self._mul(-a.args[0], a.args[1])
        return self._make("sub", (a.args[1], a.args[0])) if a.op == "sub" else self._make("neg", (a,))

    def _pow(self, a: Value, b: Value) -> Value:
        if is_number(b) and b in {0, 1}:
            return a if b else 1
        return 1 if is_number(a) and a == 1 else self._make("pow", (a, b))

    def _floordiv(self, a: Value, b: Value) -> Value:
        return a if is_number(b) and b == 1 and is_whole(a) else self._make("floordiv", (a, b))

    def _mod(self, a: Value, b: Value) -> Value:
        if isinstance(a, Expression) and is_number(b) and a.low >= 0 and a.high < b:
            return a
        least = b - 1 if is_whole(a) and is_whole(b) else b
        return self._make("mod", (a, b), (0, least) if is_number(b) and b > 0 else None)

    def _floor(self, a: Value) -> Value:
        if is_number(a) or a.whole:
            return a
        if a.op == "div" and is_whole(a.args[0]) and is_number(a.args[1]) and is_whole(a.args[1]) and a.args[1] > 0:
            return self._floordiv(*a.args)
        return self._make("floor", (a,))

    def _whole(self, a: Value) -> Value:
        return a if is_number(a) else self._make("whole", (a,))

    def _min(self, a: Value, b: Value) -> Value:
        return self._bound("min", a, b)

    def _max(self, a: Value, b: Value) -> Value:
        return self._bound("max", a, b)

    def _bound(self, op: str, a: Value, b: Value) -> Value:
        """The smaller or larger of two; the number stands second."""
        first, second = (b, a) if is_number(a) else (a, b)
        (low_a, high_a), (low_b, high_b) = bounds_in(first), bounds_in(second)
        if op == "max":
            (low_a, high_a), (low_b, high_b) = (-high_a, -low_a), (-high_b, -low_b)
        if high_a <= low_b:
            return first
        if high_b <= low_a:
            return second
        if is_number(second) and first.op == op and is_number(first.args[1]):
            tighter = min if op == "min" else max
            return self._bound(op, first.args[0], tighter(second, first.args[1]))
        return self._make(op, (first, second))

    def _both(self, a: Value, b: Value) -> Value:
        """`a and b`; of two truths one may be known."""
        for known, other in ((a, b), (b, a)):
            if is_number(known):
                return other if known else False
        return self._make("both", (a, b))

    def _any(self, a: Value, b: Value) -> Value:
        for known, other in ((a, b), (b, a)):
            if is_number(known):
                return True if known else other
        return self._make("any", (a, b))

    def _where(self, condition: Value, yes: Value, no: Value) -> Value:
        if is_number(condition):
            return yes if condition else no
        return yes if key_of(yes) == key_of(no) else self._make("where", (condition, yes, no))

    def compare(self, op: str, a: Value, b: Value, scalar: Callable[..., Any]) -> Value:
        """A comparison, decided where the bounds decide it."""
        if isinstance(a, Expression) or isinstance(b, Expression):
            known = decided(op, bounds_in(a), bounds_in(b))
            if known is not None:
                return known
        return self.combine(op, scalar, a, b)
