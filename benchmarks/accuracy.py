"""How far the values of shapes are from the numbers they stand for, over a run of 100 000 updates.

Each curve stands here a second time, as its source has it, computed to 100 bits.
"""

from collections.abc import Callable, Iterator
from math import inf

from mpmath import cos, mp, mpf, pi, sqrt

from benchmarks.table import Row
from preheat import parse
from preheat._plan import VOCABULARY

__all__ = ["rows", "unmeasured"]

N = 100_000
BOUND = 4.0  # promised, in units of 2**-52

floor, thousandth = mpf(0.1), mpf(0.001)  # the doubles that the plans hold

CURVES: dict[str, Callable[[mpf], mpf]] = {
    f"linear(0, 1, steps={N})": lambda t: t / N,
    f"linear(1, 0.1, steps={N})": lambda t: 1 + (floor - 1) * t / N,
    f"cosine(1, 0, steps={N})": lambda t: (1 + cos(pi * t / N)) / 2,
    f"cosine(1, 0.1, steps={N})": lambda t: floor + (1 - floor) * (1 + cos(pi * t / N)) / 2,
    f"polynomial(1, 0, power=0.5, steps={N})": lambda t: sqrt(1 - t / N),
    f"polynomial(1, 0.1, power=3, steps={N})": lambda t: floor + (1 - floor) * (1 - t / N) ** 3,
    f"polynomial(0.1, 1, power=7, steps={N})": lambda t: 1 + (floor - 1) * (1 - t / N) ** 7,
    f"exponential(1, 0.001, steps={N})": lambda t: thousandth ** (t / N),
    f"one_minus_sqrt(1, 0, steps={N})": lambda t: 1 - sqrt(t / N),
    f"one_minus_sqrt(1, 0.1, steps={N})": lambda t: floor + (1 - floor) * (1 - sqrt(t / N)),
    "inverse_sqrt(4000)": lambda t: 1 / sqrt(1 + t / 4000),
    "noam(512, 4000)": lambda t: min(1 / sqrt(t), t / sqrt(mpf(4000)) ** 3) / sqrt(mpf(512)),
}


def rows() -> Iterator[Row]:
    """The largest relative error of each curve, in units of 2**-52, beside what is promised."""
    mp.prec = 100
    for text, curve in CURVES.items():
        values = enumerate(parse(text).values(N), start=1)
        worst = max(error(value, curve(mpf(t))) for t, value in values)
        yield Row(f"error of {text}", worst, "× 2**-52", "promised", BOUND)


def error(value: float, exact: mpf) -> float:
    """The relative error in units of 2**-52; a 0 has to be met."""
    if exact == 0:
        return 0.0 if value == 0 else inf
    return float(abs(value / exact - 1) * 2**52)


def unmeasured() -> list[str]:
    """Shapes that have no curve here."""
    shapes = [name for name, make in VOCABULARY.items() if hasattr(make, "shape")]
    return [name for name in shapes if not any(text.startswith(f"{name}(") for text in CURVES)]
