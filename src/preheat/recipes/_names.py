"""A shape's name as a parameter of a recipe."""

from typing import Annotated, Any

from preheat._fields import BrokenRuleError, Field
from preheat._plan import VOCABULARY, Plan

__all__ = ["Ramp", "ramp"]


class Ramps(Field):
    """A kind of parameter that names a shape from a start to an end."""

    def check(self, who: str, name: str, got: object) -> Any:
        """The name of the shape.

        Raises:
            TypeError: it is not a text.
            ValueError: there is no such shape.
        """
        if not isinstance(got, str):
            raise TypeError(self._refusal(who, name, got))
        if got not in VOCABULARY or not _leads(VOCABULARY[got]):
            known = ", ".join(sorted(word for word, make in VOCABULARY.items() if _leads(make)))
            raise ValueError(f"{self._refusal(who, name, got)}; one of {known}")
        return got


def _leads(make: Any) -> bool:
    """Whether a start, an end and steps are all that a shape has to be told."""
    parameters = make.shape.parameters.signature.parameters.values() if hasattr(make, "shape") else ()
    return {p.name for p in parameters if p.default is p.empty} == {"start", "end", "steps"}


Ramp = Annotated[
    str, Ramps("the name of a shape from a start to an end", whole=False, good=("linear", "cosine"),
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
