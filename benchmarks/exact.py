"""Every shape a second time, as its source has it and free of our forms; and what is promised of each.

A shape that has no formula here is held to its own in extended precision: that shows what rounding does, and not
whether the formula is the right one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from mpmath import MPContext
from numpy.typing import NDArray

import preheat as ph
from preheat import Plan
from preheat._plan import VOCABULARY

__all__ = ["CASES", "EXACT", "FORMULAS", "ULP", "Case", "N", "errors", "exact", "named", "others"]

Numbers = NDArray[np.float64]

N = 100_000
ULP = 2.0**-52

EXACT = MPContext()
EXACT.dps = 80  # 50 are right wherever a formula of theirs cancels no more than 30
mpf, sqrt, exp, log, cos, pi = EXACT.mpf, EXACT.sqrt, EXACT.exp, EXACT.log, EXACT.cos, EXACT.pi


def _wave(u: Any) -> Any:
    """Half a cosine wave, from 1 to 0."""
    return (1 + cos(pi * u)) / 2


def _ramp(left: Callable[..., Any]) -> Callable[..., Any]:
    """From start to end, where `left(u, ...)` is what is left of the way at the share `u` of the steps."""
    return lambda t, start, end, steps, **bent: end + (start - end) * left(t / steps, **bent)


def _rectified(t: Any, beta2: Any) -> Any:
    """RAdam's factor as its authors write it, at the `t`-th update for which it is defined."""
    limit = 2 / (1 - beta2) - 1
    rho = lambda t: limit - 2 * t * beta2**t / (1 - beta2**t)  # noqa: E731  # as in the paper
    first = next(t for t in range(1, 100) if rho(mpf(t)) > 4)  # noqa: PLR2004  # as in the paper
    now = rho(max(t, 1) + first - 1)
    return sqrt((now - 4) * (now - 2) * limit / ((limit - 4) * (limit - 2) * now))


FORMULAS: dict[str, Callable[..., Any]] = {
    "linear": _ramp(lambda u: 1 - u),
    "cosine": _ramp(_wave),
    "polynomial": _ramp(lambda u, power: (1 - u) ** power),
    "exponential": lambda t, start, end, steps: start * (end / start) ** (t / steps),
    "one_minus_sqrt": _ramp(lambda u: 1 - sqrt(u)),
    "one_minus_square": _ramp(lambda u: 1 - u**2),
    "mirror_cosine": _ramp(lambda u: 2 * (1 - u) - _wave(u)),
    "rex": _ramp(lambda u: (1 - u) / (1 - u / 2)),
    "logarithmic": lambda t, start, end, steps: start + (end - start) * log(max(t, 1)) / log(steps),
    "sigmoid": lambda t, floor, end, steps: floor + (end - floor) * exp(-5 * (1 - t / steps) ** 2),
    "cosine_power": _ramp(lambda u, power: _wave(u) ** power),
    "cosine_k": _ramp(lambda u, k: _wave(u**k)),
    "cosine_wave": lambda t, crest, trough, first, last, steps: (
        trough + (crest - trough) * _wave(first + (last - first) * t / steps)
    ),
    "shifted_exponential": _ramp(lambda u, ratio: (ratio**u - ratio) / (1 - ratio)),
    "polynomial_k": _ramp(lambda u, power, k: (1 - u**k) ** power),
    "tanh": lambda t, start, floor, low, high, steps: (
        floor + (start - floor) * (1 - EXACT.tanh(low + (high - low) * t / steps)) / 2
    ),
    "chebyshev": lambda t, smallest, largest, steps: (
        2 / (largest + smallest - (largest - smallest) * cos((t - mpf(0.5)) * pi / steps))
    ),
    "inverse_sqrt": lambda t, timescale: 1 / sqrt(1 + t / timescale),
    "noam": lambda t, d_model, warmup_steps: (
        min(1 / sqrt(t), t / sqrt(warmup_steps) ** 3) / sqrt(d_model) if t else mpf(0)
    ),
    "rsqrt": lambda t, timescale, shift: 1 / sqrt(1 + (t + shift) / timescale),
    "inverse_time": lambda t, timescale: 1 / (1 + t / timescale),
    "power_law": lambda t, timescale, power: (1 + t / timescale) ** -power,
    "exponential_decay": lambda t, gamma, every: gamma ** (t / every),
    "stairs": lambda t, gamma, every: gamma ** EXACT.floor(t / every),
    "exponential_warmup": lambda t, timescale: 1 - exp(-t / timescale),
    "gi_adam": lambda t, beta2: sqrt(1 - beta2**t),
    "radam": _rectified,
}


class Case(NamedTuple):
    """A plan of one shape and the largest error promised: a share of its value or, where it is given, of `scale`."""

    plan: Any
    bound: float = 4.0  # in units of 2**-52
    scale: float | None = None


def named(plan: Plan) -> str:
    """The name of its shape."""
    return repr(plan).partition("(")[0]


def exact(plan: Any, times: Sequence[int]) -> tuple[Numbers, Numbers]:
    """The numbers that the plan stands for at these `t`: the nearest doubles, and what they leave."""
    if named(plan) not in FORMULAS:
        own = plan.shape.formula(np.array(times, np.longdouble), *plan.args, **plan.kwargs)
        return own.astype(float), (own - own.astype(float)).astype(float)
    bound = plan.shape.parameters.signature.bind(*plan.args, **plan.kwargs)
    bound.apply_defaults()
    numbers = {name: mpf(value) for name, value in bound.arguments.items()}
    truth = [FORMULAS[named(plan)](mpf(t), **numbers) for t in times]
    nearest = np.array([float(true) for true in truth])
    return nearest, np.array([float(true - near) for true, near in zip(truth, nearest.tolist(), strict=True)])


def errors(values: Numbers, truth: tuple[Numbers, Numbers], scale: float | None) -> Numbers:
    """How far values are from the truth, in units of 2**-52 of each or of `scale`; a 0 has to be met."""
    nearest, rest = truth
    far: Numbers = abs((values - nearest) - rest)
    unit = np.maximum(abs(nearest) if scale is None else scale, np.finfo(float).tiny)
    return far / unit / ULP


ENDS = [(1, 0), (0, 1), (1, 0.1), (0.001, 1), (3e-4, 3e-5), (1 / 3, 1e-7), (-1, -0.2)]
RATIOS = [(1, 1e-6), (1e-6, 1), (3e-4, 3e-5), (1, 2), (-0.5, -0.25)]
POWERS = [0.01, 0.1, 0.5, 1, 2, 3, 7]
PLAIN = [
    ph.linear, ph.cosine, ph.one_minus_sqrt, ph.one_minus_square, ph.mirror_cosine, ph.rex, ph.logarithmic, ph.sigmoid
]  # fmt: skip


def _of_one_sign() -> Iterator[Case]:
    yield from (Case(make(*ends, steps=N)) for make in PLAIN for ends in ENDS)
    yield from (Case(ph.exponential(*ends, steps=N)) for ends in RATIOS)
    ends_of_powers = ((1, 0), (1, 0.001), (0.001, 1), (0, 1))
    yield from (Case(ph.polynomial(*ends, power=power, steps=N)) for power in POWERS for ends in ends_of_powers)
    yield from (Case(ph.chebyshev(*ends, steps=N)) for ends in ((0.1, 1), (0.05, 1), (1e-3, 10)))


def _crossing_zero() -> Iterator[Case]:
    for ends in ((1, -1), (-0.5, 2), (1e-3, -1)):
        for make in (ph.linear, ph.cosine, ph.one_minus_sqrt):
            yield Case(make(*ends, steps=N), scale=max(map(abs, ends)))
    yield from (Case(ph.polynomial(1, -0.5, power=power, steps=N), scale=1) for power in POWERS)


def _laws() -> Iterator[Case]:
    yield from (Case(ph.noam(d, w)) for d, w in ((512, 4000), (768, 10_000), (1, 1), (128, 100)))
    yield from (Case(ph.inverse_sqrt(timescale)) for timescale in (1, 4000, 0.3, 1e7))
    yield from (Case(ph.rsqrt(*parts)) for parts in ((10_000, 0), (10_000, 5_000), (4_000, -2_000.5)))
    yield from (Case(ph.inverse_time(timescale)) for timescale in (1, 0.3, 1e4))
    falls = ((0.5, 1_000), (0.1, 30_000), (0.9999, 1), (0.97, 7))
    yield from (Case(ph.exponential_decay(gamma, every=every)) for gamma, every in falls)
    steps = ((0.5, 1_000.5), (0.1, 33_333.3), (0.9999, 2.4), (0.97, 70.1))
    yield from (Case(ph.stairs(gamma, every=every)) for gamma, every in steps)
    yield from (Case(ph.exponential_warmup(timescale)) for timescale in (1, 1_000, 666.7))
    yield from (Case(ph.gi_adam(beta2)) for beta2 in (0.9, 0.99, 0.999, 0.999999))


def _with_a_bound_of_their_own() -> Iterator[Case]:
    """As their docstrings say."""
    for pair in ((1, 0), (1, 0.001), (0, 1)):
        yield from (Case(ph.cosine_power(*pair, power=p, steps=N), 3 + 4 * p) for p in (0.5, 1, 2, 5))
        yield from (Case(ph.cosine_k(*pair, k=k, steps=N), 6 + k) for k in (0.1, 0.5, 1, 2, 5))
    for power, k in product((0.5, 3, 10), (0.1, 0.5, 1, 3, 7)):
        yield Case(ph.polynomial_k(1, 0.001, power=power, k=k, steps=N), 3 + power * (2 + k))
    yield from (Case(ph.polynomial_k(*pair, power=2, k=2, steps=N), 11) for pair in ((1, 0), (0, 1)))
    for first, last in ((0, 1), (0.25, 1.25), (0, 0.3), (0, 25), (-3.7, 7.1), (1e3, -1e3)):
        for crest, trough in ((1, 0), (0, 1), (1, 0.1), (-0.5, 2)):
            wave = ph.cosine_wave(crest, trough, first=first, last=last, steps=N)
            yield Case(wave, 4 * max(1, abs(first), abs(last)), scale=max(abs(crest), abs(trough)))
    for ratio, ends in product((1e-6, 0.03, 0.1, 0.5, 0.999), ENDS):
        yield Case(ph.shifted_exponential(*ends, ratio=ratio, steps=N), 4 - float(log(ratio)))
    yield from (Case(ph.power_law(1_000, power=power), 2 + power) for power in (0.51, 1, 2, 5, 20))
    yield from (Case(ph.radam(beta2), bound=4 / (1 - beta2)) for beta2 in (0.7, 0.9, 0.98, 0.999, 0.9999))
    for low, high in ((-7, 3), (-6, 3), (-2, 2), (-20, 20)):
        bound = 2 * (1 + abs(low) + abs(high))
        yield from (Case(ph.tanh(*e, low=low, high=high, steps=N), bound) for e in ((1, 0), (0, 1), (1, 0.1)))


def others() -> Iterator[Case]:
    """Plans of the shapes without a formula here, N updates long, of the good values of their annotations."""
    for name, make in VOCABULARY.items():
        if hasattr(make, "shape") and name not in FORMULAS:
            fields = make.shape.parameters.fields
            for values in product(*((N,) if field == "steps" else fields[field].good for field in fields)):
                with suppress(ValueError):  # a rule between parameters
                    yield Case(make(**dict(zip(fields, values, strict=True))))


CASES = [*_of_one_sign(), *_crossing_zero(), *_laws(), *_with_a_bound_of_their_own(), *others()]
