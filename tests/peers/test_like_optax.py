"""Every schedule of optax under its own name, compared with optax's along a run, in float64."""

from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from preheat.like import optax as like

LONG = 12_000

ENDS = [(3e-4, 3e-5), (1, 0), (0, 1), (-1, 2)]
SPANS = [(LONG, 0), (10, 3), (1, 0), (7, 1)]  # transition_steps and transition_begin
BOUNDARIES: list[Any] = [
    {3_000: 0.5, 6_000: 3.0, 9_000: 0.1}, None, {}, {3: 0.1, 7: 0.5}, {7: 0.5, 3: 0.1}, {0: 0.5, 4: 2.0, 6: 0.0},
    {0: 3.0},
]  # fmt: skip
CASES: list[tuple[str, dict[str, Any], int]] = [
    ("constant_schedule", {"value": 0.3}, LONG),
    *(
        (
            "polynomial_schedule",
            {"init_value": a, "end_value": b, "power": p, "transition_steps": n, "transition_begin": begin},
            n + begin + 100,
        )
        for (n, begin), (a, b), p in product(SPANS, ENDS, (2, 1, 0.5))
    ),
    *(
        (
            "linear_schedule",
            {"init_value": a, "end_value": b, "transition_steps": n, "transition_begin": begin},
            n + begin + 100,
        )
        for (n, begin), (a, b) in product(SPANS, ENDS)
    ),
    *(
        (
            "exponential_decay",
            {"init_value": a, "transition_steps": n, "decay_rate": 0.7, "transition_begin": begin, **options},
            LONG if n > 100 else 100,
        )
        for (n, begin), a, options in product(
            [(1_000, 5), *SPANS[1:]], (0.3, -1), ({}, {"end_value": 0.1}, {"staircase": True, "end_value": 0.1})
        )
    ),
    *(
        (
            "exponential_decay",
            {"init_value": 0.1, "transition_steps": n, "decay_rate": 1.3, "staircase": stairs, "end_value": end},
            LONG if n > 100 else 300,
        )
        for n, stairs, end in product((1_000, 10), (False, True), (0.1, 0.13, 0.77, None))
    ),
    *(
        ("exponential_decay", {"init_value": a, "transition_steps": 9, "decay_rate": 1.0, "end_value": 0.5}, 30)
        for a in (0.3, 0.7)
    ),
    ("linear_schedule", {"init_value": 0.3, "end_value": 1, "transition_steps": 0}, 100),
    ("exponential_decay", {"init_value": 0.3, "decay_rate": 0.5, "transition_steps": 0}, 100),
    *(
        ("cosine_decay_schedule", {"init_value": 3e-4, "decay_steps": n, "alpha": 0.1, "exponent": power}, n + 100)
        for n, power in product((LONG, 10, 1), (1.0, 2.0, 0.7))
    ),
    *(
        ("piecewise_constant_schedule", {"init_value": 0.3, "boundaries_and_scales": scales}, LONG)
        for scales in BOUNDARIES
    ),
    *(
        (
            "piecewise_interpolate_schedule",
            {"interpolate_type": kind, "init_value": 0.3, "boundaries_and_scales": scales},
            LONG,
        )
        for kind, scales in product(("linear", "cosine"), BOUNDARIES)
    ),
    *(
        ("linear_onecycle_schedule", {"transition_steps": n, "peak_value": 0.3, **options}, n + 100)
        for n, options in product((LONG, 101, 7, 1), ({}, {"pct_start": 0.47, "pct_final": 0.48, "div_factor": 7.0}))
    ),
    *(
        ("cosine_onecycle_schedule", {"transition_steps": n, "peak_value": 0.3, **options}, n + 100)
        for n, options in product((LONG, 101, 7, 1), ({}, {"pct_start": 0.0, "final_div_factor": 7.0}))
    ),
    *(
        ("warmup_constant_schedule", {"init_value": 0.01, "peak_value": 0.3, "warmup_steps": n}, LONG)
        for n in (2_000, 1, 3)
    ),
    *(
        (
            "warmup_cosine_decay_schedule",
            {
                "init_value": 1e-5, "peak_value": 3e-4, "warmup_steps": w, "decay_steps": n, "end_value": 2e-5,
                "exponent": power,
            },
            n + 100,
        )
        for (w, n), power in product([(2_000, LONG), (0, 10), (1, 10), (9, 10)], (1.0, 2.0))
    ),
    ("warmup_cosine_decay_schedule", {"init_value": 1e-5, "peak_value": 0.0, "warmup_steps": 3, "decay_steps": 9}, 20),
    *(
        (
            "warmup_exponential_decay_schedule",
            {
                "init_value": 0.01, "peak_value": 0.3, "warmup_steps": w, "transition_steps": 777, "decay_rate": 0.8,
                "transition_begin": 5, **options,
            },
            LONG,
        )
        for w, options in product((2_000, 1, 0), ({}, {"staircase": True, "end_value": 0.05}))
    ),
]  # fmt: skip


def in_float64(schedule, updates):
    """The value of every update."""
    with jax.enable_x64(True):  # noqa: FBT003  # its own form
        values = jax.vmap(schedule)(jnp.arange(updates))
    return np.broadcast_to(np.asarray(values, float), updates)


@pytest.mark.parametrize(("name", "options", "updates"), CASES, ids=lambda x: str(x)[:60])
def test_every_update_has_the_value_of(name, options, updates, same_as):
    plan = getattr(like, name)(**options)
    same_as(f"optax.{name}", plan, in_float64(getattr(optax, name)(**options), updates))


CYCLES: list[dict[str, Any]] = [
    {"init_value": 0.0, "peak_value": 0.3, "warmup_steps": 100, "decay_steps": 3_000, "end_value": 0.01},
    {"init_value": 0.01, "peak_value": 0.2, "warmup_steps": 0, "decay_steps": 3_001, "exponent": 2.0},
    {"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 1, "decay_steps": 6_000},
]


@pytest.mark.parametrize("cycles", [CYCLES, CYCLES[:1]], ids=len)
def test_every_update_has_the_value_of_sgdr(cycles, same_as):
    same_as("optax.sgdr_schedule", like.sgdr_schedule(cycles), in_float64(optax.sgdr_schedule(cycles), LONG + 100))


@pytest.mark.parametrize("boundaries", [(3_000, 9_000), (2, 3), (0, 4), (2, 2), ()], ids=str)
def test_every_update_has_the_value_of_joined_schedules(boundaries, same_as):
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("linear_schedule", (0.1, 1, 4_000)), ("cosine_decay_schedule", (1, 1_000)), ("constant_schedule", (0.5,)),
    ]  # fmt: skip
    ours, theirs = ([getattr(peer, name)(*values) for name, values in calls] for peer in (like, optax))
    ours, theirs = ours[: len(boundaries) + 1], theirs[: len(boundaries) + 1]
    expected = in_float64(optax.join_schedules(theirs, boundaries), LONG)
    same_as("optax.join_schedules", like.join_schedules(ours, boundaries), expected)


@pytest.mark.parametrize("name", sorted({name for name, *_ in CASES}))
def test_in_float32_theirs_are_as_near_as_that_can_tell(name, agree):
    options, updates = next(case[1:] for case in CASES if case[0] == name)
    theirs = np.broadcast_to(np.asarray(jax.vmap(getattr(optax, name)(**options))(jnp.arange(updates)), float), updates)
    agree(getattr(like, name)(**options).values(updates), theirs, within=1e-6)
