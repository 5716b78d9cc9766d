"""How much work an export is."""

import sys

from preheat import export, linear
from preheat._plan import joined


def calls_of(pieces):
    """The calls that an export of so many different pieces makes."""
    plan = joined(">>", *(linear(k * 0.37, k * 0.11, steps=5 + k % 7) for k in range(pieces)))
    count = 0

    def counted(*_):
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        export(plan, to="python")
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_with_the_number_of_pieces_and_no_faster():
    few, many = calls_of(200), calls_of(800)
    assert (many - few) / 600 < 1_000  # calls for each piece
    assert many < 4.5 * few
