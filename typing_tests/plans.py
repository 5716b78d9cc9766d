"""What a type checker knows of plans; checked by mypy and pyright, never run."""

from typing import Any, assert_type

import numpy as np
import torch

from preheat import (
    Plan,
    constant,
    cosine,
    from_json,
    function,
    linear,
    maximum,
    noam,
    parse,
    repeat,
    resolve,
    tanh,
    to_json,
    until,
    warmup,
    wsd,
    zero_based,
)

assert_type(linear(0, 1, steps=4), Plan)
assert_type(tanh(1, 0, low=-6, high=3, steps=4), Plan)
assert_type(noam(512, 4_000), Plan)
assert_type(warmup(4), Plan)
assert_type(wsd(10, total_steps=100, decay_steps=10), Plan)
assert_type(warmup("3ep") >> cosine(1, 0.1, steps="rest"), Plan)
assert_type(2 * warmup(4) + 1, Plan)
assert_type(1 - constant(0.5) / 2, Plan)
assert_type(maximum(warmup(4), 0.1), Plan)
assert_type(zero_based(repeat(warmup(4), 3)), Plan)
assert_type(until(noam(512, 4_000), 10), Plan)
assert_type(function(lambda i: 1 / (1 + i)), Plan)
assert_type(resolve(warmup("5%"), total_steps=100), Plan)
assert_type(parse("warmup(4)"), Plan)
assert_type(from_json(to_json(warmup(4))), Plan)

plan = warmup(4)
assert_type(plan(0), float)
assert_type(plan(0.5), float)
indices: np.ndarray[Any, Any] = np.arange(4)
assert_type(plan(indices), np.ndarray[Any, Any])
assert_type(plan(torch.arange(4)), torch.Tensor)
assert_type(plan.steps, int | None)
assert_type(plan.values(), list[float])
assert_type(to_json(plan), str)
assert_type(repr(plan), str)
