"""A row: the values of one knob in all groups, as what the groups have of their own and the factor that they share."""

from collections.abc import Sequence

__all__ = ["Row", "plain_row", "value_in", "values_of"]

# A number for each group, None where one is left alone; the factor that makes it the value; and that value itself
# where it is the same in all groups. A row is made at every update, and a plain tuple is made fastest.
Row = tuple[Sequence[float | None], float, float | None]


def plain_row(values: Sequence[float | None]) -> Row:
    """A row of these values."""
    return values, 1.0, None


def value_in(row: Row, index: int) -> float | None:
    """The value in a group."""
    number = row[0][index]
    return None if number is None else number * row[1]


def values_of(row: Row) -> list[float | None]:
    """The value in each group."""
    return [value_in(row, index) for index in range(len(row[0]))]
