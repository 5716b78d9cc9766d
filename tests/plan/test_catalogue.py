"""The shapes of the catalogue against the formulas of the libraries that have them, and the rules of their own."""

import math
from typing import Any

import pytest
import torch

import preheat
from preheat import (
    chebyshev,
    cosine,
    cosine_k,
    cosine_power,
    exponential_decay,
    exponential_warmup,
    fractal_chebyshev,
    gi_adam,
    inverse_sqrt,
    inverse_time,
    logarithmic,
    polynomial,
    polynomial_k,
    power_law,
    radam,
    rsqrt,
    sigmoid,
    zero_based,
)
from preheat._fields import Factor, Milestones, Numbers, Seed, Share, field_of
from preheat._nodes.annotations import Operand, Part
from preheat.recipes._names import Ramp
from preheat.shapes import exp, tanh

N = 100
ALL = range(N + 1)


def near(values):
    return pytest.approx(values, rel=1e-12, abs=1e-15)


def read(plan):
    """The plan at t = 0, 1, ..., N."""
    return [zero_based(plan)(i) for i in ALL]


# As other libraries write them


def test_cosine_power_is_optaxs_exponent():
    theirs = [0.9 * (0.5 * (1 + math.cos(math.pi * t / N))) ** 1.7 + 0.1 for t in ALL]
    assert read(cosine_power(1, 0.1, power=1.7, steps=N)) == near(theirs)


def test_k_decay_is_timms():
    waves = [0.1 + 0.5 * 0.9 * (1 + math.cos(math.pi * t**1.5 / N**1.5)) for t in ALL]
    assert read(cosine_k(1, 0.1, k=1.5, steps=N)) == near(waves)
    powers = [0.1 + 0.9 * (1 - t**1.5 / N**1.5) ** 0.5 for t in ALL]
    assert read(polynomial_k(1, 0.1, power=0.5, k=1.5, steps=N)) == near(powers)


def test_k_and_power_of_1_change_nothing():
    assert read(cosine_k(1, 0.1, k=1, steps=N)) == near(read(cosine(1, 0.1, steps=N)))
    assert read(cosine_power(1, 0.1, power=1, steps=N)) == near(read(cosine(1, 0.1, steps=N)))
    assert read(polynomial_k(1, 0.1, power=2, k=1, steps=N)) == near(read(polynomial(1, 0.1, power=2, steps=N)))


def test_tanh_is_timms():
    theirs = [0.1 + 0.5 * 0.9 * (1 - math.tanh(-7 * (1 - t / N) + 3 * (t / N))) for t in ALL]
    assert read(preheat.tanh(1, 0.1, steps=N)) == near(theirs)


def test_logarithmic_is_deepspeeds_warmup():
    theirs = [0.1 + 0.9 * math.log(i + 1) / math.log(N) for i in range(N)]
    assert logarithmic(0.1, 1, steps=N).values() == near(theirs)


def test_sigmoid_is_the_ramp_of_the_mean_teacher():
    assert read(sigmoid(0, 1, steps=N)) == near([math.exp(-5 * (1 - t / N) ** 2) for t in ALL])


def test_rsqrt_is_big_visions():
    theirs = [1 / math.sqrt(1 + (t + 300) / 1_000) for t in ALL]
    assert read(rsqrt(1_000, 300)) == near(theirs)
    assert read(rsqrt(1_000, 0)) == read(inverse_sqrt(1_000))


def test_power_law_has_inverse_time_and_inverse_sqrt_in_it():
    assert read(power_law(30, power=1)) == near(read(inverse_time(30)))
    assert read(power_law(30, power=0.5)) == near(read(inverse_sqrt(30)))


def test_exponential_decay_is_torchs():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.97)
    for i in ALL:
        assert scheduler.get_last_lr()[0] == near(0.5 * zero_based(exponential_decay(0.97))(i))
        optimizer.step()
        scheduler.step()


def test_the_warmups_are_those_of_pytorch_warmup():
    assert exponential_warmup(20).values(N) == near([1 - math.exp(-(step + 1) / 20) for step in range(N)])
    limit = 2 / (1 - 0.99) - 1
    rho = [limit - 2 * t * 0.99**t / (1 - 0.99**t) for t in range(5, N + 5)]
    factors = [math.sqrt((r - 4) * (r - 2) * limit / ((limit - 4) * (limit - 2) * r)) for r in rho]
    assert radam(0.99).values(N) == pytest.approx(factors, rel=1e-11)


@pytest.mark.parametrize(("beta2", "first"), [(0.7, 6), (0.9, 5), (0.99, 5), (0.999, 5)])
def test_radam_is_the_factor_of_torchs_optimizer(beta2, first):
    # Gradients of one size: the step is the factor itself, where torch rectifies; ours begins at update `first`.
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.RAdam([weight], lr=1, betas=(0, beta2), eps=0)
    steps = []
    for _ in range(30):
        before, weight.grad = weight.item(), torch.ones_like(weight)
        optimizer.step()
        steps.append(before - weight.item())
    assert radam(beta2).values(31 - first)[10 - first :] == pytest.approx(steps[9:], rel=1e-9)


def test_gi_adam_has_the_shares_of_its_paper():
    assert [round(gi_adam(0.999)(t - 1), 2) for t in (100, 1_000, 2_000)] == [0.31, 0.8, 0.93]


def test_the_fractal_order_is_a_permutation_of_the_chebyshev_steps():
    curve, order = chebyshev(0.05, 1, steps=8).values(), fractal_chebyshev(0.05, 1, steps=8).values()
    assert order == [curve[k] for k in (0, 7, 3, 4, 1, 6, 2, 5)]


def test_chebyshev_steps_make_gradient_descent_exact_as_chebyshev_polynomials_are():
    steps, m, big = 8, 0.05, 1
    bound = 1 / math.cosh(steps * math.acosh((big + m) / (big - m)))
    for curvature in (0.05, 0.3, 0.777, 1):
        error = math.prod(1 - size * curvature for size in fractal_chebyshev(m, big, steps=steps).values())
        assert abs(error) <= bound * (1 + 1e-9)


# Rules of their own


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: logarithmic(0, 1, steps=1), "logarithmic(0, 1, steps=1): steps must be 2 or more, or 0"),
        (lambda: preheat.tanh(1, 0, low=3, high=3, steps=4), "low must be below high"),
        (lambda: preheat.tanh(1, 0, high=301, steps=4), "low must be at least -300 and high at most 300"),
        (lambda: chebyshev(2, 1, steps=4), "smallest must be at most largest"),
        (lambda: rsqrt(4, -4), "shift must be above -timescale"),
        (lambda: radam(0.6), "radam(0.6): beta2 must be above 0.6"),
    ],
)
def test_a_rule_that_is_broken_is_said(call, words):
    with pytest.raises(ValueError, match=r"^\w+\(.*\): ") as caught:
        call()
    assert words in str(caught.value)


def test_nothing_is_raised_however_long_a_run_is():
    laws = [radam(0.7), gi_adam(0.5), exponential_warmup(1e-300), exponential_decay(0.1), power_law(1, power=400)]
    assert [law(2**52) for law in laws] == [1, 1, 1, 0, 0]


def test_tanh_of_preheat_is_a_shape_and_of_shapes_mathematics():
    assert (preheat.tanh(1, 0, steps=4).steps, tanh(0.5), exp(0)) == (4, math.tanh(0.5), 1)


# Annotations that are no single number


@pytest.mark.parametrize("annotation", [Factor, Milestones, Numbers, Operand, Part, Ramp, Seed, Share])
def test_a_field_takes_its_good_values_and_refuses_its_bad_ones(annotation):
    field = field_of(annotation)
    assert [field.check("who", "plan", good) for good in field.good] == list(field.good)
    for bad in field.bad:
        with pytest.raises((TypeError, ValueError)) as caught:
            field.check("who", "plan", bad)
        assert f"plan must be {field.words}" in str(caught.value)


def test_numbers_may_come_as_a_list_and_are_kept_as_plain_numbers():
    made: Any = [field_of(Numbers).check("who", "what", [1, 2.5]), field_of(Milestones).check("who", "what", [1, 2])]
    assert made == [(1.0, 2.5), (1, 2)]
    assert [type(x) for several in made for x in several] == [float, float, int, int]
