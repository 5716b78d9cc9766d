"""A plan: its values, its operators, its text.

The rest of the library sees nothing but `Plan`. Its kinds are few and closed (see `_nodes`); shapes are many and open,
since they are functions (see `preheat.shapes`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Any, ClassVar, NoReturn, ParamSpec, Self, TypeVar, overload

from preheat._fields import LAST, TINY, Field, Number, Updates, field_of, number, short_repr
from preheat._math import filled, is_traced, library_of, read_over
from preheat._plan.formula import Formula

__all__ = ["OPERATORS", "VOCABULARY", "Call", "Plan", "as_operand", "plan_in", "register"]

DEEPEST = 64  # levels of nesting
LARGEST = 2**22  # pieces and table entries of a plan as it is written, more than a text may have
CALL = 3  # binds tightest; then `*`, `+`, `>>`
Array = TypeVar("Array")
P = ParamSpec("P")
Call = tuple[Callable[..., "Plan"], tuple[Any, ...], dict[str, Any]]

_COUNT = field_of(Updates)
_NUMBER = field_of(Number)
_INDEX = Field("a number from 0 up to 2**53, the index of an update, or an array", number(-TINY, LAST))


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
    __slots__ = ("__dict__", "__weakref__", "_formula_cache", "_scalar_cache", "depth", "size", "steps")
    __array_ufunc__ = None  # `numpy.float64(2) * plan` asks the plan

    steps: int | None
    depth: int  # levels of nesting
    size: int  # pieces and table entries, as often as they are written
    unresolved: bool = False  # whether there are lengths in it that are not in updates yet
    _formula_cache: Formula
    _scalar_cache: Callable[[float], float]
    _repr_mimebundle_: ClassVar[Callable[..., dict[str, str]]]  # set by the package, which has pictures

    @abstractmethod
    def _make_formula(self, shift: float) -> Formula:
        """The value as a formula of the local index `i >= 0`; shapes are computed at `t = i + shift`."""

    @property
    def _scalar_fn(self) -> Callable[[float], float]:
        """The plan as one function of a float index from 0: no checks, and the number as the formula returns it."""
        try:
            return self._scalar_cache
        except AttributeError:
            if is_traced():
                return self._formula  # torch.compile cannot follow how a formula is specialized
            object.__setattr__(self, "_scalar_cache", self._formula.compile())
            return self._scalar_cache

    @property
    def _formula(self) -> Formula:
        """The plan as a function of an array of float indices from 0."""
        try:
            return self._formula_cache
        except AttributeError:
            object.__setattr__(self, "_formula_cache", self._make_formula(1))
            return self._formula_cache

    @abstractmethod
    def _call(self) -> Call:
        """The call that makes this plan; equality, hash, pickle and every written form come from it."""

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
            ValueError: `i` is negative, NaN or not below 2**53.
            TypeError: `i` is neither a number nor an array of numbers.
        """
        if (i.__class__ is int or i.__class__ is float) and 0 <= i < LAST:
            return float(self._scalar_fn(float(i)))
        library = library_of(i)
        if library is None:
            return float(self._scalar_fn(_INDEX.check("plan", "i", i)))  # NumPy's own numbers, among others
        value = read_over(self._formula, i, library)
        return filled(i, value) if library_of(value) is None else value  # of a formula without t, or of a 0-d array

    def values(self, n: int | None = None) -> list[float]:
        """The values used by the first `n` updates, or by all of them.

        >>> from preheat import linear
        >>> linear(1, 0, steps=4).values()
        [0.75, 0.5, 0.25, 0.0]

        Raises:
            ValueError: `n` is negative, or not given for an endless plan.
            TypeError: `n` is not a whole number.
        """
        count = self.steps if n is None else int(_COUNT.check("values", "n", n))
        if count is None:
            raise ValueError("values(n=None): n must be given for an endless plan")
        value = self._scalar_fn
        return [float(value(float(i))) for i in range(count)]

    def __rshift__(self, other: object) -> "Plan":
        return OPERATORS[">>"](self, other)

    def __rrshift__(self, other: object) -> "Plan":
        return OPERATORS[">>"](other, self)

    def __mul__(self, other: object) -> "Plan":
        return OPERATORS["*"](self, other)

    def __rmul__(self, other: object) -> "Plan":
        return OPERATORS["*"](other, self)

    def __add__(self, other: object) -> "Plan":
        return OPERATORS["+"](self, other)

    def __radd__(self, other: object) -> "Plan":
        return OPERATORS["+"](other, self)

    def __neg__(self) -> "Plan":
        return -1 * self

    def __sub__(self, other: object) -> "Plan":
        return self + (-other if isinstance(other, Plan) else -as_operand("-", other))

    def __rsub__(self, other: object) -> "Plan":
        return -self + as_operand("-", other)

    def __truediv__(self, other: object) -> "Plan":
        divisor = as_operand("/", other, "a finite number other than 0")
        factor = 1 / divisor if divisor else inf
        if not isfinite(factor):
            raise ValueError(f"plan / {divisor:g}: the divisor must be a finite number other than 0")
        return self * factor

    def __rtruediv__(self, other: object) -> NoReturn:
        raise TypeError(f"{short_repr(other)} / plan: the divisor must be a number; a plan can only be divided by one")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plan):
            return NotImplemented
        return self is other or (type(self) is type(other) and self._call() == other._call())

    def __hash__(self) -> int:
        make, args, kwargs = self._call()
        return hash((make, args, tuple(kwargs.items())))

    def __reduce__(self) -> tuple[Callable[..., "Plan"], Call]:
        return _remake, self._call()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"plan.{name} = {short_repr(value)}: a plan is immutable; make another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"del plan.{name}: a plan is immutable; make another")

    def __repr__(self) -> str:
        return self._to_source()[0]

    def _to_source(self) -> tuple[str, int]:
        """The expression that makes this plan, and how tightly its outermost operator binds."""
        make, args, kwargs = self._call()
        inside = [to_source(value) for value in args] + [f"{name}={to_source(value)}" for name, value in kwargs.items()]
        return f"{make.__name__}({', '.join(inside)})", CALL

    def _freeze(self, parts: "Sequence[Plan]" = (), **slots: Any) -> None:
        """Set the slots, for the only time; `parts` are the plans inside, which depth and size follow from.

        Raises:
            ValueError: the plan is nested too deeply or too large.
        """
        slots.setdefault("depth", 1 + max((part.depth for part in parts), default=0))
        slots.setdefault("size", max(sum(part.size for part in parts), 1))
        if slots["depth"] > DEEPEST:
            raise ValueError(f"plan(depth={slots['depth']}): depth must be at most {DEEPEST}, the levels of nesting")
        if slots["size"] > LARGEST:
            raise ValueError(
                f"plan(size={slots['size']}): size must be at most {LARGEST}, the pieces and table entries written out"
            )
        for name, value in slots.items():
            object.__setattr__(self, name, value)


# A pickle names this function and the maker by their modules: docs/stability.md promises it for one version only.
def _remake(make: Callable[..., Plan], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan:
    return make(*args, **kwargs)


def to_source(value: object) -> str:
    """A value as the language writes it: `1`, `0.1`, `"text"`, `(1, 2)`, a plan."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < LAST else repr(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"({', '.join(map(to_source, value))}{',' * (len(value) == 1)})"
    return repr(value)


def as_operand(operator: str, got: object, words: str = "a plan or a finite number") -> float:
    """The number on the other side of an operator, as a float.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not finite.
    """
    try:
        return float(_NUMBER.check("", "", got))
    except (TypeError, ValueError) as error:
        raise type(error)(f"plan {operator} {short_repr(got)}: the other side must be {words}") from None


def plan_in(who: str, got: object) -> Plan:
    """A plan that was given as an argument named `plan`.

    Raises:
        TypeError: it is not a plan.
    """
    if isinstance(got, Plan):
        return got
    raise TypeError(f"{who}(plan={short_repr(got)}): plan must be a plan")


OPERATORS: dict[str, Callable[[Any, Any], Plan]] = {}  # `>>`, `*` and `+`; `chains` enters them
VOCABULARY: dict[str, Callable[..., Plan]] = {}  # every name that a text may call: shapes, combinators, recipes


def register(make: Callable[P, Plan]) -> Callable[P, Plan]:
    """Make a function that returns a plan part of the language, under its own name.

    Raises:
        ValueError: the name means something else already.
    """
    known = VOCABULARY.get(make.__name__, make)
    if (known.__module__, known.__qualname__) != (make.__module__, make.__qualname__):
        raise ValueError(f"{make.__name__}: the name must be new; {known.__module__} has one")
    VOCABULARY[make.__name__] = make  # or defined anew, as in a notebook
    return make
