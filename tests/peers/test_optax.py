"""Our plans in the place of optax's schedules, in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from preheat import cosine, linear, noam, polynomial, warmup, zero_based

STEPS, WARMUP = 12_000, 2_000
LR = 3e-4
UPDATES = STEPS + 100  # all of theirs keep their last value

CASES = {
    "linear_schedule": (optax.linear_schedule(0.1, 0.9, STEPS), zero_based(linear(0.1, 0.9, steps=STEPS))),
    "cosine_decay_schedule": (
        optax.cosine_decay_schedule(LR, STEPS, alpha=0.1),
        zero_based(cosine(LR, LR / 10, steps=STEPS)),
    ),
    "warmup_cosine_decay_schedule": (
        optax.warmup_cosine_decay_schedule(0.0, LR, WARMUP, STEPS, LR / 10),
        zero_based(linear(0, LR, steps=WARMUP) >> cosine(LR, LR / 10, steps=STEPS - WARMUP)),
    ),
    "polynomial_schedule": (
        optax.polynomial_schedule(LR, LR / 10, power=2, transition_steps=STEPS),
        zero_based(polynomial(LR, LR / 10, power=2, steps=STEPS)),
    ),
}


def used_by(schedule):
    """The learning rate of every update of plain gradient descent: what a gradient of 1 moves its parameter by."""
    optimizer = optax.sgd(schedule)

    def update(state, _):
        change, state = optimizer.update(jnp.ones(()), state)
        return state, -change

    return jax.lax.scan(update, optimizer.init(jnp.zeros(())), length=UPDATES)[1]


@pytest.mark.parametrize(("schedule", "plan"), CASES.values(), ids=CASES)
def test_a_plan_in_optax_stands_for(schedule, plan, agree):
    agree(used_by(plan), used_by(schedule), within=1e-6)


def test_a_function_of_the_count_is_noam(agree):
    paper = used_by(lambda count: 512**-0.5 * jnp.minimum((count + 1.0) ** -0.5, (count + 1.0) * 4000**-1.5))
    agree(noam(512, 4000).values(UPDATES), paper, within=1e-6)


def test_adamw_trains_with_a_plan_as_its_learning_rate():
    inputs = jax.random.normal(jax.random.key(0), (64, 4))
    targets = inputs @ jnp.array([1.0, -2.0, 3.0, 0.5])
    optimizer = optax.adamw(learning_rate=0.1 * (warmup(20) >> cosine(1, 0.1, steps=280)))

    @jax.value_and_grad
    def loss(weights):
        return jnp.mean((inputs @ weights - targets) ** 2)

    @jax.jit
    def update(weights, state):
        value, gradient = loss(weights)
        change, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, change), state, value

    weights = jnp.zeros(4)
    state, losses = optimizer.init(weights), []
    for _ in range(300):
        weights, state, value = update(weights, state)
        losses.append(float(value))
    assert losses[-1] < losses[0] / 1000


def test_a_plan_is_logged_as_an_injected_hyperparameter():
    plan = linear(0, 1, steps=4)
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=plan)
    state, seen = optimizer.init(jnp.zeros(())), []
    for _ in range(5):
        _, state = optimizer.update(jnp.ones(()), state)
        seen.append(float(state.hyperparams["learning_rate"]))
    assert np.array_equal(seen, [0.25, 0.5, 0.75, 1, 1])
