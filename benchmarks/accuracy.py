"""How far the values of shapes are from the numbers they stand for, over a run of 100 000 updates.

Curves stand here a second time, as their sources have them, computed to 100 bits. A shape without one is held to its
own formula in extended precision: that shows what rounding does, and not whether the formula is the right one.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import product
from math import inf
from typing import Any

import numpy as np
from mpmath import cos, mp, mpf, pi, sqrt

from benchmarks.table import Row
from preheat import parse
from preheat._plan import VOCABULARY

__all__ = ["rows"]

N = 100_000
BOUND = 4.0  # promised, in units of 2**-52

FIXED: dict[str, Iterable[float]] = {"steps": (N,), "end": (0.25,), "floor": (0.5,)}  # where a shape has such

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
    yield from beside_sources()
    yield from beside_themselves()


def beside_sources() -> Iterator[Row]:
    """The curves above."""
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


def beside_themselves() -> Iterator[Row]:
    """The other shapes; none where NumPy's longest float is a double."""
    if np.finfo(np.longdouble).eps > 2.0**-60:
        return
    for name, make in VOCABULARY.items():
        if hasattr(make, "shape") and not any(text.startswith(f"{name}(") for text in CURVES):
            plan = sample(make)
            with np.errstate(under="ignore"):
                exact = make.shape.formula(np.arange(1, N + 1, dtype=np.longdouble), *plan.args, **plan.kwargs)
            normal = exact > np.finfo(float).tiny
            worst = abs(np.array(plan.values(N))[normal] / exact[normal] - 1).max() * 2**52
            yield Row(f"error of {plan!r}", float(worst), "× 2**-52", "promised; its own formula", BOUND)


def sample(make: Any) -> Any:
    """A plan of a shape, N updates long, of good values that are as different as its rules allow."""
    fields = make.shape.parameters.fields
    choices: list[Iterable[float]] = [FIXED.get(name, field.good) for name, field in fields.items()]
    plans = []
    for values in product(*choices):
        with suppress(ValueError):  # a rule between parameters
            plans.append(make(**dict(zip(fields, values, strict=True))))
    return max(plans, key=lambda plan: len({*plan.args, *plan.kwargs.values()}))
