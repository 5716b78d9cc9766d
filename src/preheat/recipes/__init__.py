"""Schedules with a name, written in plain algebra: each returns, and prints as, the pieces it is made of."""

from preheat.recipes.cycles import exp_range, sgdr, triangular, triangular2
from preheat.recipes.phases import deepseek_steps, infinite, one_cycle, one_cycle_momentum, trapezoid, tri_stage, wsd
from preheat.recipes.points import fractal_chebyshev, milestones, piecewise_linear, staircase
from preheat.recipes.warmups import (
    untuned_exponential,
    untuned_linear,
    warmup,
    warmup_constant,
    warmup_cosine,
    warmup_inverse_sqrt,
    warmup_linear,
    warmup_polynomial,
)

__all__ = [
    "deepseek_steps", "exp_range", "fractal_chebyshev", "infinite", "milestones", "one_cycle", "one_cycle_momentum",
    "piecewise_linear", "sgdr", "staircase", "trapezoid", "tri_stage", "triangular", "triangular2",
    "untuned_exponential", "untuned_linear", "warmup", "warmup_constant", "warmup_cosine", "warmup_inverse_sqrt",
    "warmup_linear", "warmup_polynomial", "wsd",
]  # fmt: skip
