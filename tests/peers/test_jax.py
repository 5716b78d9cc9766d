"""Plans on JAX arrays: every shape, and shapes joined, eagerly and inside `jit` and `vmap`."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from preheat import (
    clip,
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    linear,
    maximum,
    minimum,
    noam,
    noise,
    one_minus_sqrt,
    repeat,
    reverse,
    stretch,
    table,
    until,
    zero_based,
)
from preheat._plan import joined
from promises import CATALOGUE, samples

LAST = 2**24  # float32 tells one update from the next up to here
EPSILON = 2.0**-52
ROUGHER = {"radam": 10}  # a larger bound, as its docstring has it: 1 / (1 - beta2), here of 0.9
TINY = float(np.finfo(np.float32).tiny)  # JAX flushes to 0 what is below in float32


def some(make):
    """A few of a shape's sample plans; those that end once more, as long as float32 can tell."""
    for plan in samples(make)[1::7][:3]:
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
    repeat(linear(0, 1, steps=500) >> cosine(1, 0.1, steps=2_500), 20, growth=1.1, decay=0.9),
    joined(">>", *(exponential(1, 0.5 / k, steps=900 + k) for k in range(1, 21))),
    repeat(linear(0, 1, steps=100) >> cosine(1, 0.5, steps=1_900), decay=0.5),
    repeat(cosine(1, 0.1, steps=2_000), 3, growth=2, decay=0.5),
    stretch(until(cosine(1, 0.1, steps=8_000), 3_000), steps=9_000),
    reverse(linear(0, 1, steps=2_000) >> cosine(1, 0.1, steps=7_000)),
    clip(linear(1, 0.1, steps=9_000), 0.3, 0.6),
    maximum(noam(512, 4_000), 2e-4),
    minimum(linear(0, 1, steps=2_000), exponential(1, 0.5, steps=9_000)),
    noise(linear(1, 0.1, steps=LAST), 0.5, seed=2**40 + 5),
    table(tuple(k / 8 for k in range(1, 100))),
]
PLANS = SHAPES + JOINED + [zero_based(plan) for plan in SHAPES + JOINED]
FEW = [samples(make)[-1] for make in CATALOGUE] + JOINED

every_plan = pytest.mark.parametrize("plan", PLANS, ids=repr)
compiled = pytest.mark.parametrize("way", [lambda plan: plan, jax.jit], ids=["eager", "jit"])
mapped = pytest.mark.parametrize("way", [jax.vmap, lambda plan: jax.jit(jax.vmap(plan))], ids=["vmap", "jit of vmap"])


@cache
def updates_of(plan):
    """The first updates, those around the joints and ends, and others up to 2**24; as many of each plan."""
    near = [edge + around for edge in (2_000, 4_000, 9_000, plan.steps or 0, LAST - 3) for around in range(-3, 4)]
    far = np.geomspace(500, LAST, 1_500).astype(int)
    updates = np.array([*range(500), *near, *far])
    return np.clip(updates, 0, LAST)


@cache
def numbers_of(plan):
    return np.array([plan(int(i)) for i in updates_of(plan)])


def allowed(plan):
    """How many times the bound of other plans holds for this one."""
    return max((times for name, times in ROUGHER.items() if f"{name}(" in repr(plan)), default=1)


def in_float32(plan, way):
    """How far the values over an array of float32 are from the doubles, in ulp of float32."""
    array, numbers = way(plan)(jnp.asarray(updates_of(plan))), numbers_of(plan)
    assert array.dtype == jnp.float32
    assert array.shape == numbers.shape
    ulp = np.spacing(abs(numbers).astype(np.float32)).astype(float)
    return (abs(np.asarray(array, float) - numbers) / np.maximum(ulp, TINY)).max()


def in_float64(plan, way):
    """How far the values over an array of float64 are from the numbers, in units of 2**-52 of each."""
    with jax.enable_x64(True):  # noqa: FBT003  # its own form
        array, numbers = way(plan)(jnp.asarray(updates_of(plan))), numbers_of(plan)
        assert array.dtype == jnp.float64
    assert array.shape == numbers.shape
    return (abs(np.asarray(array) - numbers) / (abs(numbers) * EPSILON + 1e-300)).max()


@compiled
@every_plan
def test_float32_is_within_8_ulp_of_the_double(plan, way):
    assert in_float32(plan, way) <= 8 * allowed(plan)


@compiled
@every_plan
def test_float64_is_within_4_roundings_of_the_number(plan, way):
    assert in_float64(plan, way) <= 4 * allowed(plan)


@mapped
@pytest.mark.parametrize("plan", FEW, ids=repr)
def test_a_mapped_plan_is_as_near(plan, way):
    assert in_float32(plan, way) <= 8 * allowed(plan)
    assert in_float64(plan, way) <= 4 * allowed(plan)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("plan", FEW, ids=repr)
@compiled
def test_an_array_keeps_its_shape(plan, way, shape):
    assert way(plan)(jnp.ones(shape, int)).shape == shape


@compiled
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
