"""Schedules of libraries that are not installed here, compared with arithmetic written anew from their public source.

The library itself does not run: a row says that its formula, as read in the file named, is that of the plan.
"""

from math import ceil, cos, floor, pi, sqrt

import pytest

from preheat import (
    after,
    constant,
    cosine,
    cosine_wave,
    exponential_decay,
    inverse_sqrt,
    inverse_time,
    linear,
    maximum,
    minimum,
    noam,
    one_minus_sqrt,
    polynomial,
    power_law,
    staircase,
    until,
    zero_based,
)
from preheat.like import transformers as like

N, W, D = 12_000, 2_000, 3_000  # updates of a run, of its warm-up, of its decay


def half_wave(share):
    """From 1 to 0 while `share` goes from 0 to 1."""
    return (1 + cos(pi * share)) / 2


# github.com/keras-team/keras, keras/src/optimizers/schedules/learning_rate_schedule.py, the `__call__` of each class.


def cosine_restarts(i, *, first=1_000, t_mul=2, m_mul=0.8, alpha=0.1):
    k = 0
    while i >= first * t_mul**k:
        i, k = i - first * t_mul**k, k + 1
    return 0.1 * ((1 - alpha) * m_mul**k * half_wave(i / (first * t_mul**k)) + alpha)


RESTARTS = [cosine(0.1 * (0.9 * 0.8**k + 0.1), 0.01, steps=1_000 * 2**k) for k in range(4)]
KERAS = {
    "ExponentialDecay": (zero_based(0.1 * exponential_decay(0.96, every=D)), lambda i: 0.1 * 0.96 ** (i / D)),
    "ExponentialDecay, staircase": (0.1 * staircase(0.96, every=D), lambda i: 0.1 * 0.96 ** floor(i / D)),
    "PiecewiseConstantDecay": (  # a boundary still has the value before it
        constant(1, steps=W + 1) >> constant(0.5, steps=D) >> constant(0.1),
        lambda i: 1 if i <= W else 0.5 if i <= W + D else 0.1,
    ),
    "PolynomialDecay": (
        zero_based(polynomial(0.1, 0.01, power=0.5, steps=D)),
        lambda i: 0.09 * (1 - min(i, D) / D) ** 0.5 + 0.01,
    ),
    "PolynomialDecay, cycle": (
        zero_based(polynomial(0.1, 0.01, power=0.5, steps=D))
        >> constant(0.01, steps=1)
        >> until(after(zero_based(polynomial(0.1, 0.01, power=0.5, steps=2 * D)), D + 1), D),
        lambda i: 0.09 * (1 - i / (D * max(ceil(i / D), 1))) ** 0.5 + 0.01,
    ),
    "InverseTimeDecay": (zero_based(0.1 * inverse_time(D / 0.5)), lambda i: 0.1 / (1 + 0.5 * i / D)),
    "CosineDecay": (
        zero_based(linear(0.01, 0.1, steps=W) >> cosine(0.1, 0.02, steps=D)),
        lambda i: 0.01 + 0.09 * i / W if i < W else 0.1 * (0.8 * half_wave(min(i - W, D) / D) + 0.2),
    ),
    "CosineDecayRestarts": (
        zero_based(RESTARTS[0] >> RESTARTS[1] >> RESTARTS[2] >> RESTARTS[3]),
        cosine_restarts,
    ),
}

# github.com/huggingface/diffusers, src/diffusers/optimization.py, the `lr_lambda` of each function.


def warmed_up(i, fall):
    return i / W if i < W else fall(i, (i - W) / (N - W))


DIFFUSERS = {
    "get_constant_schedule": (like.get_constant_schedule(), lambda _: 1),
    "get_constant_schedule_with_warmup": (
        like.get_constant_schedule_with_warmup(W),
        lambda i: warmed_up(i, lambda *_: 1),
    ),
    "get_piecewise_constant_schedule": (
        constant(1, steps=W) >> constant(0.1, steps=D) >> constant(0.005),
        lambda i: 1 if i < W else 0.1 if i < W + D else 0.005,
    ),
    "get_linear_schedule_with_warmup": (
        zero_based(linear(0, 0.9, steps=W) >> linear(0.9, 0.1, steps=N - W)),
        lambda i: 0.9 * i / W if i < W else 0.1 + 0.8 * max(0, (N - i) / (N - W)),
    ),
    "get_cosine_schedule_with_warmup": (
        like.get_cosine_schedule_with_warmup(W, N),
        lambda i: warmed_up(i, lambda _, share: half_wave(share)),
    ),
    "get_cosine_with_hard_restarts_schedule_with_warmup": (
        like.get_cosine_with_hard_restarts_schedule_with_warmup(W, N, 4),
        lambda i: warmed_up(i, lambda _, share: half_wave(4 * share % 1)),
    ),
    "get_polynomial_decay_schedule_with_warmup": (
        like.get_polynomial_decay_schedule_with_warmup(W, N, lr_end=0.01, power=2, base_lr=0.1),
        lambda i: warmed_up(i, lambda _, share: (0.09 * (1 - share) ** 2 + 0.01) / 0.1),
    ),
}

# github.com/NVIDIA/NeMo, nemo/core/optim/lr_scheduler.py, the policies and each `_get_lr`, for a base of 1.

RISE = linear(0, 1, steps=W + 1)  # the update after it continues a fall that begins with the peak
HELD = W + D  # where the hold ends


def policy(i, fall, hold_until=0):
    return (i + 1) / (W + 1) if i <= W else 1.0 if i < hold_until else fall(i)


def share_left(i, begin=W):
    return (N - i) / (N - begin)


NEMO = {
    "WarmupPolicy": (RISE >> constant(1), lambda i: policy(i, lambda _: 1)),
    "CosineAnnealing": (
        RISE >> cosine(1, 0.1, steps=N - W),
        lambda i: policy(i, lambda i: 0.9 * half_wave(1 - share_left(i)) + 0.1),
    ),
    "WarmupAnnealing": (
        RISE >> linear(1, 0.1, steps=N - W),
        lambda i: policy(i, lambda i: 0.1 + 0.9 * share_left(i)),
    ),
    "PolynomialDecayAnnealing": (
        RISE >> polynomial(1, 0.1, power=2, steps=N - W),
        lambda i: policy(i, lambda i: 0.9 * share_left(i) ** 2 + 0.1),
    ),
    "PolynomialHoldDecayAnnealing": (
        RISE >> constant(1, steps=D) >> polynomial(1, 0.1, power=2, steps=N - HELD),
        lambda i: policy(i, lambda i: 0.9 * share_left(i, HELD) ** 2 + 0.1, HELD),
    ),
    "SquareAnnealing": (
        RISE >> maximum(polynomial(1, 0, power=2, steps=N - W), 0.1),
        lambda i: policy(i, lambda i: max(share_left(i) ** 2, 0.1)),
    ),
    "SquareRootAnnealing": (  # its fall begins with the warm-up, which hides the beginning
        RISE >> after(zero_based(polynomial(1, 0, power=0.5, steps=N)), W + 1),
        lambda i: policy(i, lambda i: sqrt((N - i) / N)),
    ),
    "WarmupHoldAnnealLinear": (
        RISE >> constant(1, steps=D) >> linear(1, 0.1, steps=N - HELD),
        lambda i: policy(i, lambda i: 1 - 0.9 * (1 - share_left(i, HELD)), HELD),
    ),
    "WarmupHoldAnnealOneMinusSquareRoot": (
        RISE >> constant(1, steps=D) >> one_minus_sqrt(1, 0, steps=N - HELD),
        lambda i: policy(i, lambda i: 1 - sqrt((i - HELD) / (N - HELD)), HELD),
    ),
    "NoamAnnealing": (  # the first two updates have the same lr
        constant(noam(512, W)(0), steps=1) >> noam(512, W),
        lambda i: 512**-0.5 * min(max(i, 1) ** -0.5, max(i, 1) * W**-1.5),
    ),
    "NoamHoldAnnealing": (
        RISE >> constant(1, steps=D) >> power_law(W, power=0.8),
        lambda i: policy(i, lambda i: W**0.8 / (i - D) ** 0.8, HELD),
    ),
    "InverseSquareRootAnnealing": (
        RISE >> inverse_sqrt(W + 1),
        lambda i: policy(i, lambda i: ((i + 1) / (W + 1)) ** -0.5),
    ),
    "T5InverseSquareRootAnnealing": (
        constant(W**-0.5, steps=W + 1) >> W**-0.5 * inverse_sqrt(W),
        lambda i: max(i, W) ** -0.5,
    ),
}

# github.com/allenai/OLMo-core, src/olmo_core/optim/scheduler.py, the `get_lr` of each class, for a base of 1.

STEADY = N - W - D
OLMO = {
    "ConstantWithWarmup": (zero_based(linear(0, 1, steps=W) >> constant(1)), lambda i: min(i / W, 1)),
    "WSD": (
        zero_based(linear(0, 1, steps=W) >> constant(1, steps=STEADY) >> linear(1, 0, steps=D)),
        lambda i: min(i / W, 1, (N - i) / D),
    ),
    "PowerLR": (
        zero_based(
            linear(0, 1, steps=W)
            >> until(power_law(W, power=0.51), STEADY)
            >> linear(((N - D) / W) ** -0.51, 0, steps=D)
        ),
        lambda i: i / W if i <= W else (min(i, N - D) / W) ** -0.51 * min(1, (N - i) / D),
    ),
    "LinearWithWarmup": (
        zero_based(linear(0, 1, steps=W) >> linear(1, 0.1, steps=N - W)),
        lambda i: warmed_up(i, lambda _, share: 1 - 0.9 * share),
    ),
    "InvSqrtWithWarmup": (
        zero_based(linear(0, 1, steps=W) >> 0.1 + 0.9 * inverse_sqrt(W)),
        lambda i: warmed_up(i, lambda i, _: 0.1 + 0.9 * sqrt(W / i)),
    ),
    "CosWithWarmup": (
        zero_based(linear(0, 1, steps=W) >> cosine(1, 0.1, steps=N - W)),
        lambda i: warmed_up(i, lambda _, share: 0.1 + 0.9 * half_wave(share)),
    ),
    "HalfCosWithWarmup": (
        zero_based(linear(0, 0.55, steps=W) >> cosine_wave(1, 0.1, first=0.5, last=1, steps=N - W)),
        lambda i: 0.55 * i / W if i < W else 0.1 + 0.9 * half_wave((1 + (i - W) / (N - W)) / 2),
    ),
    "CosWithWarmupAndLinearDecay": (
        zero_based(
            linear(0, 1, steps=W)
            >> until(cosine(1, 0.1, steps=N - W), STEADY)
            >> linear(0.1 + 0.9 * half_wave(STEADY / (N - W)), 0, steps=D)
        ),
        lambda i: warmed_up(
            i, lambda i, _: (0.1 + 0.9 * half_wave((min(i, N - D) - W) / (N - W))) * min(1, (N - i) / D)
        ),
    ),
    "WSDS": (  # two periods of half the run; the first update of the second still belongs to the decay before it
        zero_based(
            linear(0, 1, steps=W)
            >> constant(1, steps=N // 2 - W - D)
            >> linear(1, 0, steps=D)
            >> constant(0, steps=1)
            >> constant(1, steps=N // 2 - D - 1)
            >> linear(1, 0, steps=D)
        ),
        lambda i: min(i / W, 1, (N // 2 * (1 if i <= N // 2 else 2) - i) / D),
    ),
}

# github.com/stanford-crfm/levanter, src/levanter/optim/config.py, `OptimizerConfig.lr_scheduler`, for a base of 1.

LEVANTER = {
    "constant": (zero_based(linear(0, 1, steps=W) >> constant(1)), lambda i: min(i / W, 1)),
    "linear": (
        zero_based(linear(0, 1, steps=W) >> constant(1, steps=STEADY) >> linear(1, 0.1, steps=D)),
        lambda i: min(i / W, 1, 1 - 0.9 * (i - N + D) / D),
    ),
    "cosine": (
        zero_based(linear(0, 1, steps=W) >> constant(1, steps=STEADY) >> cosine(1, 0.1, steps=D)),
        lambda i: min(i / W, 1) if i < N - D else 0.1 + 0.9 * half_wave((i - N + D) / D),
    ),
    "inv_sqrt": (
        zero_based(linear(0, 1, steps=W)) >> after(zero_based(maximum(minimum(100 * noam(1, 1), 1), 0.95)), W),
        lambda i: warmed_up(i, lambda i, _: max(min(1, sqrt(10_000 / i)), 0.95)),
    ),
    "inv": (  # its first two values are the same
        zero_based(linear(0, 1, steps=W))
        >> constant(inverse_time((N - W) / 9)(0), steps=1)
        >> inverse_time((N - W) / 9),
        lambda i: warmed_up(i, lambda i, _: 1 / (9 * max(i - W, 1) / (N - W) + 1)),
    ),
}
LIBRARIES = {
    "keras": KERAS, "diffusers": DIFFUSERS, "NeMo": NEMO, "OLMo-core": OLMO, "levanter": LEVANTER,
}  # fmt: skip


@pytest.mark.parametrize(
    ("library", "name"), [(library, name) for library, schedules in LIBRARIES.items() for name in schedules]
)
def test_a_plan_has_the_values_of_the_formula_of(library, name, same_as):
    plan, formula = LIBRARIES[library][name]
    updates = min(N, plan.steps or N)
    same_as(f"{library}.{name.partition(',')[0]}", plan, [formula(i) for i in range(updates)])
