"""What the peers' functions take besides numbers: a choice, a yes or no, several plans; and a floor that is a rate."""

from typing import Annotated, Any

from preheat._fields import BrokenRuleError, Field
from preheat._plan import Plan, constant

__all__ = ["Flag", "OneOf", "Schedules", "share_of"]


class OneOf(Field):
    """A kind of parameter that is one of a few words: `Annotated[str, OneOf.of("cos", "linear")]`."""

    @classmethod
    def of(cls, *choices: str) -> "OneOf":
        """The field of these words."""
        return cls(f"one of {', '.join(choices)}", whole=False, good=choices, bad=("", None, 1))

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, one of the words.

        Raises:
            TypeError: it is not a text.
            ValueError: it is another word.
        """
        if not isinstance(got, str):
            raise TypeError(self._refusal(who, name, got))
        if got not in self.good:
            raise ValueError(self._refusal(who, name, got))
        return got


class Flags(Field):
    """A kind of parameter that is a yes or no."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, True or False.

        Raises:
            TypeError: it is neither.
        """
        if not isinstance(got, bool):
            raise TypeError(self._refusal(who, name, got))
        return got


class Plans(Field):
    """A kind of parameter that is several plans."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, a tuple or list of plans, as a tuple.

        Raises:
            TypeError: it is something else.
            ValueError: it is empty.
        """
        if not isinstance(got, list | tuple) or not all(isinstance(plan, Plan) for plan in got):
            raise TypeError(self._refusal(who, name, got))
        if not got:
            raise ValueError(self._refusal(who, name, got))
        return tuple(got)


Flag = Annotated[bool, Flags("True or False", whole=False, good=(True, False), bad=(None, 1, "yes"))]
Schedules = Annotated[
    tuple[Plan, ...],
    Plans("a tuple of plans, at least one", whole=False, good=((constant(1),),), bad=(None, 1, (), (1,), "linear")),
]


def share_of(base_lr: float | None, rate: float, name: str) -> float:
    """A learning rate as a share of the group's own, for a plan that multiplies it.

    Raises:
        BrokenRuleError: it is not 0, and the group's own is not known; for the function to say.
    """
    if rate == 0:
        return 0.0
    if base_lr is None:
        rule = f"base_lr must be given, the lr of the group; {name} is a learning rate, and the plan multiplies one"
        raise BrokenRuleError(rule)
    return rate / base_lr
