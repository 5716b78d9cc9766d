"""Plans with lengths in other units, which have no values until `resolve` turns these into updates."""

from collections.abc import Callable, Iterable, Iterator
from inspect import signature
from typing import Any, ParamSpec, final

from preheat._fields import UNITS, Length, checked
from preheat._plan.base import Call, Plan, register
from preheat._plan.formula import Formula

__all__ = ["Unresolved", "deferred", "lengths_in", "missing", "plan_function", "unresolved_error"]

P = ParamSpec("P")


@final
class Unresolved(Plan):
    """A call with lengths among its arguments that are not in updates yet."""

    __slots__ = ("args", "kwargs", "make")
    make: Callable[..., Plan]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    unresolved = True

    def __init__(self, make: Callable[..., Plan], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        plans = [value for value in (*args, *kwargs.values()) if isinstance(value, Plan)]
        self._freeze(plans, make=make, args=args, kwargs=kwargs)

    @property
    def steps(self) -> int | None:  # type: ignore[override]  # not to be written
        """Not known yet.

        Raises:
            ValueError: always; the message says which arguments `resolve` needs.
        """
        raise unresolved_error(self)

    def _make_formula(self, shift: float) -> Formula:  # noqa: ARG002  # there is no formula yet
        raise unresolved_error(self)

    def _call(self) -> Call:
        return self.make, self.args, self.kwargs


def deferred(make: Callable[..., Plan], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Plan | None:
    """The call as a plan without its default arguments; None if every length is in updates."""
    if not any(map(_is_unresolved, (*args, *kwargs.values()))):
        return None
    bound = signature(make).bind(*args, **kwargs)
    for name, parameter in bound.signature.parameters.items():
        if bound.arguments.get(name, parameter.empty) == parameter.default:
            del bound.arguments[name]
    return Unresolved(make, bound.args, bound.kwargs)


def _is_unresolved(value: object) -> bool:
    if isinstance(value, tuple):
        return any(isinstance(entry, Length) for entry in value)
    return isinstance(value, Length) or (isinstance(value, Plan) and value.unresolved)


def lengths_in(value: object) -> Iterator[Length]:
    """Every length in another unit, of a plan or an argument, from left to right."""
    if isinstance(value, Length):
        yield value
    elif isinstance(value, tuple):
        yield from (entry for entry in value if isinstance(entry, Length))
    elif isinstance(value, Plan) and value.unresolved:
        _, args, kwargs = value._call()
        for inner in (*args, *kwargs.values()):
            yield from lengths_in(inner)


def missing(lengths: Iterable[Length]) -> list[str]:
    """The arguments of `resolve` that the lengths need, in its order."""
    needed = {length.argument for length in lengths}
    return [name for name in dict.fromkeys(reversed(UNITS.values())) if name in needed]


def unresolved_error(plan: Plan) -> ValueError:
    """The error for asking a plan for a value or its length too early."""
    needs = missing(lengths_in(plan))
    way = ", ".join(f"{name}=..." for name in needs)
    late = " or, for a Scheduler, total_steps=... or extend(total_steps)" if needs == ["total_steps"] else ""
    return ValueError(f"{plan!r:.200}: its lengths must be in updates before it has values; resolve(plan, {way}){late}")


def plan_function(make: Callable[P, Plan]) -> Callable[P, Plan]:
    """Have a function's annotations check its arguments, and make it part of the language; for recipes."""
    return register(checked(make, deferred))
