"""Long chains over arrays: the piece is found by search, and each formula is called once."""

from functools import partial
from itertools import cycle, islice
from operator import add
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode

from preheat import (
    constant,
    cosine,
    exponential,
    function,
    linear,
    maximum,
    noise,
    repeat,
    reverse,
    table,
    tanh,
    until,
    warmup,
    zero_based,
)
from preheat._plan import Plan, joined
from preheat.shapes import Number, Positive, Steps, Time, Value, shape
from promises import BOUND, CATALOGUE, samples
from strategies import ending

LONG = repeat(cosine(1, 0.1, steps=5), 12, growth=1.1, decay=0.9)
ROUGHER = {"radam": 10}  # a larger bound, as its docstring has it


def chain(pieces):
    """Plans one after the other; of the endless ones the first three updates."""
    return joined(">>", *(until(piece, 3) if piece.steps is None else piece for piece in pieces))


def indices(plan):
    return np.array([*range(plan.steps + 3), plan.steps + 100.5, *(np.arange(20) * 0.75)])


def agree(plan, *, roughly=1):
    """The values over arrays of both libraries are those of the scalars, within the promise."""
    asked = indices(plan)
    scalars = np.array([plan(float(i)) for i in asked])
    allowed = BOUND * roughly * max(abs(scalars).max(), 1e-300)
    for values in (plan(asked), plan(torch.tensor(asked)), plan(asked[::-1])[::-1]):
        assert abs(np.asarray(values) - scalars).max() <= allowed
    for place in (0, 5, len(asked) // 2):
        assert abs(float(plan(torch.tensor(asked[place]))) - scalars[place]) <= allowed
        assert float(plan(np.array(asked[place]))) == scalars[place]


@pytest.mark.parametrize("make", CATALOGUE, ids=lambda make: make.__name__)
def test_many_pieces_of_a_shape_have_the_values_of_their_scalars(make):
    plans = samples(make)
    pieces = [*islice(cycle([*plans, *map(zero_based, plans), *(2 * plan for plan in plans)]), 24)]
    agree(chain(pieces), roughly=ROUGHER.get(make.__name__, 1))


@given(st.lists(ending(), min_size=1, max_size=3), st.lists(st.integers(0, 2), min_size=9, max_size=12))
@settings(max_examples=50)
def test_many_pieces_of_any_kind_have_the_values_of_their_scalars(plans, order):
    plan = chain([plans[k % len(plans)] * (1 + place / 4) for place, k in enumerate(order)])
    asked = indices(plan)[::3]
    scalars = pytest.approx(np.array([plan(float(i)) for i in asked]), rel=1e-12, abs=1e-9)  # a sum may cancel
    assert plan(asked) == scalars
    assert plan(torch.tensor(asked)).numpy() == scalars


CHAINS: dict[str, Plan] = {
    "cycles": LONG,
    "cycles of two": repeat(warmup(2) >> cosine(1, 0, steps=3), 12, decay=0.9),
    "read from 0": zero_based(LONG) >> constant(0, steps=2),
    "sums": chain([0.5 + linear(k, 1, steps=2) * cosine(1, k, steps=3) for k in range(12)]),
    "steps": chain([constant(k, steps=1 + k % 3) for k in range(12)]),
    "tables": chain([table((k, 1, 2)) for k in range(12)]),
    "the same again": chain([noise(warmup(3) >> LONG, 0.5, seed=1)] * 10),
    "noises": chain([noise(warmup(3), 0.1 + k / 20, seed=k % 3) for k in range(12)]),
    "backwards": chain([reverse(linear(0, k, steps=3)) for k in range(12)]),
    "clipped": chain([maximum(cosine(1, 0, steps=4), k / 12) for k in range(12)]),
    "cut": chain([until(exponential(1, 0.1, steps=9 + k), 4) for k in range(12)]),
    "no updates": chain([cosine(1, 0.5, steps=k % 2) for k in range(12)]) >> constant(1, steps=2),
    "functions": chain([function(partial(add, k), steps=2) for k in range(12)]),
    "side by side again": chain([(k + 1) * (LONG * (warmup(2) >> warmup(4))) for k in range(9)]),
    "side by side": chain([(warmup(3) >> warmup(3)) * (warmup(2) >> warmup(4))] * 9),
    "cycles that end": chain([until(repeat(warmup(3 + k % 2), decay=0.9), 8) for k in range(12)]),
}


@pytest.mark.parametrize("plan", CHAINS.values(), ids=CHAINS)
def test_long_chains_have_the_values_of_their_scalars(plan):
    agree(plan)


@pytest.mark.parametrize("plan", CHAINS.values(), ids=CHAINS)
def test_a_long_chain_keeps_the_shape_and_the_device(plan):
    assert [plan(np.ones(shape)).shape for shape in ((0,), (2, 3))] == [(0,), (2, 3)]
    assert plan(torch.ones(2, 3).T[1:]).shape == (2, 2)


@pytest.mark.parametrize("name", sorted(CHAINS.keys() - {"functions"}))
def test_a_long_chain_stays_on_a_device_that_holds_no_values(name):
    plan = CHAINS[name]
    assert plan(torch.ones((2, 3), device="meta")).device.type == "meta"
    with FakeTensorMode():
        values = plan(torch.ones((), device="cuda", dtype=torch.int64))
    assert (values.device.type, values.dtype, values.shape) == ("cuda", torch.float64, ())


def counting(calls):
    """A shape that notes each call."""

    @shape
    def counted(t: Time, start: Number, *, steps: Steps) -> Value:
        calls.append(t)
        return start * (steps - t) / steps

    return counted


def test_ten_thousand_pieces_cost_one_call_of_their_formula():
    calls: list[object] = []
    counted = counting(calls)
    plan = joined(">>", *(counted(1 + k % 7, steps=1 + k % 5) for k in range(10_000)))
    asked = np.arange(100)
    scalars = [plan(int(i)) for i in asked]
    plan(asked)
    calls.clear()
    assert plan(asked).tolist() == scalars
    assert len(calls) == 1


def test_two_formulas_cost_a_call_each():
    calls: list[object] = []
    counted = counting(calls)
    plan = joined(">>", *(counted(1 + k % 7, steps=3) >> cosine(1, k % 7, steps=2) for k in range(100)))
    plan(np.arange(100))
    calls.clear()
    plan(np.arange(100))
    assert len(calls) == 1


def test_a_formula_that_branches_on_its_numbers_is_called_once_for_each_of_them():
    @shape
    def branching(t: Time, power: Positive, *, steps: Steps) -> Value:
        return t / steps if power == 1 else (t / steps) ** power

    @shape
    def choosing(t: Time, k: Positive, *, steps: Steps) -> Value:
        return (0.5, 2.0)[int(k)] * (t / steps)

    for make, numbers in ((branching, (1, 2, 3)), (choosing, (0.5, 1))):
        agree(joined(">>", *(make(numbers[place % len(numbers)], steps=4) for place in range(12))))


def test_rules_between_parameters_are_held_to_when_a_plan_is_made_only():
    agree(joined(">>", *(tanh(1, 0.1, low=-2 - k, high=2 + k, steps=4) for k in range(12))))


def test_indices_may_come_in_any_order():
    order = np.random.default_rng(0).permutation(LONG.steps or 0)
    assert LONG(order).tolist() == np.array(LONG.values())[order].tolist()


def test_a_stand_in_for_a_tensor_leaves_nothing_behind():
    plan = joined(">>", *(cosine(1, k / 12, steps=4) for k in range(12)))
    with FakeTensorMode():
        plan(torch.arange(3))
    assert type(plan(torch.arange(3))) is torch.Tensor


def test_a_long_chain_is_mapped_by_torch():
    mapped: Any = torch.func.vmap(LONG)
    assert mapped(torch.arange(30)).tolist() == LONG(torch.arange(30)).tolist()


@pytest.mark.parametrize(("asked", "read_before"), [(torch.tensor(7), True), (torch.arange(7), False)])
def test_a_long_chain_is_one_graph(asked, read_before):
    plan = joined(">>", *(linear(1, k / 9, steps=4) for k in range(9)))
    if read_before:
        plan(asked)
    compiled: Any = torch.compile(plan, backend="aot_eager", fullgraph=True)
    assert compiled(asked).tolist() == plan(asked).tolist()
