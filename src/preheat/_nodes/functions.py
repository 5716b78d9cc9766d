"""A user's own function as a plan, by itself or by name.

A name that was read from text (a configuration, a checkpoint) is never called by itself: it is called only if the
program gave that function as an object, or named it in its own code, or allowed it. `Function.fn` is the only place
that turns a name into a function.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from math import inf, isfinite
from types import BuiltinFunctionType, FunctionType
from typing import Any, final

from preheat._fields import Steps, field_of, short_repr
from preheat._math import library_of, minimum
from preheat._plan import Call, Formula, Plan, deferred, register
from preheat._plan.base import CALL

NAME = 50  # characters of a name that count as one piece, so that a long name cannot be repeated without end
_ALLOWED: set[str] = set()  # "module:name", or "module:" for all of a module: given, named or allowed by the program


class FromText(str):
    """A string that was read from text, and so does not speak for the program."""

    __slots__ = ()


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
            if isinstance(self.given, str):
                _ALLOWED.add(self.given)

    @property
    def fn(self) -> Callable[[Any], float]:
        """The function itself.

        Raises:
            ValueError: it is known by name only, and may not be called, or its module is not imported or lacks it.
        """
        try:
            return self._found
        except AttributeError:
            found = _permitted(str(self.given))
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

    def __reduce__(self) -> tuple[Callable[..., Plan], Any]:
        """Pickle holds the function itself, so that another process may call it; pickle runs code in any case."""
        remake, (make, (given,), options) = super().__reduce__()
        return remake, (make, (getattr(self, "_found", given),), options)

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
        fn: takes the index of an update (a whole number from 0) and returns a number; or `"module:name"`, a function
            or class of a module that is imported by the time the first value is asked for.
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
    if isinstance(fn, str) and not isinstance(fn, FromText):
        _ALLOWED.add(fn)  # the program's own code names it
    return Function(fn, steps)


def allow_functions(who: str, functions: Iterable[str | Callable[[Any], float]]) -> None:
    """Let text name these functions from now on, in the whole process.

    Args:
        who: the function that takes `functions=`, for messages.
        functions: functions that can be imported by name, or their names, `"module:name"`; `"module:"` allows all
            functions that a module defines.

    Raises:
        TypeError: `functions` is not a list of these.
        ValueError: one cannot be imported by name.
    """
    if isinstance(functions, str) or not isinstance(functions, Iterable):
        raise TypeError(f"{who}(functions={short_repr(functions)}): functions must be a list of functions or names")
    for fn in functions:
        path = _named(fn)
        if not isinstance(path, str) or not _is_path(f"{path}all" if path.endswith(":") else path):
            raise ValueError(
                f"{who}(functions=[{short_repr(fn)}]): each must be a function that can be imported by name, or "
                '"module:name"'
            )
        _ALLOWED.add(path)


def allow_functions_of(plan: Plan) -> Plan:
    """The plan; the functions that it names may be called, for its text is the program's own."""
    _ALLOWED.update(str(inner.given) for inner in functions_in(plan))
    return plan


def functions_in(plan: Plan) -> Iterator[Function]:
    """Every function inside a plan."""
    if isinstance(plan, Function):
        yield plan
    _, args, kwargs = plan._call()
    for value in (*args, *kwargs.values()):
        if isinstance(value, Plan):
            yield from functions_in(value)


def is_callable_here(plan: Plan) -> bool:
    """Whether every function in a plan may be called; no function is called to find out."""
    return all(
        not isinstance(one.given, str) or hasattr(one, "_found") or _is_allowed(one.given) for one in functions_in(plan)
    )


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
    """`"module:name"` where that leads back to `fn`; else what was given."""
    if isinstance(fn, str):
        return FromText(fn)
    module, name = getattr(fn, "__module__", None), getattr(fn, "__qualname__", "")
    return FromText(f"{module}:{name}") if module in sys.modules and _held(module, name) is fn else fn


def _is_allowed(path: str) -> bool:
    return path in _ALLOWED or f"{path.partition(':')[0]}:" in _ALLOWED


def _permitted(path: str) -> Callable[[Any], float]:
    """The function that a name stands for.

    Raises:
        ValueError: the name may not be called; its module is not imported, or does not define such a function.
    """
    module, _, name = path.partition(":")
    if not _is_allowed(path):
        raise ValueError(
            f'function("{path}"): text must not call a function unless the program allows it; pass '
            f"functions=[{name}] to parse or Scheduler, or --import {module} to the command"
        )
    if module not in sys.modules:
        raise ValueError(f'function("{path}"): its module must be imported first; import {module}')
    found: Callable[[Any], float] | None = _held(module, name)
    if found is not None:
        return found
    raise ValueError(f'function("{path}"): {name} must be a function of {module}')


def _held(module: str, name: str) -> Any:
    """The function or class that a module itself defines under a dotted name, or None; only its classes are entered."""
    *classes, last = name.split(".")
    inside: Any = sys.modules[module]
    for one in classes:
        inside = getattr(inside, one, None)
        if not isinstance(inside, type) or inside.__module__ != module:
            return None
    found = getattr(inside, last, None)
    defined = isinstance(found, FunctionType | BuiltinFunctionType | type) and found.__module__ == module
    return found if defined else None
