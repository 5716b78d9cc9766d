"""Make a shape of a formula: it is then a word of the language, checked, printed, parsed and evaluated over arrays."""

import torch

from preheat import parse, warmup
from preheat.shapes import Number, Steps, Time, Value, shape


@shape
def smootherstep(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """Level at both ends, twice over: the polynomial of degree five.

    >>> smootherstep(0, 1, steps=2).values()
    [0.5, 1.0]

    Source: Perlin 2002, "Improving noise".
    """
    gone, left = t / steps, (steps - t) / steps
    return start * left**3 * (10 - 15 * left + 6 * left**2) + end * gone**3 * (10 - 15 * gone + 6 * gone**2)


plan = warmup(2) >> smootherstep(1, 0, steps=4)
print(plan)
print([round(value, 4) for value in plan.values()])
print(f"the same from its text: {parse(repr(plan)) == plan}")
print(f"the same on a tensor:   {plan(torch.arange(6)).tolist() == plan.values()}")
try:
    smootherstep(1, None, steps=4)
except TypeError as error:
    print(error)
