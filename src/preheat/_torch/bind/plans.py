"""Plans from what a user passes: a plan, its text, a function, the name of a shape, or a dict of them by group."""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from preheat._language.parser import parse
from preheat._nodes import allow_functions_of, function
from preheat._plan import VOCABULARY, Plan
from preheat._saved.plan_history import Key

__all__ = ["PerGroup", "Planned", "as_plan", "plans_of", "shape_of"]

Planned = Plan | str | Callable[[Any], float]
PerGroup = Planned | Mapping[Any, Planned | None]


def as_plan(name: str, given: object) -> Plan:
    """A plan, from itself, its text, or a function of the update's index.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(given, Plan):
        return given
    if isinstance(given, str):
        return allow_functions_of(parse(given))  # text in the program is the program's own
    if callable(given):
        return function(given)
    way = f"; constant({given!r}) holds a number" if type(given) in (int, float) else ""
    raise TypeError(
        f"Scheduler({name}={given!r:.60}): {name} must be a plan, its text, or a function of the update's index{way}"
    )


def plans_of(name: str, given: object) -> dict[Key, Plan | None]:
    """The plan of each key of a mapping from groups to plans; of `"*"` where there is one plan for all."""
    if isinstance(given, Mapping):
        return {key: None if plan is None else as_plan(f"{name}[{key!r}]", plan) for key, plan in given.items()}
    return {"*": as_plan(name, given)}


def shape_of(name: object) -> Callable[..., Plan]:
    """The shape of that name, for `cooldown`.

    Raises:
        ValueError: no shape has this name, or it needs more than a start, an end and a length.
    """
    shape = VOCABULARY.get(name) if isinstance(name, str) else None
    needs = [] if shape is None else [p.name for p in signature(shape).parameters.values() if p.default is p.empty]
    if shape is None or set(needs) != {"start", "end", "steps"}:
        raise ValueError(
            f"cooldown(shape={name!r}): shape must be the name of one that takes start, end and steps alone"
        )
    return shape
