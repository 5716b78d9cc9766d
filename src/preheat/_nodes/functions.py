"""A user's own function as a plan."""

import sys
from collections.abc import Callable
from math import inf, isfinite
from typing import Any, final

from preheat._fields import Steps, field_of, short_repr
from preheat._math import library_of, minimum
from preheat._plan import Call, Formula, Plan, deferred, register
from preheat._plan.base import CALL

NAME = 50  # characters of a name that count as one piece, so that a long name cannot be repeated without end


@final
class Function(Plan):
    """A user's own function of the update's index: the function, or its name."""

    __slots__ = ("_found", "given")
    given: str | Callable[[Any], float]
    _found: Callable[[Any], float]

    def __init__(self, given: str | Callable[[Any], float], steps: int | None) -> None:
        name = _named(given)
        size = 1 + len(name) // NAME if isinstance(name, str) else 1
        self._freeze(given=name, size=size, steps=steps)
        if not isinstance(given, str):
            object.__setattr__(self, "_found", given)

    @property
    def fn(self) -> Callable[[Any], float]:
        """The function itself.

        Raises:
            ValueError: only its name is known, and its module has not been imported or lacks it.
        """
        try:
            return self._found
        except AttributeError:
            found = _look_up(str(self.given))
            object.__setattr__(self, "_found", found)
            return found

    def _make_formula(self, shift: float) -> Formula:  # noqa: ARG002  # a function reads the index, however it is based
        twin = Function(getattr(self, "_found", self.given), self.steps)
        return Formula(_called, twin)  # a plan keeps its formula: one that kept the plan would be a reference cycle

    def _at(self, i: float) -> float:
        index = int(i) if i.is_integer() else i
        value = self.fn(index)
        number = _as_float(value)
        if number is None or not isfinite(number):
            raise (TypeError if number is None else ValueError)(
                f"{self!r}: the value at {index} must be a finite number, got {short_repr(value)}"
            )
        return number

    def _over(self, i: Any, library: Any) -> Any:
        """One call for each element: a user's function takes numbers."""
        flat = [self._at(float(x)) for x in i.reshape(-1)]
        like = {"device": i.device} if hasattr(library, "Tensor") else {}
        return library.asarray(flat, dtype=i.dtype, **like).reshape(i.shape)

    def _call(self) -> Call:
        return function, (self.given,), {} if self.steps is None else {"steps": self.steps}

    def _to_source(self) -> tuple[str, int]:
        if isinstance(self.given, str):
            return super()._to_source()
        name = getattr(self.given, "__qualname__", type(self.given).__qualname__)
        return f"function({name}{'' if self.steps is None else f', steps={self.steps}'})", CALL


def _called(i: Any, plan: Function) -> Any:
    if plan.steps is not None:
        i = minimum(i, float(plan.steps - 1))
    library = library_of(i)
    return plan._at(i) if library is None else plan._over(i, library)


@register
def function(fn: str | Callable[[Any], float], *, steps: int | str | None = None) -> Plan:
    """A plan of your own function of the update's index, called for one index at a time.

    A function that can be imported is written as text, `function("module:name")`; a lambda has no text.

    >>> function(lambda i: 1 / (i + 1), steps=3).values()
    [1.0, 0.5, 0.3333333333333333]

    Args:
        fn: takes the index of an update (a whole number from 0) and returns a number; or `"module:name"`, which is
            looked up, in modules already imported, when the first value is asked for.
        steps: the number of updates it owns; endless without.

    Raises:
        TypeError: `fn` is neither callable nor a text, or is a plan already.
        ValueError: the text is not such a name, or `steps` is not 1 or more.
    """
    if isinstance(fn, Plan) or not (_is_path(fn) if isinstance(fn, str) else callable(fn)):
        raise (ValueError if isinstance(fn, str) else TypeError)(
            f'function(fn={short_repr(fn)}): fn must be a function of your own or "module:name"'
        )
    steps = None if steps is None else field_of(Steps).check("function", "steps", steps)
    if later := deferred(function, (_named(fn),), {} if steps is None else {"steps": steps}):
        return later
    if steps == 0:
        raise ValueError("function(steps=0): steps must be 1 or more; a function has no end to hold")
    return Function(fn, steps)


def _as_float(value: Any) -> float | None:
    """The return value of a user's function as a float, infinite if it is too large; None if it is no number."""
    if not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except OverflowError:
        return inf
    except (TypeError, ValueError, RuntimeError):  # an array of several numbers
        return None


def _is_path(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(colon) and all(part.isidentifier() for part in f"{module}.{name}".split("."))


def _named(fn: str | Callable[[Any], float]) -> str | Callable[[Any], float]:
    """`"module:name"` where that leads back to `fn`, else `fn`."""
    module, name = getattr(fn, "__module__", None), getattr(fn, "__qualname__", "")
    return f"{module}:{name}" if module in sys.modules and _find(module, name) is fn else fn


def _look_up(path: str) -> Callable[[Any], float]:
    module, _, name = path.partition(":")
    if module not in sys.modules:
        raise ValueError(f'function("{path}"): its module must be imported first; import {module}')
    found: Callable[[Any], float] | None = _find(module, name)
    if callable(found):
        return found
    raise ValueError(f'function("{path}"): {name} must be a function of {module}')


def _find(module: str, name: str) -> Any:
    """The attribute of a module under a dotted name, or None."""
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
