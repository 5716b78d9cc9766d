"""Chains of ten thousand pieces cost what their pieces cost; nesting has its limit."""

import gc
import pickle
import re
from functools import reduce
from operator import add, mul, rshift
from typing import Any

import numpy as np
import pytest

from preheat import constant, from_json, linear, parse, to_json, zero_based
from preheat._plan import Plus, Then, Times

UP, DOWN = linear(0, 1, steps=4), linear(1, 0, steps=4)
OPERATIONS = {Then: rshift, Times: mul, Plus: add}


# Ten thousand pieces


@pytest.fixture(scope="module", params=[rshift, mul, add], ids=[">>", "*", "+"])
def long(request):
    """Ten thousand pieces joined one by one, and the pieces."""
    pieces = [linear(1, 1 + k % 3 / 2**14, steps=3) for k in range(10_000)]
    return reduce(request.param, pieces), pieces


def test_a_long_chain_is_flat(long):
    plan, pieces = long
    assert list(plan.plans) == pieces
    assert plan.depth == 2


def test_a_long_chain_has_the_values_of_its_pieces(long):
    plan, pieces = long
    expected = {
        Then: lambda: [pieces[0](0), pieces[5_000](1), pieces[-1](2)],
        Times: lambda: [float(np.prod([piece(i) for piece in pieces])) for i in range(3)],
        Plus: lambda: [sum(piece(i) for piece in pieces) for i in range(3)],
    }[type(plan)]()
    asked = [0, 15_001, 29_999] if isinstance(plan, Then) else [0, 1, 2]
    assert [plan(i) for i in asked] == pytest.approx(expected, rel=1e-12)
    assert plan(np.array(asked)) == pytest.approx(expected, rel=1e-12)


def test_a_long_chain_is_a_value(long):
    plan, pieces = long
    twin = reduce(OPERATIONS[type(plan)], pieces)
    assert twin == plan
    assert hash(twin) == hash(plan)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert parse(repr(plan)) == plan
    assert from_json(to_json(plan)) == plan


@pytest.mark.parametrize("join", OPERATIONS.values(), ids=[">>", "*", "+"])
def test_a_chain_of_a_hundred_thousand_is_freed_unread(join):
    plan = reduce(join, [constant(1, steps=1)] * 100_000)
    assert plan.steps == (100_000 if join is rshift else 1)
    del plan
    gc.collect()


def pieces(chain: Any):
    """The plans in a chain."""
    return chain.plans


def test_a_chain_of_chains_is_one_chain():
    assert (UP >> DOWN) >> (DOWN >> UP) == UP >> DOWN >> DOWN >> UP
    assert pieces((UP >> DOWN) >> (DOWN >> UP)) == (UP, DOWN, DOWN, UP)


def test_a_chain_that_was_read_can_be_joined_further():
    plan = UP >> DOWN
    assert pieces(plan) == (UP, DOWN)
    assert pieces(plan >> UP) == (UP, DOWN, UP)


# Nesting


def nested(depth):
    """A plan of so many levels, with every operator among them."""
    plan, levels = UP, [lambda p: p + UP, lambda p: p * UP, lambda p: p >> UP, zero_based]
    while plan.depth < depth:
        plan = levels[plan.depth % 4](plan)
    return plan


def test_nesting_of_64_levels_is_accepted_everywhere():
    plan = nested(64)
    assert plan.depth == 64
    assert np.isfinite(plan(2))
    assert parse(repr(plan)) == plan == from_json(to_json(plan)) == pickle.loads(pickle.dumps(plan))
    assert hash(parse(repr(plan))) == hash(plan)


@pytest.mark.parametrize("deeper", [lambda p: 2 * p, lambda p: p + UP, lambda p: p >> UP])
def test_nesting_of_65_levels_is_refused(deeper):
    words = "plan(depth=65): depth must be at most 64, the levels of nesting"
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        deeper(zero_based(nested(63)))
