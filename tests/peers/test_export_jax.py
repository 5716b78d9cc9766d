"""Exported schedules for optax and Keras, on JAX: within 16 units of float32, or as near as the plan itself."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import pytest

from exporting import COMBINED, catalogue, indices_of
from preheat import cosine, export, warmup, zero_based

ULP = 2.0**-23
PLANS = [plan for plan in [*catalogue(), *map(zero_based, catalogue()), *COMBINED] if (plan.steps or 0) < 2**24]


def made(plan, to):
    names = {"__name__": "exported"}
    exec(export(plan, to=to, lr=True), names)
    return names


@pytest.mark.parametrize("to", ["optax", "keras"])
def test_sixteen_units_of_float32(to):
    for plan in PLANS:
        indices = [i for i in indices_of(plan) if i < 2**24]
        schedule = made(plan, to)["schedule"]
        got = np.asarray((jax.jit(schedule) if to == "optax" else schedule)(jnp.array(indices)), dtype=float)
        want = np.array([plan(i) for i in indices])
        far = np.abs(got - want).max()
        if far > 16 * ULP * np.abs(want).max():
            own = np.abs(np.asarray(plan(jnp.array(indices)), dtype=float) - want).max()
            assert far <= 1.01 * own, f"{plan!r}\n{export(plan, to=to, lr=True)}"


def test_optax_takes_it():
    optimizer = optax.sgd(learning_rate=made(warmup(4), "optax")["schedule"])
    state = optimizer.init(jnp.zeros(1))
    updates = []
    for _ in range(4):
        change, state = jax.jit(optimizer.update)(jnp.ones(1), state)
        updates.append(float(change[0]))
    assert updates == [-0.25, -0.5, -0.75, -1.0]


def test_keras_takes_it_and_saves_its_configuration():
    schedule = made(warmup(10) >> cosine(1, 0, steps=90), "keras")["Schedule"]()
    optimizer = keras.optimizers.SGD(learning_rate=schedule)
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    twin = keras.optimizers.SGD.from_config(optimizer.get_config())
    assert float(twin.learning_rate) == pytest.approx(0.1)
