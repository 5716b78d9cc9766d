"""A row: the values of one knob in all groups."""

from collections.abc import Sequence

__all__ = ["GroupValues", "value_in", "values_of"]

# The value, where it is the same in all groups; else a number for each group, None where one is left alone, and the
# factor that makes it the value. A row is made at every update, and these are made fastest.
GroupValues = float | tuple[Sequence[float | None], float]


def value_in(row: GroupValues, index: int) -> float | None:
    """The value in a group."""
    if not isinstance(row, tuple):
        return row
    numbers, factor = row
    number = numbers[index]
    return None if number is None else number * factor


def values_of(row: GroupValues, count: int) -> list[float | None]:
    """The value in each of so many groups, or of those that there were when the row was made."""
    known = min(count, len(row[0])) if isinstance(row, tuple) else count
    return [value_in(row, index) for index in range(known)]
