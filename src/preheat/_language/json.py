"""Plans to JSON and back: `{"name": {parameters}}` for a call, `{">>": [operands]}` for an operator."""

import json
from inspect import signature
from typing import Any, NoReturn

from preheat._fields import short_repr
from preheat._language.parser import LONGEST, Budget, nearest, required_text
from preheat._nodes import FromText
from preheat._plan import OPERATORS, VOCABULARY, Plan, joined, plan_in

__all__ = ["from_json", "to_json"]


def to_json(plan: Plan) -> str:
    """A plan as JSON text.

    >>> from preheat import constant, linear
    >>> to_json(2 * (linear(0, 1, steps=4) >> constant(1)))
    '{"*": [2.0, {">>": [{"linear": {"start": 0.0, "end": 1.0, "steps": 4}}, {"constant": {"value": 1.0}}]}]}'

    Raises:
        ValueError: the plan holds a function that cannot be imported by name, so it has no text.
        TypeError: `plan` is not a plan.
    """
    required_text("to_json", plan_in("to_json", plan))
    return json.dumps(_tree(plan), allow_nan=False)


def _tree(value: Any) -> Any:
    if not isinstance(value, Plan):
        return [_tree(x) for x in value] if isinstance(value, tuple) else value
    make, args, kwargs = value._call()
    if make is joined:
        return {args[0]: [_tree(x) for x in args[1:]]}
    given = signature(make).bind(*args, **kwargs).arguments
    return {make.__name__: {name: _tree(x) for name, x in given.items()}}


def from_json(text: str) -> Plan:
    """The plan in a JSON text made by `to_json`; the limits are those of `parse`.

    >>> from_json('{"linear": {"start": 0, "end": 1, "steps": 4}}')
    linear(0, 1, steps=4)

    Raises:
        ValueError: the text is not JSON, or not of a plan.
        TypeError: `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"from_json(text={short_repr(text)}): text must be a string")
    if len(text) > LONGEST:
        raise ValueError(
            f"from_json(text={short_repr(text)}): text must be at most {LONGEST} characters long, got {len(text)}"
        )
    try:
        return _plan(json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant), Budget(text))
    except RecursionError:
        raise ValueError("from_json(text): brackets must nest less deeply") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"from_json(text): {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        _refuse(f"the names of an object must differ, got {short_repr([name for name, _ in pairs])}")
    return made


def _no_constant(text: str) -> Any:
    _refuse(f"a number must be finite, got {text}")


def _plan(tree: Any, budget: Budget) -> Plan:
    plan = _value(tree, budget)
    if not isinstance(plan, Plan):
        _refuse(f"it must be a plan, an object of one name and its parameters, got {short_repr(plan)}")
    return plan


def _value(tree: Any, budget: Budget) -> Any:
    if isinstance(tree, list):
        return tuple(_value(x, budget) for x in tree)
    if not isinstance(tree, dict):
        return FromText(tree) if isinstance(tree, str) else tree
    if len(tree) != 1:
        _refuse(f"a plan must be an object of one name, got {short_repr(list(tree))}")
    ((name, inside),) = tree.items()
    if name in OPERATORS:
        if not (isinstance(inside, list) and len(inside) > 1):
            _refuse(f"'{name}' must have a list of two operands or more, got {short_repr(inside)}")
        return joined(name, *(_value(x, budget) for x in inside))
    if name not in VOCABULARY:
        _refuse(f"{short_repr(name)} must be the name of a shape{nearest(name)}")
    if not isinstance(inside, dict):
        _refuse(f"'{name}' must have an object of its parameters, got {short_repr(inside)}")
    given = {key: _value(x, budget) for key, x in inside.items()}
    plan = VOCABULARY[name](**given)
    budget.spend(plan, given.values())
    return plan


def _refuse(what: str) -> NoReturn:
    raise ValueError(what)
