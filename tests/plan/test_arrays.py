"""A plan read over an array: the same library, device and shape, the values of its scalars in float64."""

import re
import sys
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from preheat import constant, cosine, exponential, function, linear, noam, polynomial, warmup, zero_based
from preheat._math import library_of
from preheat.shapes import (
    cos,
    exp,
    expm1,
    floor,
    log,
    log1p,
    maximum,
    minimum,
    sin,
    sqrt,
    tanh,
    where,
)  # fmt: skip

UP = linear(0, 1, steps=4)
MIXED = zero_based(warmup(4) >> 2 * polynomial(1, 0.1, power=2, steps=8) + cosine(0, 1, steps=4)) * noam(4, 4)
PLANS = [UP, MIXED, constant(2), exponential(1, 0.1, steps=4), linear(1, 3, steps=0), constant(1, steps=2) >> UP]

WHOLE: list[type] = [np.int8, np.uint8, np.int32, np.int64, np.uint64]
REAL: list[type] = [np.float16, np.float32, np.float64, np.longdouble]
TORCH_WHOLE = [torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint64]
TORCH_REAL = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("dtype", WHOLE + REAL)
@pytest.mark.parametrize("plan", PLANS)
def test_numpy_arrays_of_any_number_give_float64(plan, dtype):
    values = plan(np.arange(20).astype(dtype))
    assert values.dtype == np.float64
    assert values == pytest.approx(np.array(plan.values(20)), rel=1e-15)


@pytest.mark.parametrize("dtype", TORCH_WHOLE + TORCH_REAL)
@pytest.mark.parametrize("plan", PLANS)
def test_torch_tensors_of_any_number_give_float64(plan, dtype):
    values = plan(torch.arange(20).to(dtype))
    assert values.dtype == torch.float64
    assert values.numpy() == pytest.approx(np.array(plan.values(20)), rel=1e-15)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0), (2, 3), (1, 1, 4)])
@pytest.mark.parametrize("plan", PLANS)
def test_the_shape_is_kept(plan, shape):
    values = plan(np.ones(shape, int)), plan(torch.ones(shape, dtype=torch.int64))
    assert [type(v) for v in values] == [np.ndarray, torch.Tensor]
    assert [tuple(v.shape) for v in values] == [shape, shape]


@pytest.mark.parametrize("plan", PLANS)
def test_an_array_of_no_axes_holds_the_value_of_its_scalar(plan):
    assert float(plan(np.array(2))) == float(plan(torch.tensor(2))) == plan(2)


@pytest.mark.parametrize("array", [np.array([-5, 0, 0, 3]), np.array([-0.5, -1e9, 0, 3]), torch.tensor([-5, -9, 0, 3])])
@pytest.mark.parametrize("plan", PLANS)
def test_entries_below_0_read_as_0(plan, array):
    assert plan(array).tolist() == plan(np.array([0, 0, 0, 3])).tolist()


def test_the_array_itself_is_left_as_it_was():
    array, tensor = np.array([-1.0, 2.0]), torch.tensor([-1.0, 2.0], dtype=torch.float64)
    UP(array), UP(tensor)
    assert (array.tolist(), tensor.tolist()) == ([-1, 2], [-1, 2])


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_a_tensor_stays_on_its_device(plan, dtype):
    values = plan(torch.zeros((2, 3), dtype=dtype, device="meta"))
    assert (values.device.type, values.shape, values.dtype) == ("meta", (2, 3), torch.float64)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([True]), "bool"),
        (torch.tensor([True]), "bool"),
        (np.array([1j]), "complex128"),
        (torch.tensor([1j]), "complex64"),
        (np.array(["1"]), "<U1"),
        (np.array([None]), "object"),
        (np.array(["2026-01-01"], "datetime64[D]"), "datetime64[D]"),
    ],
)
def test_an_array_of_anything_but_numbers_is_refused(array, kind):
    words = re.escape(f"plan(i=an array of {kind}): i must hold whole or real numbers")
    with pytest.raises(TypeError, match=f"^{words}$"):
        UP(array)


def test_a_long_run_is_read_at_once():
    plan = warmup(2_000) >> cosine(1, 0.1, steps=98_000)
    values = plan(np.arange(100_000))
    assert values[[0, 1_999, 99_999]].tolist() == [0.0005, 1.0, 0.1]
    assert values == pytest.approx(plan.values(), rel=4 * 2.0**-52, abs=0)


@pytest.mark.parametrize("plan", [*PLANS, warmup(99_000) >> cosine(1, 0, steps=50_000)])
def test_a_long_array_keeps_its_shape_and_order(plan):
    indices = np.arange(150_000).reshape(3, -1).T
    assert plan(indices).tolist() == np.array([plan(row) for row in indices.T]).T.tolist()


@pytest.mark.parametrize("plan", [*PLANS, function(lambda i: i)])
def test_a_tensor_stays_on_its_device_whatever_the_default_is(plan):
    with torch.device("meta"):
        values = plan(torch.arange(6, device="cpu"))
    assert values.tolist() == pytest.approx(plan.values(6), rel=1e-15)


def test_a_function_is_called_for_each_element():
    plan = constant(7, steps=1) >> function(lambda i: 1 / (i + 1), steps=3)
    assert plan(np.arange(6)).tolist() == plan(torch.arange(6)).tolist() == [plan(i) for i in range(6)]


@pytest.mark.parametrize(("device", "dtype"), [("cuda", torch.float64), ("mps", torch.float32)])
@pytest.mark.parametrize("plan", PLANS)
def test_an_accelerator_gets_the_widest_float_it_has(plan, device, dtype):
    with FakeTensorMode():  # torch's own stand-in: it checks devices and dtypes, and needs no such device
        values = plan(torch.arange(8, device=device))
    assert (values.device.type, values.dtype) == (device, dtype)


# The mathematics


@pytest.mark.parametrize("function", [sqrt, exp, expm1, log, log1p, sin, cos, tanh, floor])
def test_a_function_follows_its_argument(function):
    value = function(0.75)
    assert isinstance(value, float | int)
    assert function(np.array([0.75])) == pytest.approx([value], rel=1e-15)
    assert function(torch.tensor([0.75], dtype=torch.float64)).tolist() == pytest.approx([value], rel=1e-15)


@pytest.mark.parametrize("name", ["minimum", "maximum"])
@pytest.mark.parametrize("make", [np.array, lambda x: torch.tensor(x, dtype=torch.float64)])
def test_either_of_two_may_be_an_array(name, make):
    function: Any = {"minimum": minimum, "maximum": maximum}[name]
    low, high = make([1.0, 2.0]), make([2.0, 1.0])
    expected = {"minimum": ([1, 1], [1, 1.5]), "maximum": ([2, 2], [1.5, 2])}[name]
    assert function(low, high).tolist() == expected[0]
    assert function(low, 1.5).tolist() == function(1.5, low).tolist() == expected[1]
    assert function(1.0, 1.5) == {"minimum": 1.0, "maximum": 1.5}[name]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_where_chooses_between_numbers_and_arrays(make):
    condition, choose = make([True, False]), cast("Any", where)
    assert choose(condition, 0.1, 0.2).tolist() == [0.1, 0.2]
    assert choose(condition, make([1.0, 2.0]), 0.5).tolist() == [1, 0.5]
    assert [choose(truth, 1, 2) for truth in (True, False, np.False_)] == [1, 2, 2]


def test_numbers_belong_to_no_library():
    assert [library_of(x) for x in (1, 1.0, True, "1", None, np.float64(1), [1])] == [None] * 7


def test_arrays_belong_to_theirs():
    assert (library_of(np.zeros(1)), library_of(torch.zeros(1))) == (np, torch)


def test_a_library_that_is_only_half_imported_is_no_hindrance(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    monkeypatch.setitem(sys.modules, "jax", ModuleType("jax"))
    assert UP(np.array([3])).tolist() == [1.0]
