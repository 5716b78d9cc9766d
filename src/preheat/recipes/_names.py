"""A shape's name as a parameter of a recipe."""

from typing import Annotated, Any

from preheat._fields import BrokenRuleError, Field
from preheat._plan import VOCABULARY, Plan

__all__ = ["Ramp", "ramp"]


def _ramp_name(got: Any) -> str:
    """The name of a shape from a start to an end.

    Raises:
        TypeError: it is not a text.
        ValueError: there is no such shape; the message lists those there are.
    """
    if not isinstance(got, str):
        raise TypeError
    if got not in VOCABULARY or not _leads(VOCABULARY[got]):
        raise ValueError(f"one of {', '.join(sorted(word for word, make in VOCABULARY.items() if _leads(make)))}")
    return got


def _leads(make: Any) -> bool:
    """Whether a start, an end and steps are all the arguments that a shape needs."""
    parameters = make.shape.parameters.signature.parameters.values() if hasattr(make, "shape") else ()
    return {p.name for p in parameters if p.default is p.empty} == {"start", "end", "steps"}


Ramp = Annotated[
    str, Field("the name of a shape from a start to an end", _ramp_name, good=("linear", "cosine"),
               bad=(1, None, True, ["linear"], "lineal", "noam", "warmup", "polynomial")),
]  # fmt: skip


def ramp(name: str, start: float, end: float, *, steps: int) -> Plan:
    """The shape of that name.

    Raises:
        BrokenRuleError: its ends break a rule of its own; for the recipe to say.
    """
    try:
        return VOCABULARY[name](start, end, steps=steps)
    except ValueError as error:
        rule = f"its {name} piece must be a plan; {error}"
        raise BrokenRuleError(rule) from None
