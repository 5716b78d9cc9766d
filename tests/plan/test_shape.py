"""`@shape` makes a formula a shape, and refuses at definition whatever its signature shows."""

import inspect
import re
from typing import Any, get_args

import numpy as np
import pytest

from preheat import cosine, exponential, inverse_sqrt, linear, noam, polynomial, shapes
from preheat._fields import Field, checked, field_of, parameters_of
from preheat._plan import VOCABULARY
from preheat.shapes import Count, Number, Steps, Time, Value, log, require, shape, sqrt, where


def refused(error, words):
    """The error, with exactly these words."""
    return pytest.raises(error, match=f"^{re.escape(words)}$")


def plain(t: Time, start: Number, end: Number = 0.5, *, rounds: Count = 2, steps: Steps) -> Value:
    """A formula."""
    return end + (start - end) * ((steps - t) / steps) * rounds / rounds


# What a shape is


def test_a_shape_looks_like_its_formula_without_t():
    make = shape(plain)
    assert str(inspect.signature(make)) == "(start, end=0.5, *, rounds=2, steps)"
    assert (make.__name__, make.__doc__, make.__module__) == ("plain", "A formula.", __name__)


def test_a_shape_fills_in_its_defaults():
    make = shape(plain)
    assert make(1, steps=2) == make(1, 0.5, rounds=2, steps=2)
    assert repr(make(1, steps=2)) == "plain(1, 0.5, rounds=2, steps=2)"


def test_a_shape_takes_its_parameters_by_name():
    assert linear(end=1, start=0, steps=4) == linear(0, 1, steps=4)


def test_a_shape_with_steps_ends_and_one_without_does_not():
    assert (linear(0, 1, steps=4).steps, noam(4, 4).steps) == (4, None)
    made: list[Any] = [linear, noam]
    assert [make.shape.finite for make in made] == [True, False]


def test_a_formula_that_forgets_its_time_gives_arrays_all_the_same():

    @shape
    def level(t: Time, value: Number) -> Value:  # noqa: ARG001  # that is what it forgets
        return value

    assert level(2)(np.arange(3)).tolist() == (1 * level(2) + 0 * level(2))(np.arange(3)).tolist() == [2, 2, 2]


def test_a_shape_defined_anew_is_another():
    first, second = shape(plain), shape(plain)
    assert first(1, steps=2) != second(1, steps=2)
    assert VOCABULARY["plain"] is second


# What its signature shows

FIRST = "the first parameter must be t: Time"
LENGTH = "steps must be a keyword, annotated as Steps (after a `*`)"
FIELD = "start must be annotated as Number, Steps or another field"
NAME = "start must be a parameter that can be given by name"
REFUSED = {
    "t that comes late": ("late(start: Number, t: Time) -> Value", f"@shape late: {FIRST}"),
    "t that is not annotated": ("loose(t, start: Number) -> Value", f"@shape loose: {FIRST}"),
    "t that is a keyword": ("named(*, t: Time, start: Number) -> Value", f"@shape named: {FIRST}"),
    "no parameters": ("empty() -> Value", f"@shape empty: {FIRST}"),
    "no return annotation": ("nothing(t: Time)", "@shape nothing: the return annotation must be Value"),
    "another return annotation": ("plain(t: Time) -> float", "@shape plain: the return annotation must be Value"),
    "an end without a length": (
        "boundless(t: Time, start: Number, end: Number) -> Value",
        "@shape boundless: a shape with an end must have a length, steps: Steps; call a limit floor",
    ),
    "steps by position": ("placed(t: Time, steps: Steps) -> Value", f"@shape placed: {LENGTH}"),
    "steps that are a count": ("counted(t: Time, *, steps: Count) -> Value", f"@shape counted: {LENGTH}"),
    "a parameter without annotation": ("bare(t: Time, start) -> Value", f"bare(start): {FIELD}"),
    "a parameter of another kind": ("foreign(t: Time, start: float) -> Value", f"foreign(start): {FIELD}"),
    "a parameter of two kinds": ("both(t: Time, start: Steps | Number) -> Value", f"both(start): {FIELD}"),
    "a parameter without a name": ("nameless(t: Time, start: Number, /) -> Value", f"nameless(start): {NAME}"),
    "any number of parameters": ("many(t: Time, *start: Number) -> Value", f"many(start): {NAME}"),
    "any keywords": ("open(t: Time, **start: Number) -> Value", f"open(start): {NAME}"),
    "a default that is not allowed": (
        "proud(t: Time, power: Positive = -1) -> Value",
        "proud(power=-1): power must be a number above 0",
    ),
    "a name that is taken": (
        "linear(t: Time, start: Number) -> Value",
        "linear: the name must be new; preheat.shapes.ramps has one",
    ),
}


@pytest.mark.parametrize(("signature", "words"), REFUSED.values(), ids=REFUSED)
def test_a_shape_is_refused_at_definition_that_has(signature, words):
    module = {name: getattr(shapes, name) for name in shapes.__all__}
    exec(f"def {signature}: ...", module)
    with pytest.raises((TypeError, ValueError)) as caught:
        shape(module[signature.partition("(")[0]])
    assert str(caught.value) == words


def test_what_was_refused_is_not_in_the_language():
    with pytest.raises(TypeError):
        shape(lambda t: t)
    assert not {"late", "nothing", "<lambda>"} & set(VOCABULARY)


# What its parameters break


@pytest.mark.parametrize("args", [(), (1,), (1, 2, 3)])
def test_a_missing_or_surplus_argument_is_refused_with_the_signature(args):
    with pytest.raises(TypeError, match=r"^linear\(\): .*; it takes linear\(start, end, \*, steps\)$"):
        linear(*args, steps=4)


def test_an_unknown_argument_is_refused_with_the_signature():
    words = "linear(length=...): length must be a parameter of it; it takes linear(start, end, *, steps)"
    with refused(TypeError, words):
        linear(0, 1, steps=4, length=4)  # type: ignore[call-arg]  # that is refused


@pytest.mark.parametrize(("start", "end"), [(1, 0), (0, 1), (0, 0), (1, -1), (-1, 0.1), (1e200, 1e-200), (1e-320, 1)])
def test_exponential_refuses_ends_that_no_ratio_joins(start, end):
    words = ": start and end must be both above 0 or both below, their ratio finite"
    with pytest.raises(ValueError, match=rf"^exponential\(.*, steps=4\){words}$"):
        exponential(start, end, steps=4)


@pytest.mark.parametrize(("start", "end"), [(1e-200, 2e-200), (-1, -2), (1e150, 1e-150)])
def test_exponential_takes_ends_of_one_sign(start, end):
    assert exponential(start, end, steps=4).values()[-1] == end


def test_a_rule_between_parameters_is_refused_with_all_of_them():
    @shape
    def falling(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
        require(start > end, "start must be above end")
        return start + (end - start) * (t / steps)

    assert falling(1, 0, steps=4).values() == [0.75, 0.5, 0.25, 0]
    with refused(ValueError, "falling(0, 1, steps=4): start must be above end"):
        falling(0, 1, steps=4)


def test_a_formula_that_is_not_defined_at_its_start_is_refused_when_a_plan_is_made():
    @shape
    def hyperbola(t: Time, scale: Number) -> Value:
        return scale / t

    @shape
    def logarithm(t: Time, scale: Number) -> Value:
        return scale * log(t)

    with refused(ValueError, "hyperbola(1): the formula must be defined at t=0; float division by zero"):
        hyperbola(1)
    with pytest.raises(ValueError, match=r"^logarithm\(1\): the formula must be defined at t=0; "):
        logarithm(1)


def test_a_formula_that_is_not_finite_at_its_start_is_refused_when_a_plan_is_made():
    with refused(ValueError, "cosine(1e+308, -1e+308, steps=4): the formula must be finite at t=0; it gives nan"):
        cosine(1e308, -1e308, steps=4)


def test_a_shape_without_an_end_has_at_least_one_update():
    @shape
    def wave(t: Time, height: Number, *, steps: Steps) -> Value:
        return height * sqrt(t / steps)

    assert wave(1, steps=1)(0) == 1
    with refused(ValueError, "wave(1, steps=0): steps must be 1 or more; there is no end to hold"):
        wave(1, steps=0)


# Fields

ANNOTATIONS = {
    name: annotation
    for name, annotation in vars(shapes).items()
    if any(isinstance(part, Field) for part in get_args(annotation))
}


def test_the_annotations_are_found():
    assert {"Number", "Positive", "Beta", "Steps", "Count"} <= set(ANNOTATIONS)


@pytest.mark.parametrize("annotation", ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_a_field_takes_its_good_values_and_refuses_its_bad_ones(annotation):
    field = field_of(annotation)
    assert [field.check("who", "what", good) for good in field.good] == list(field.good)
    for bad in field.bad:
        with pytest.raises((TypeError, ValueError), match=re.escape(f"what must be {field.words}")):
            field.check("who", "what", bad)


def test_a_field_makes_plain_numbers():
    make: Any = linear
    made = make(np.float32(0.5), np.int64(1), steps=np.uint8(4))
    assert made == linear(0.5, 1, steps=4)
    assert [type(value) for value in (*made.args, made.steps)] == [float, float, int]


def test_minus_zero_is_zero():
    plan: Any = linear(-0.0, 1, steps=4)
    assert (repr(plan), str(plan.args[0])) == ("linear(0, 1, steps=4)", "0.0")


def test_a_field_is_found_behind_an_option():
    assert field_of(Steps | None) is field_of(Steps)


def test_a_checked_function_may_leave_out_what_is_optional():
    @checked
    def stretched(a: Number, b: Count | None = None) -> tuple[float, int | None]:
        return a, b

    assert (stretched(1), stretched(1, None), stretched(1, 2)) == ((1.0, None), (1.0, None), (1.0, 2))
    assert parameters_of(stretched).fields.keys() == {"a", "b"}


def test_polynomial_of_power_one_is_linear():
    assert polynomial(1, 0, power=1, steps=4).values() == linear(1, 0, steps=4).values()


def test_inverse_sqrt_is_half_after_three_timescales():
    assert inverse_sqrt(100)(299) == 0.5


def test_where_may_stand_for_if():
    @shape
    def step(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
        return where(t < steps, start, end)

    assert step(1, 0, steps=4).values() == [1, 1, 1, 0]
