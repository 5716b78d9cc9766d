"""What `inspect` knows of one saved scheduler: where it stands, and the plan of each knob."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from preheat import Plan

__all__ = ["ALL", "NOT_HELD", "KnobPlan", "RunStatus", "Surroundings", "one_for_each_base"]

ALL = "all groups"
NOT_HELD = "its schedule is a function of the code's, which a checkpoint does not hold; --plan says what it was"


class KnobPlan(NamedTuple):
    """The plan that one knob of some groups follows."""

    knob: str
    groups: str
    base: float | None  # multiplies the plan; None: not known
    plan: Plan | None  # None: not known, or not to be asked for values
    offset: float = 0  # the position at which the groups' clock began
    text: str = ""  # of a plan that is shown and not asked for values

    def describe(self) -> str:
        """The base and its plan, as far as they are known."""
        if self.plan is not None:
            return repr(self.plan if self.base in (1, None) else self.base * self.plan)
        if self.text:
            return self.text if self.base in (1, None) else f"{self.base:g} * ({self.text})"
        return "" if self.base is None else f"{self.base:g}"

    def value(self, position: float) -> float:
        """The value used there; that of the plan alone where the base is not known."""
        assert self.plan is not None  # noqa: S101  # those without one are not asked
        return (1 if self.base is None else self.base) * self.plan(max(position - self.offset, 0))


class RunStatus(NamedTuple):
    """A saved scheduler: whose it is, where it stands, and what it follows."""

    whose: str
    position: float | None  # None: the state does not hold it
    unit: str
    plans: tuple[KnobPlan, ...]
    notes: tuple[str, ...] = ()


class Surroundings(NamedTuple):
    """The part of the file around a state that says more about it."""

    groups: list[list[Mapping[str, Any]]]  # of each optimizer in the file
    siblings: Mapping[Any, Any]


def one_for_each_base(bases: Sequence[float], plan: Callable[[float], Plan | None]) -> Iterator[KnobPlan]:
    """A plan of the lr for each base, with the groups that have it; one for all where no base is known."""
    if not bases:
        yield KnobPlan("lr", ALL, None, None)
    groups: dict[float, list[str]] = {}
    for index, base in enumerate(bases):
        groups.setdefault(base, []).append(str(index))
    for base, which in groups.items():
        yield KnobPlan("lr", ALL if len(which) == len(bases) else f"group {', '.join(which)}", float(base), plan(base))
