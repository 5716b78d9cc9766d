"""A plan, and the algebra that joins plans.

`Plan` is the one thing the rest of the library sees. Its kinds are few and closed: `Constant`, the chains `Then`,
`Times` and `Plus`, and those in `_nodes`. Shapes are many and open; they are functions (see `preheat.shapes`).
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import accumulate
from math import isfinite
from numbers import Real
from operator import add, mul, rshift
from typing import Any, ClassVar, NoReturn, ParamSpec, Self, TypeVar, final, overload

from preheat._fields import LAST, Number, Steps, checked, field_of
from preheat._math import as_time, filled, library_of, maximum, where

__all__ = ["Constant", "Plan", "Plus", "Then", "Times", "constant", "recipe", "word"]

DEEPEST = 64  # levels of nesting
_COUNT = field_of(Steps)

Array = TypeVar("Array")


class Plan(ABC):
    """An immutable value: a pure function from the index of an optimizer update, from 0, to a number.

    `plan(i)` is the value used by update `i`; `plan.steps` the number of updates the plan owns, None when endless.

    | expression | meaning |
    |---|---|
    | `a >> b` | `a` for its own updates, then `b` from its own beginning |
    | `a * b`, `2 * a`, `a / 2`, `-a` | side by side, multiplied |
    | `a + b`, `a + 0.1`, `a - b`, `1 - a` | side by side, added |
    | `a == b`, `hash(a)`, `repr(a)`, pickle | by value; the `repr` is the expression that makes the plan |

    >>> from preheat import constant, linear
    >>> plan = linear(0, 1, steps=4) >> constant(1)
    >>> plan
    linear(0, 1, steps=4) >> constant(1)
    >>> plan(0), plan(3), plan(1_000_000)
    (0.25, 1.0, 1.0)
    """

    # `__dict__` is there and stays empty: torch's LambdaLR copies and updates the `__dict__` of a callable.
    __slots__ = ("__dict__", "__weakref__", "depth", "steps")
    __array_ufunc__ = None  # `numpy.float64(2) * plan` asks the plan

    steps: int | None
    depth: int

    @abstractmethod
    def _read(self, i: float, shift: int) -> float:
        """The value at the local index `i >= 0`, a float or an array of floats; formulas read `t = i + shift`."""

    @abstractmethod
    def _call(self) -> tuple[Callable[..., "Plan"], tuple[Any, ...], dict[str, Any]]:
        """The call that makes this plan: what equality, hash, pickle and every written form come from."""

    @overload
    def __call__(self, i: float, /) -> float: ...
    @overload
    def __call__(self, i: Array, /) -> Array: ...
    def __call__(self, i: Any, /) -> Any:
        """The value used by update `i`.

        Args:
            i: the index of an update, from 0; a whole or real number (unit: updates), or an array of them (NumPy,
                torch on any device, JAX), where negative entries read as 0.

        Returns:
            A float; for an array an array of the same library, device and shape, float64 where there is one.

        Raises:
            ValueError: `i` is negative, NaN or beyond 2**53.
            TypeError: `i` is neither a number nor an array of numbers.
        """
        if i.__class__ is int or i.__class__ is float:
            if not 0 <= i < LAST:
                message = f"plan(i={i!r}): i must be a number from 0 up to 2**53, the index of an update"
                raise ValueError(message)
            return float(self._read(float(i), 1))
        return self._of_other(i)

    def _of_other(self, i: Any) -> Any:
        library = library_of(i)
        if library is not None:
            time = as_time(i, library)
            value = self._read(time, 1)
            return filled(time, value) if library_of(value) is None else value  # NumPy turns 0-d arrays into numbers
        if isinstance(i, Real) and not isinstance(i, bool):  # NumPy's own numbers, among others
            return self(float(i))
        message = f"plan(i={i!r}): i must be a number or an array of NumPy, torch or JAX, got {type(i).__name__}"
        raise TypeError(message)

    def values(self, n: int | None = None) -> list[float]:
        """The values used by the first `n` updates, or by all of them.

        >>> from preheat import linear
        >>> linear(1, 0, steps=4).values()
        [0.75, 0.5, 0.25, 0.0]

        Raises:
            ValueError: `n` is negative, or not given for an endless plan.
        """
        count = self.steps if n is None else _COUNT.check("values", "n", n)
        if count is None:
            message = "values(n=None): n must be given for an endless plan"
            raise ValueError(message)
        return [float(self._read(float(i), 1)) for i in range(int(count))]

    def __rshift__(self, other: object) -> "Plan":
        return Then.join(self, other) if isinstance(other, Plan) else _unjoinable(">>", other)

    def __rrshift__(self, other: object) -> NoReturn:
        _unjoinable(">>", other)

    def __mul__(self, other: object) -> "Plan":
        return Times.join(self, other)

    __rmul__ = __mul__

    def __add__(self, other: object) -> "Plan":
        return Plus.join(self, other)

    __radd__ = __add__

    def __neg__(self) -> "Plan":
        return Times.join(self, -1)

    def __sub__(self, other: object) -> "Plan":
        return Plus.join(self, Times.join(other, -1) if isinstance(other, Plan) else -_number("-", other))

    def __rsub__(self, other: object) -> "Plan":
        return Plus.join(-self, other)

    def __truediv__(self, other: object) -> "Plan":
        if isinstance(other, Plan) or not (divisor := _number("/", other)):
            message = f"plan / {other!r}: the divisor must be a number other than 0"
            raise (TypeError if isinstance(other, Plan) else ValueError)(message)
        return Times.join(self, 1 / divisor)

    def __rtruediv__(self, other: object) -> NoReturn:
        message = f"{other!r} / plan: the divisor must be a number; a plan can only be divided by one"
        raise TypeError(message)

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self._call() == other._call())  # type: ignore[attr-defined]  # the same class

    def __hash__(self) -> int:
        make, args, kwargs = self._call()
        return hash((make, args, tuple(kwargs.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return _remake, self._call()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        message = f"plan.{name} = {value!r}: a plan is immutable; make another"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        message = f"del plan.{name}: a plan is immutable; make another"
        raise AttributeError(message)

    def __repr__(self) -> str:
        return self._written()[0]

    def _written(self) -> tuple[str, int]:
        """The expression that makes this plan, and how tightly its outermost operator binds."""
        make, args, kwargs = self._call()
        inside = [_argument(value) for value in args] + [f"{name}={_argument(value)}" for name, value in kwargs.items()]
        return f"{make.__name__}({', '.join(inside)})", CALL

    def _freeze(self, depth: int, **slots: object) -> None:
        if depth > DEEPEST:
            message = f"plan(depth={depth}): plans must nest at most {DEEPEST} levels deep"
            raise ValueError(message)
        for name, value in (("depth", depth), *slots.items()):
            object.__setattr__(self, name, value)


VOCABULARY: dict[str, Callable[..., Plan]] = {}  # every name that text may call: shapes, combinators, recipes

P = ParamSpec("P")


def word(make: Callable[P, Plan]) -> Callable[P, Plan]:
    """Make a function that returns a plan part of the language, under its own name.

    Raises:
        ValueError: the name means something else already.
    """
    known = VOCABULARY.setdefault(make.__name__, make)
    if (known.__module__, known.__qualname__) != (make.__module__, make.__qualname__):
        message = f"{make.__name__}: the name must be new; {known.__module__} has one"
        raise ValueError(message)
    VOCABULARY[make.__name__] = make  # defined anew, as in a notebook
    return make


def recipe(make: Callable[P, Plan]) -> Callable[P, Plan]:
    """Have annotations check the arguments of a function that returns plain algebra, and name it in the language."""
    return word(checked(make))


CALL = 3  # binds tightest; then `*`, `+`, `>>`


def _argument(value: object) -> str:
    """A value as the language writes it: `1`, `0.1`, `"text"`, `(1, 2)`, a plan."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < LAST else repr(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"({', '.join(map(_argument, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _remake(make: Callable[..., Plan], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
    return make(*args, **kwargs)


def _unjoinable(operator: str, other: object) -> NoReturn:
    hint = "; constant(value) holds a number" if isinstance(other, Real) else ""
    message = f"plan {operator} {other!r}: both sides must be plans{hint}"
    raise TypeError(message)


def _number(operator: str, other: object) -> float:
    """The plain finite number beside a plan."""
    if isinstance(other, bool) or not isinstance(other, Real):
        message = f"plan {operator} {other!r}: the other side must be a plan or a number"
        raise TypeError(message)
    if not isfinite(other):
        message = f"plan {operator} {other!r}: the number must be finite"
        raise ValueError(message)
    return float(other) + 0.0


@final
class Constant(Plan):
    """The same value at every update."""

    __slots__ = ("value",)
    value: float

    def __init__(self, value: float, steps: int | None) -> None:
        self._freeze(1, value=value, steps=steps)

    def _read(self, i: float, shift: int) -> float:  # noqa: ARG002  # a constant has no time
        return filled(i, self.value)  # type: ignore[no-any-return]  # an array, typed as a number

    def _call(self) -> tuple[Callable[..., Plan], tuple[Any, ...], dict[str, Any]]:
        return constant, (self.value,), {} if self.steps is None else {"steps": self.steps}


@recipe
def constant(value: Number, *, steps: Steps | None = None) -> Plan:
    """The same value at every update; endless without `steps`.

    >>> constant(0.5, steps=3).values()
    [0.5, 0.5, 0.5]
    """
    return Constant(value, steps)


def joined(operator: str, *operands: Any) -> Plan:
    """Plans, and perhaps a number before them, joined by `>>`, `*` or `+`."""
    return reduce(OPERATORS[operator], operands)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {">>": rshift, "*": mul, "+": add}


class Chain(Plan):
    """Plans joined by one operator, held flat; a number beside them is held apart.

    Joining is lazy: a chain remembers what was joined, and lists it on first use. So n joins cost O(n), not O(n**2).
    """

    __slots__ = ("_held", "number")
    number: float
    _held: tuple[Plan, ...] | list[Plan]  # a list: not flat yet

    operator: ClassVar[str]
    binding: ClassVar[int]
    neutral: ClassVar[float]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The joined plans, none of them a chain of the same kind."""
        held = self._held
        if isinstance(held, list):
            flat: list[Plan] = []
            waiting: list[Plan] = [self]
            while waiting:
                plan = waiting.pop()
                if not isinstance(plan, type(self)):
                    flat.append(plan)
                elif isinstance(plan._held, list):
                    waiting.extend(reversed(plan._held))
                else:
                    flat.extend(plan._held)
            held = tuple(flat)
            object.__setattr__(self, "_held", held)
        return held

    @classmethod
    def _joined(cls, number: float, plans: Iterable[Plan], steps: int | None) -> Plan:
        plans = list(plans)
        depth = 1 + max(plan.depth - isinstance(plan, cls) for plan in plans)
        chain = object.__new__(cls)
        chain._freeze(depth, number=number, _held=plans, steps=steps)
        return chain

    def _call(self) -> tuple[Callable[..., Plan], tuple[Any, ...], dict[str, Any]]:
        numbers = () if self.number == self.neutral else (self.number,)
        return joined, (self.operator, *numbers, *self.plans), {}

    def _written(self) -> tuple[str, int]:
        parts = [] if self.number == self.neutral else [_argument(self.number)]
        for plan in self.plans:
            text, binding = plan._written()
            parts.append(text if binding > self.binding else f"({text})")
        return f" {self.operator} ".join(parts), self.binding


@final
class Then(Chain):
    """One plan after the other; which one answers is decided by the index of the update alone."""

    __slots__ = ("_starts",)
    _starts: tuple[int, ...]
    operator, binding, neutral = ">>", 0, 0.0

    @classmethod
    def join(cls, first: Plan, second: Plan) -> Plan:
        """`first >> second`.

        Raises:
            ValueError: `first` is endless.
        """
        if first.steps is None:
            last = first.plans[-1] if isinstance(first, Then) else first
            message = f"plan >> plan: {last!r:.200} must end before another plan can follow; give it steps"
            raise ValueError(message)
        steps = None if second.steps is None else first.steps + second.steps
        return cls._joined(0.0, (first, second), steps)

    @property
    def starts(self) -> tuple[int, ...]:
        """The index of the update at which each plan begins."""
        try:
            return self._starts
        except AttributeError:
            lengths = (plan.steps or 0 for plan in self.plans[:-1])
            object.__setattr__(self, "_starts", tuple(accumulate(lengths, initial=0)))
            return self._starts

    def _read(self, i: float, shift: int) -> float:
        plans, starts = self.plans, self.starts
        if library_of(i) is None:
            k = bisect_right(starts, i) - 1
            return plans[k]._read(i - starts[k], shift)
        value = plans[0]._read(i, shift)
        for plan, start in zip(plans[1:], starts[1:], strict=True):
            value = where(i >= start, plan._read(maximum(i - start, 0.0), shift), value)
        return value


class SideBySide(Chain):
    """Plans read at the same index; as long as the longest of them, endless if any is."""

    __slots__ = ()

    @classmethod
    def join(cls, plan: Plan, other: object) -> Plan:
        """`plan` beside another plan or a number."""
        operands = [plan, other] if isinstance(other, Plan) else [plan]
        number = cls.neutral if isinstance(other, Plan) else _number(cls.operator, other)
        for operand in operands:
            if isinstance(operand, cls):
                number = cls.combined(number, operand.number)
        if not isfinite(number):
            message = f"plan {cls.operator} {other!r:.200}: the numbers together must be finite"
            raise ValueError(message)
        plans = [operand for operand in operands if isinstance(operand, Plan)]
        if number == cls.neutral and len(plans) == 1:
            inner = plan.plans if isinstance(plan, cls) else (plan,)
            if len(inner) == 1:
                return inner[0]  # 1 * a is a
        lengths = [operand.steps for operand in plans]
        return cls._joined(number, plans, None if None in lengths else max(n for n in lengths if n is not None))

    @staticmethod
    @abstractmethod
    def combined(x: float, y: float) -> float:
        """The operator on numbers."""

    def _read(self, i: float, shift: int) -> float:
        value = self.number
        for plan in self.plans:
            value = self.combined(value, plan._read(i, shift))
        return value


@final
class Times(SideBySide):
    """Plans multiplied, and a number."""

    __slots__ = ()
    operator, binding, neutral = "*", 2, 1.0

    @staticmethod
    def combined(x: float, y: float) -> float:
        """`x * y`."""
        return x * y


@final
class Plus(SideBySide):
    """Plans added, and a number."""

    __slots__ = ()
    operator, binding, neutral = "+", 1, 0.0

    @staticmethod
    def combined(x: float, y: float) -> float:
        """`x + y`."""
        return x + y
