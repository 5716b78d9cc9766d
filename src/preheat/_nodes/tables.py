"""A value for each update, written out."""

from typing import Any, final

from preheat._fields import Numbers
from preheat._math import floor, lookup, minimum
from preheat._plan import Call, Formula, Plan, plan_function


@final
class Table(Plan):
    """A value for each update, written out."""

    __slots__ = ("entries",)
    entries: tuple[float, ...]
    steps: int

    def __init__(self, entries: tuple[float, ...]) -> None:
        self._freeze(entries=entries, size=len(entries), steps=len(entries))

    def _make_formula(self, shift: float) -> Formula:  # noqa: ARG002  # a table is read by index, however it is based
        return Formula(_entry, self.entries, {})

    def _call(self) -> Call:
        return table, (self.entries,), {}


def _entry(i: Any, entries: tuple[float, ...], kept: dict[Any, Any]) -> Any:
    return lookup(entries, minimum(floor(i), len(entries) - 1), kept)


@plan_function
def table(values: Numbers) -> Plan:
    """A value for each update, written out; past the end the last, between two updates the former.

    Like `function` it reads the index of the update, so `zero_based` leaves it as it is.

    >>> table((1, 0.5, 0.1)).values()
    [1.0, 0.5, 0.1]
    """
    return Table(values)
