"""A plan bound to a function of floats: the formulas as they are written, over plain numbers."""

import dis
import gc
import math
import weakref
from types import FunctionType

import pytest
from hypothesis import given

from preheat import cosine, function, linear, polynomial, warmup
from preheat._math import OF_NUMBERS
from preheat._plan.compile import _specialized, inlined, over_numbers, specialize
from preheat.shapes import Number, Steps, Time, Value, maximum, minimum, shape, sqrt, where
from strategies import plans

ASKED = [*range(30), 0.25, 3.5, 100.5, 10**6]


@given(plans())
def test_a_bound_plan_has_bit_for_bit_the_values_of_the_formulas_as_written(plan):
    written = plan._make_formula(1)
    assert [float(plan._scalar_fn(float(i))) for i in ASKED] == [float(written(float(i))) for i in ASKED]


def test_a_plan_is_bound_once():
    plan = warmup(4) >> cosine(1, 0, steps=8)
    assert plan._scalar_fn is plan._scalar_fn


def test_a_bound_plan_is_equal_hashed_and_written_as_before():
    plan, twin = (2 * warmup(4) >> cosine(1, 0, steps=8) for _ in range(2))
    plan(3)
    assert (plan, hash(plan), repr(plan), plan.__dict__) == (twin, hash(twin), repr(twin), {})


def test_a_bound_function_is_freed_with_its_plan():
    plan = function(lambda i: i, steps=3)
    assert plan(1) == 1.0
    gone = weakref.ref(plan)
    gc.disable()  # it would free a cycle too
    try:
        del plan
        assert gone() is None
    finally:
        gc.enable()


def half(t: float, steps: int) -> float:
    return sqrt(t / steps) / 2 if t else OFFSET


def counted(number: float) -> float:
    return number if number < 1 else counted(number - 1)


OFFSET = 0.0


def test_helpers_of_a_shape_are_bound_with_it():
    @shape
    def helped(t: Time, *, steps: Steps) -> Value:
        return half(t, steps) + sum(counted(k) for k in (1.5, 2.5))

    bound = specialize(helped(steps=4).shape.formula, over_numbers)  # type: ignore[attr-defined]  # of a curve
    assert bound.__globals__["half"].__globals__["sqrt"] is math.sqrt
    assert helped(steps=4)(3) == 1.5


def test_a_shape_may_be_a_closure():
    factor, root = 2, sqrt

    @shape
    def enclosed(t: Time, start: Number = 1, *, steps: Steps) -> Value:
        return start * factor * root(t / steps)

    assert enclosed(steps=4)(0) == 1.0


class Falling:
    """A formula that is no function of Python's."""

    __name__ = __qualname__ = "falling"
    __annotations__ = {"t": Time, "steps": Steps, "return": Value}  # as every function has them

    def __call__(self, t: Time, *, steps: Steps) -> Value:
        return (steps - t) / steps


def test_a_shape_may_be_any_callable():
    assert shape(Falling())(steps=4).values() == [0.75, 0.5, 0.25, 0]


def test_a_value_is_a_float_whatever_the_formula_gives():
    @shape
    def one(t: Time) -> Value:  # noqa: ARG001  # the same at every update
        return 1

    assert [type(value) for value in (one()(3), *one().values(2))] == [float] * 3


@pytest.mark.parametrize("follows", OF_NUMBERS, ids=lambda follows: follows.__name__)
def test_what_follows_its_argument_is_bound_to_what_does_not(follows):
    assert specialize(follows, over_numbers) is OF_NUMBERS[follows]


def test_pieces_are_bound_when_they_are_reached():
    plan = linear(0, 1, steps=4) >> polynomial(1, 0, power=2, steps=4)
    _specialized.cache_clear()
    plan(3)
    assert _specialized.cache_info().currsize == 2  # of the piece, and of its formula


# Calls written out


def lesser(t, k):
    """As a formula is, with calls inside calls."""
    return where(t < k, minimum(maximum(t, 1), k), maximum(sqrt(k), minimum(1, t)))


def kept(t, k):
    """Calls that are not in the form of a formula's."""
    return where(t < k, yes=minimum(*(t, k)), no=max(t, k))


def enclosing(t):
    return lambda k: minimum(t, k)


def without_a_text():
    names = {"minimum": minimum}
    exec("def unseen(t, k):\n    return minimum(t, k)", names)
    return names["unseen"]


def with_another_text():
    """As when a file is edited while it runs: the code is that of `kept`, the place that of `lesser`."""
    return FunctionType(kept.__code__.replace(co_firstlineno=lesser.__code__.co_firstlineno), globals(), "lesser")


def test_where_minimum_and_maximum_are_written_out():
    code = inlined(lesser)
    assert {"where", "minimum", "maximum"}.isdisjoint(called(code))
    written = FunctionType(code, {"sqrt": math.sqrt})
    assert [written(t, 2.5) for t in (0, 2, 3)] == [lesser(t, 2.5) for t in (0, 2, 3)]


def called(code):
    return {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}


def test_calls_of_another_form_stay():
    assert {"where", "minimum", "max"} == called(inlined(kept))


@pytest.mark.parametrize("function", [enclosing(1), without_a_text(), with_another_text()], ids=lambda f: f.__name__)
def test_a_function_whose_text_is_not_at_hand_keeps_its_code(function):
    assert inlined(function) is function.__code__


def test_an_error_in_what_was_written_out_has_its_line():
    written = FunctionType(inlined(lesser), {"sqrt": math.sqrt})
    with pytest.raises(TypeError) as caught:
        written(None, 2.5)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno) == (__file__, lesser.__code__.co_firstlineno + 1)
