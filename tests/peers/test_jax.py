"""Plans on JAX arrays: every shape, and shapes joined, eagerly and inside `jit` and `vmap`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from preheat import constant, cosine, exponential, inverse_sqrt, linear, noam, one_minus_sqrt, zero_based
from promises import CATALOGUE, samples

LAST = 2**24  # float32 tells one update from the next up to here
EPSILON = 2.0**-52
TINY = 1e-300  # beside a value of 0, which has to be met exactly


def some(make):
    """A few of a shape's sample plans; those that end once more, as long as float32 can tell."""
    for plan in samples(make)[1::7]:
        yield plan
        if plan.steps is not None:
            yield make(*plan.args, **plan.kwargs | {"steps": LAST})


SHAPES = [plan for make in CATALOGUE for plan in some(make)]
JOINED = [
    constant(0.5),
    linear(0, 1, steps=2_000) >> cosine(1, 0.1, steps=98_000),
    linear(0, 1, steps=2_000) >> constant(1, steps=7_000) >> one_minus_sqrt(1, 0, steps=1_000),
    linear(0, 1, steps=4_000) >> inverse_sqrt(4_000),
    0.3 * noam(512, 4_000) + exponential(1, 1e-4, steps=100_000),
]
PLANS = SHAPES + JOINED + [zero_based(plan) for plan in SHAPES + JOINED]

WAYS = {
    "eager": lambda plan: plan,
    "jit": jax.jit,
    "vmap": jax.vmap,
    "jit of vmap": lambda plan: jax.jit(jax.vmap(plan)),
}

every_plan = pytest.mark.parametrize("plan", PLANS, ids=repr)
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def updates_of(plan):
    """The first updates, those around the joints and ends, and others up to 2**24."""
    near = [edge + around for edge in (2_000, 4_000, 9_000, plan.steps or 0, LAST - 3) for around in range(-3, 4)]
    far = np.geomspace(500, LAST, 1_500).astype(int)
    updates = np.unique([*range(500), *near, *far])
    return updates[(updates >= 0) & (updates <= LAST)]


@every_way
@every_plan
def test_float32_is_within_8_ulp_of_the_double(plan, way):
    updates = updates_of(plan)
    double = np.array([plan(int(i)) for i in updates])
    single = way(plan)(jnp.asarray(updates))
    assert single.dtype == jnp.float32
    ulp = np.maximum(np.spacing(abs(double).astype(np.float32)), 2.0**-126)  # XLA flushes what is smaller to 0
    assert (abs(np.asarray(single, float) - double) / ulp).max() <= 8


@every_way
@every_plan
def test_float64_is_within_4_roundings_of_the_number(plan, way):
    updates = updates_of(plan)
    numbers = np.array([plan(int(i)) for i in updates])
    with jax.enable_x64(True):  # noqa: FBT003  # its own form
        array = way(plan)(jnp.asarray(updates))
        assert array.dtype == jnp.float64
    assert (abs(np.asarray(array) - numbers) / (abs(numbers) * EPSILON + TINY)).max() <= 4


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("plan", SHAPES[::2] + JOINED, ids=repr)
def test_an_array_keeps_its_shape(plan, shape):
    for way in (WAYS["eager"], WAYS["jit"]):
        assert way(plan)(jnp.ones(shape, int)).shape == shape


@every_way
def test_negative_updates_read_as_the_first(way):
    plan = linear(0, 1, steps=4)
    assert way(plan)(jnp.array([-5, 0])).tolist() == [0.25, 0.25]


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32", "bfloat16"])
def test_any_kind_of_number_counts_updates(dtype):
    assert linear(0, 1, steps=4)(jnp.arange(4, dtype=dtype)).tolist() == [0.25, 0.5, 0.75, 1]


def test_a_plan_runs_in_a_compiled_loop():
    plan = linear(0, 1, steps=4) >> constant(1)
    total = jax.jit(lambda n: jax.lax.fori_loop(0, n, lambda i, total: total + plan(i), 0.0))(6)
    assert total == 0.25 + 0.5 + 0.75 + 1 + 1 + 1
