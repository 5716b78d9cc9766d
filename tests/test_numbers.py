"""The numerical promise: at most 4 x 2**-52 away from the exact curve, at every update of a run of 100 000."""

from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from preheat import (
    chebyshev,
    cosine,
    cosine_k,
    cosine_power,
    cosine_wave,
    exponential,
    exponential_decay,
    exponential_warmup,
    gi_adam,
    inverse_sqrt,
    inverse_time,
    linear,
    logarithmic,
    mirror_cosine,
    noam,
    one_minus_sqrt,
    one_minus_square,
    polynomial,
    polynomial_k,
    power_law,
    radam,
    rex,
    rsqrt,
    shifted_exponential,
    sigmoid,
    stairs,
    tanh,
    warmup,
    zero_based,
)

STEPS = 100_000
ULP = 2.0**-52
BOUND = 4

EXACT = mpmath.MPContext()
EXACT.dps = 50

# Each curve as its source has it, free of our forms; `u` is the share of the way that is gone.
FORMULAS: dict[Any, Any] = {
    linear: lambda u, start, end: start + (end - start) * u,
    cosine: lambda u, start, end: end + (start - end) * (1 + EXACT.cos(EXACT.pi * u)) / 2,
    polynomial: lambda u, start, end, power: end + (start - end) * (1 - u) ** power,
    exponential: lambda u, start, end: start * (end / start) ** u,
    one_minus_sqrt: lambda u, start, end: end + (start - end) * (1 - EXACT.sqrt(u)),
    one_minus_square: lambda u, start, end: end + (start - end) * (1 - u**2),
    mirror_cosine: lambda u, start, end: end + (start - end) * (2 * (1 - u) - (1 + EXACT.cos(EXACT.pi * u)) / 2),
    rex: lambda u, start, end: end + (start - end) * (1 - u) / (1 - u / 2),
    logarithmic: lambda u, start, end: start + (end - start) * EXACT.log(max(u * STEPS, 1)) / EXACT.log(STEPS),
    sigmoid: lambda u, floor, end: floor + (end - floor) * EXACT.exp(-5 * (1 - u) ** 2),
    cosine_power: lambda u, start, end, power: end + (start - end) * ((1 + EXACT.cos(EXACT.pi * u)) / 2) ** power,
    cosine_k: lambda u, start, end, k: end + (start - end) * (1 + EXACT.cos(EXACT.pi * u**k)) / 2,
    cosine_wave: lambda u, crest, trough, first, last: (
        trough + (crest - trough) * (1 + EXACT.cos(EXACT.pi * (first * (1 - u) + last * u))) / 2
    ),
    shifted_exponential: lambda u, start, end, ratio: end + (start - end) * (ratio**u - ratio) / (1 - ratio),
    polynomial_k: lambda u, start, end, power, k: end + (start - end) * (1 - u**k) ** power,
    tanh: lambda u, start, floor, low, high: floor + (start - floor) * (1 - EXACT.tanh(low * (1 - u) + high * u)) / 2,
    chebyshev: lambda u, m, big: 2 / (big + m - (big - m) * EXACT.cos((u * STEPS - EXACT.mpf(0.5)) * EXACT.pi / STEPS)),
}
# Laws, of `t` itself.
LAWS: dict[Any, Any] = {
    rsqrt: lambda t, timescale, shift: 1 / EXACT.sqrt(1 + (t + shift) / timescale),
    inverse_time: lambda t, timescale: 1 / (1 + t / timescale),
    power_law: lambda t, timescale, power: (1 + t / timescale) ** -power,
    exponential_decay: lambda t, gamma, every: gamma ** (t / every),
    stairs: lambda t, gamma, every: gamma ** EXACT.floor(t / every),
    exponential_warmup: lambda t, timescale: 1 - EXACT.exp(-t / timescale),
    gi_adam: lambda t, beta2: EXACT.sqrt(1 - beta2**t),
    radam: lambda *numbers: rectified(*numbers),  # noqa: PLW0108  # defined below
}


def rectified(t, beta2):
    """RAdam's factor as its authors write it, at the `t`-th update for which it is defined."""
    limit = 2 / (1 - beta2) - 1
    rho = lambda t: limit - 2 * t * beta2**t / (1 - beta2**t)  # noqa: E731  # as in the paper
    first = next(t for t in range(1, 100) if rho(EXACT.mpf(t)) > 4)
    now = rho(max(t, 1) + first - 1)
    return EXACT.sqrt((now - 4) * (now - 2) * limit / ((limit - 4) * (limit - 2) * now))


ENDS = [(1, 0), (0, 1), (1, 0.1), (0.001, 1), (3e-4, 3e-5), (1 / 3, 1e-7), (-1, -0.2)]
RATIOS = [(1, 1e-6), (1e-6, 1), (3e-4, 3e-5), (1, 2), (-0.5, -0.25)]
POWERS = [0.01, 0.1, 0.5, 1, 2, 3, 7]
ONE_SIGN: list[Any] = [
    *((make, ends, {}) for make in (linear, cosine, one_minus_sqrt) for ends in ENDS),
    *((exponential, ends, {}) for ends in RATIOS),
    *((polynomial, ends, {"power": power}) for power in POWERS for ends in ((1, 0), (1, 0.001), (0.001, 1), (0, 1))),
    *((make, ends, {}) for make in (one_minus_square, mirror_cosine, rex, logarithmic) for ends in ENDS),
    *((cosine_power, ends, {"power": power}) for power in (0.5, 1, 2) for ends in ((1, 0), (1, 0.001), (0, 1))),
    *((cosine_k, ends, {"k": k}) for k in (0.5, 1, 2) for ends in ((1, 0), (1, 0.001), (0, 1))),
    *((shifted_exponential, ends, {"ratio": ratio}) for ratio in (0.5, 0.1, 0.999) for ends in ENDS),
    *((polynomial_k, (1, 0.001), {"power": power, "k": k}) for power in (0.5, 3) for k in (0.5, 1, 3)),
    *((polynomial_k, ends, {"power": 2, "k": 2}) for ends in ((1, 0), (0, 1))),
]
# Those that do not meet both ends.
OPEN: list[Any] = [
    *((sigmoid, ends, {}) for ends in ENDS),
    *((chebyshev, ends, {}) for ends in ((0.1, 1), (0.05, 1), (1e-3, 10))),
]
CROSSING: list[Any] = [
    *((make, ends, {}) for make in (linear, cosine, one_minus_sqrt) for ends in ((1, -1), (-0.5, 2), (1e-3, -1))),
    *((polynomial, (1, -0.5), {"power": power}) for power in POWERS),
]


def around(seam):
    return range(max(seam - 30, 0), min(seam + 30, STEPS) + 1)


TIMES = sorted({*around(0), *around(STEPS // 2), *around(STEPS), *(int(STEPS**k) for k in np.linspace(0, 1, 200))})


def exact(make, ends, options):
    """The curve at TIMES, in 50 digits."""
    numbers = [EXACT.mpf(x) for x in (*ends, *options.values())]
    return [FORMULAS[make](EXACT.mpf(t) / STEPS, *numbers) for t in TIMES]


def read(plan):
    """The plan at TIMES, by numbers and by arrays: `t = i` in a zero-based reading."""
    indices = np.array(TIMES)
    yield [zero_based(plan)(i) for i in TIMES]
    yield zero_based(plan)(indices).tolist()
    yield zero_based(plan)(torch.from_numpy(indices)).tolist()


def worst(values, truth, *, share_of=None):
    """The largest error in units of 2**-52, of the value itself or of another number, and where it is."""
    errors = [
        abs(EXACT.mpf(value) - true) / abs(share_of or true) / ULP if value != true else 0
        for value, true in zip(values, truth, strict=True)
    ]
    at = max(range(len(errors)), key=errors.__getitem__)
    return float(errors[at]), f"at t={TIMES[at]}: {values[at]!r}, exactly {EXACT.nstr(truth[at], 20)}"


@pytest.mark.parametrize(("make", "ends", "options"), ONE_SIGN + OPEN)
def test_a_curve_of_one_sign_is_exact_to_4_units_in_the_last_place(make, ends, options):
    truth = exact(make, ends, options)
    for values in read(make(*ends, **options, steps=STEPS)):
        error, where = worst(values, truth)
        assert error <= BOUND, where


@pytest.mark.parametrize(("make", "ends", "options"), CROSSING)
def test_a_curve_that_crosses_zero_is_exact_to_4_units_of_its_larger_end(make, ends, options):
    truth = exact(make, ends, options)
    for values in read(make(*ends, **options, steps=STEPS)):
        error, where = worst(values, truth, share_of=max(map(abs, ends)))
        assert error <= BOUND, where


@pytest.mark.parametrize(("d_model", "warmup_steps"), [(512, 4000), (768, 10_000), (1, 1), (128, 100)])
def test_noam_is_exact_to_4_units_in_the_last_place(d_model, warmup_steps):
    plan = noam(d_model, warmup_steps)
    d, w = EXACT.mpf(d_model), EXACT.mpf(warmup_steps)
    truth = [min(t ** EXACT.mpf(-0.5), t * w ** EXACT.mpf(-1.5)) / EXACT.sqrt(d) if t else EXACT.mpf(0) for t in TIMES]
    for values in read(plan):
        error, where = worst(values, truth)
        assert error <= BOUND, where


@pytest.mark.parametrize("timescale", [1, 4000, 0.3, 1e7])
def test_inverse_sqrt_is_exact_to_4_units_in_the_last_place(timescale):
    truth = [EXACT.sqrt(EXACT.mpf(timescale) / (EXACT.mpf(timescale) + t)) for t in TIMES]
    for values in read(inverse_sqrt(timescale)):
        error, where = worst(values, truth)
        assert error <= BOUND, where


def error_of(law, *arguments, **options):
    """The largest error of a law in units of 2**-52 of its value, and where it is."""
    numbers = [EXACT.mpf(x) for x in (*arguments, *options.values())]
    truth = [LAWS[law](EXACT.mpf(t), *numbers) for t in TIMES]
    return max(worst(values, truth) for values in read(law(*arguments, **options)))


@pytest.mark.parametrize(
    ("law", "arguments", "options"),
    [
        *((rsqrt, arguments, {}) for arguments in ((10_000, 0), (10_000, 5_000), (4_000, -2_000.5))),
        *((inverse_time, (timescale,), {}) for timescale in (1, 0.3, 1e4)),
        *((power_law, (1_000,), {"power": power}) for power in (0.51, 1, 2, 5)),
        *((exponential_decay, (g,), {"every": n}) for g, n in ((0.5, 1_000), (0.1, 30_000), (0.9999, 1), (0.97, 7))),
        *((stairs, (g,), {"every": n}) for g, n in ((0.5, 1_000.5), (0.1, 33_333.3), (0.9999, 2.4), (0.97, 70.1))),
        *((exponential_warmup, (timescale,), {}) for timescale in (1, 1_000, 666.7)),
        *((gi_adam, (beta2,), {}) for beta2 in (0.9, 0.99, 0.999, 0.999999)),
    ],
)
def test_a_law_is_exact_to_4_units_in_the_last_place(law, arguments, options):
    error, where = error_of(law, *arguments, **options)
    assert error <= BOUND, where


@pytest.mark.parametrize("beta2", [0.7, 0.9, 0.98, 0.999, 0.9999])
def test_radam_is_as_exact_as_its_docstring_says(beta2):
    error, where = error_of(radam, beta2)
    assert error <= 4 / (1 - beta2), where


@pytest.mark.parametrize("ends", [(1, 0), (0, 1), (1, 0.1)])
@pytest.mark.parametrize(("low", "high"), [(-7, 3), (-6, 3), (-2, 2), (-20, 20)])
def test_tanh_is_as_exact_as_its_docstring_says(ends, low, high):
    options = {"low": low, "high": high}
    truth = exact(tanh, ends, options)
    for values in read(tanh(*ends, **options, steps=STEPS)):
        error, where = worst(values, truth)
        assert error <= 2 * (1 + abs(low) + abs(high)), where


@pytest.mark.parametrize("values", [(1, 0), (0, 1), (1, 0.1), (-0.5, 2)])
@pytest.mark.parametrize(("first", "last"), [(0, 1), (0.25, 1.25), (0, 0.3), (0, 25), (-3.7, 7.1), (1e3, -1e3)])
def test_cosine_wave_is_as_exact_as_its_docstring_says(values, first, last):
    options = {"first": first, "last": last}
    truth = exact(cosine_wave, values, options)
    for read_values in read(cosine_wave(*values, **options, steps=STEPS)):
        error, where = worst(read_values, truth, share_of=max(map(abs, values)))
        assert error <= 4 * max(1, abs(first), abs(last)), where


@pytest.mark.parametrize(
    ("i", "rate"),
    [
        (0, 1.746928107e-07),
        (1, 3.493856215e-07),
        (3_999, 6.987712430e-04),
        (4_000, 6.986839129e-04),
        (99_999, 1.397542486e-04),
    ],
)
def test_noam_has_the_rates_of_the_paper(i, rate):
    assert noam(512, 4000)(i) == pytest.approx(rate, rel=1e-9)


def test_noam_is_a_warmup_and_an_inverse_square_root():
    algebra = (512 * 4000) ** -0.5 * (warmup(4000) >> inverse_sqrt(4000))
    assert noam(512, 4000).values(STEPS) == pytest.approx(algebra.values(STEPS), rel=4 * ULP, abs=0)


@pytest.mark.parametrize(
    ("plan", "i", "value"),
    [
        (linear(0, 1, steps=2000), 0, 0.0005),
        (linear(1, 0.1, steps=STEPS), 33_332, 0.700003),
        (cosine(1, 0, steps=STEPS), 49_999, 0.5),
        (cosine(1, 0, steps=STEPS), 99_998, 2.467401100069404e-10),
        (polynomial(1, 0, power=2, steps=STEPS), 99_989, 1e-08),
        (exponential(1, 1e-6, steps=STEPS), 49_999, 0.001),
        (one_minus_sqrt(1, 0, steps=STEPS), 99_998, 5.0000125000625004e-06),
        (inverse_sqrt(4000), 11_999, 0.5),
    ],
)
def test_a_curve_has_these_values(plan, i, value):
    assert plan(i) == pytest.approx(value, rel=BOUND * ULP, abs=0)


@pytest.mark.parametrize(("make", "ends", "options"), ONE_SIGN + CROSSING)
def test_both_ends_are_met_exactly(make, ends, options):
    plan = make(*ends, **options, steps=STEPS)
    assert (zero_based(plan)(0), plan(STEPS - 1), plan(STEPS)) == (*ends, ends[1])


def test_a_seam_has_the_end_of_one_and_the_first_step_of_the_next():
    plan = warmup(2_000) >> cosine(1, 0.1, steps=98_000)
    assert [plan(i) for i in (1_998, 1_999, 2_000, 99_999)] == [0.9995, 1.0, 0.9999999997687775, 0.1]
