"""The numerical promise: at most 4 x 2**-52 away from the exact curve; `make bench` asks at every update of 100 000."""

import numpy as np
import pytest
import torch

from benchmarks.exact import CASES, FORMULAS, ULP, N, errors, exact, others
from preheat import cosine, exponential, inverse_sqrt, linear, noam, one_minus_sqrt, polynomial, warmup, zero_based
from promises import CATALOGUE

BOUND = 4
MEETS_BOTH = [case.plan for case in CASES if {"start", "end"} <= case.plan.shape.parameters.fields.keys()]


def around(seam):
    return range(max(seam - 10, 0), min(seam + 10, N) + 1)


# Where a formula changes its form: shares of the steps (also with the powers and `k` that the cases have), and lengths.
SHARES = {1 / 4, 1 / 3, 1 / 2, *(0.5 ** (1 / k) for k in (0.5, 2, 3, 7)), *(1 - 0.5 ** (1 / p) for p in (0.5, 2, 3, 7))}
SEAMS = [0, N, *(int(share * N) for share in SHARES), 7, 100, 1_000, 4_000, 10_000, 30_000]
TIMES = sorted({*(t for seam in SEAMS for t in around(seam)), *(int(N**k) for k in np.linspace(0, 1, 100))})


def readings(plan):
    """The plan at TIMES, by numbers and by arrays: `t = i` in a zero-based reading."""
    read, indices = zero_based(plan), np.array(TIMES)
    return np.array([read(t) for t in TIMES]), read(indices), read(torch.from_numpy(indices)).numpy()


@pytest.mark.parametrize(("plan", "bound", "scale"), CASES, ids=[repr(case.plan) for case in CASES])
def test_a_curve_is_as_exact_as_promised(plan, bound, scale):
    truth = exact(plan, TIMES)
    for values in readings(plan):
        far = errors(values, truth, scale)
        worst = far.argmax()
        assert far[worst] <= bound, f"at t={TIMES[worst]}: {values[worst]!r}, exactly {truth[0][worst]!r}"


def test_every_shape_is_held_to_its_source():
    assert set(FORMULAS) <= {case.plan.shape.make.__name__ for case in CASES} == {make.__name__ for make in CATALOGUE}


def test_a_shape_without_a_formula_of_its_source_is_held_to_its_own(monkeypatch):
    monkeypatch.delitem(FORMULAS, "cosine")
    cases = [case for case in others() if case.plan.shape.make is cosine]
    assert cases
    for plan, bound, scale in cases:
        far = errors(zero_based(plan)(np.array(TIMES)), exact(plan, TIMES), scale)
        assert far.max() <= bound


def test_the_measure_counts_units_in_the_last_place():
    truth = exact(linear(0, 1, steps=4), [4, 4, 2, 1])
    assert errors(np.array([1 + 4 * ULP, 1 - 4 * ULP, 0.5 + ULP, 0.25]), truth, None).tolist() == [4, 4, 2, 0]


def test_the_measure_sees_what_a_double_cannot_hold():
    third = exact(linear(0, 1, steps=3), [1])
    assert 0 < errors(np.array([1 / 3]), third, None)[0] < 0.5


def test_the_measure_wants_a_zero_to_be_met():
    zeros = exact(linear(0, 1, steps=1), [0, 0])
    met, missed = errors(np.array([0.0, 1e-300]), zeros, None)
    assert met == 0
    assert missed > 1e20


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
    assert noam(512, 4000).values(N) == pytest.approx(algebra.values(N), rel=BOUND * ULP, abs=0)


@pytest.mark.parametrize(
    ("plan", "i", "value"),
    [
        (linear(0, 1, steps=2000), 0, 0.0005),
        (linear(1, 0.1, steps=N), 33_332, 0.700003),
        (cosine(1, 0, steps=N), 49_999, 0.5),
        (cosine(1, 0, steps=N), 99_998, 2.467401100069404e-10),
        (polynomial(1, 0, power=2, steps=N), 99_989, 1e-08),
        (exponential(1, 1e-6, steps=N), 49_999, 0.001),
        (one_minus_sqrt(1, 0, steps=N), 99_998, 5.0000125000625004e-06),
        (inverse_sqrt(4000), 11_999, 0.5),
    ],
)
def test_a_curve_has_these_values(plan, i, value):
    assert plan(i) == pytest.approx(value, rel=BOUND * ULP, abs=0)


@pytest.mark.parametrize("plan", MEETS_BOTH, ids=repr)
def test_both_ends_are_met_exactly(plan):
    start, end = plan.args
    assert (zero_based(plan)(0), plan(N - 1), plan(N)) == (start, end, end)


def test_a_seam_has_the_end_of_one_and_the_first_step_of_the_next():
    plan = warmup(2_000) >> cosine(1, 0.1, steps=98_000)
    assert [plan(i) for i in (1_998, 1_999, 2_000, 99_999)] == [0.9995, 1.0, 0.9999999997687775, 0.1]
