"""What every kind of plot starts from: labelled curves, and the unit of the x axis."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from preheat._analysis.sampling import argmax, display_length, samples
from preheat._fields import Count, Positive, field_of, short_repr
from preheat._plan import Plan, plan_in

__all__ = ["Drawn", "Unit", "check_log", "curves_of", "extremes", "shortened", "unit_of"]

LOGS = ("", "x", "y", "xy")
LONGEST = 76  # characters of a label


class Drawn(NamedTuple):
    """A plan to draw: its label, and its values at some updates."""

    label: str
    plan: Plan
    updates: list[int]
    values: list[float]


class Unit(NamedTuple):
    """The unit of the x axis."""

    words: str  # the label of the axis
    each: float  # how much of it one update is


def curves_of(who: str, plans: Sequence[Plan | Mapping[str, Plan]], n: int | None) -> list[Drawn]:
    """The curves of plans and of mappings from label to plan, all over the same updates.

    Raises:
        TypeError: something is not a plan, or `n` is not a whole number.
        ValueError: there is no plan, or `n` is below 1.
    """
    pairs: list[tuple[str, Plan]] = []
    for given in plans:
        named = given.items() if isinstance(given, Mapping) else [("", given)]
        pairs += [(str(label), plan_in(who, plan)) for label, plan in named]
    if not pairs:
        raise ValueError(f"{who}(): there must be a plan to draw")
    longest = max(display_length(plan) for _, plan in pairs)
    n = longest if n is None else int(field_of(Count).check(who, "n", n))
    return [_curve(label, plan, n) for label, plan in pairs]


def _curve(label: str, plan: Plan, n: int) -> Drawn:
    updates = samples(plan, n)
    return Drawn(shortened(label or repr(plan), LONGEST), plan, updates, [plan(i) for i in updates])


def shortened(text: str, length: int) -> str:
    """The text, cut to at most `length` characters."""
    return text if len(text) <= length else text[: length - 3] + "..."


def check_log(who: str, log: object) -> str:
    """`log`, if it names axes: one of `LOGS`.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(log, str) and log in LOGS:
        return log
    raise ValueError(f"{who}(log={short_repr(log)}): log must be one of {', '.join(map(repr, LOGS))}")


def unit_of(
    who: str,
    steps_per_epoch: float | None = None,
    samples_per_step: float | None = None,
    tokens_per_step: float | None = None,
) -> Unit:
    """The unit of the x axis: updates, or the one that is given.

    Raises:
        TypeError: a value is not a number.
        ValueError: it is not above 0, or two units are given.
    """
    given = {
        "steps_per_epoch": steps_per_epoch,
        "samples_per_step": samples_per_step,
        "tokens_per_step": tokens_per_step,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    if len(asked) > 1:
        raise ValueError(
            f"{who}({', '.join(f'{name}={value}' for name, value in asked.items())}): one of them must be given"
        )
    for name, value in asked.items():
        each = field_of(Positive).check(who, name, value)
        if name == "steps_per_epoch":
            return Unit(f"epochs before the update ({each:g} updates each)", 1 / each)
        return Unit(f"{name.partition('_')[0]} before the update ({each:g} each)", each)
    return Unit("update of the optimizer (index, from 0)", 1)


def extremes(curve: Drawn) -> list[tuple[str, int]]:
    """The updates of the peak and of the floor, the lowest after the peak; none if the plan is level."""
    plan = curve.plan
    peak = argmax(plan, curve.updates)
    after = [i for i in curve.updates if i >= peak]
    floor = argmax(lambda i: -plan(i), after)
    lowest = min(curve.values)
    marks = [("peak", peak)] if plan(peak) > lowest else []
    return marks + ([("floor", floor)] if plan(floor) < plan(peak) else [])
