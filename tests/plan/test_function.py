"""`function`: a user's own function of the update's index as a plan."""

import copy
import math
import pickle
import re
import sys
from functools import partial
from types import ModuleType

import numpy as np
import pytest
import torch

from preheat import constant, from_json, function, linear, parse, to_json, zero_based


def refused(error, words):
    """The error, with exactly these words."""
    return pytest.raises(error, match=f"^{re.escape(words)}$")


def halving(i):
    return 0.5**i


class Slope:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, i):
        return self.slope * i

    def at(self, i):
        return self.slope * i

    @staticmethod
    def of_two(i):
        return 2 * i


HERE = __name__


# Its values


def test_a_function_is_asked_for_the_index_of_the_update():
    assert function(halving).values(4) == [1, 0.5, 0.25, 0.125]


def test_a_whole_index_is_passed_as_an_int_and_a_real_one_as_a_float():
    asked = []

    def listening(i):
        asked.append(i)
        return 0

    plan = function(listening)
    plan(3), plan(3.0), plan(3.5), plan(np.array([4, 5])), plan(torch.tensor(6))
    assert [(i, type(i)) for i in asked] == [(3, int), (3, int), (3.5, float), (4, int), (5, int), (6, int)]


def test_a_function_begins_anew_in_its_own_piece():
    assert (constant(7, steps=2) >> function(halving)).values(4) == [7, 7, 1, 0.5]


def test_after_its_end_a_function_holds_its_last_value_and_is_not_asked_beyond():
    plan = function([5, 6, 7].__getitem__, steps=3)
    assert [plan(i) for i in (0, 2, 2.0, 3, 3.5, 1_000_000)] == [5, 7, 7, 7, 7, 7]


def test_a_zero_based_function_reads_the_same_index():
    plan = function([5, 6, 7].__getitem__, steps=3)
    assert [zero_based(plan)(i) for i in range(5)] == [5, 6, 7, 7, 7]
    assert (zero_based(plan) >> constant(1))(np.arange(5)).tolist() == [5, 6, 7, 1, 1]


@pytest.mark.parametrize("value", [1, 1.0, True, np.float32(1), np.array(1), torch.tensor(1.0)])
def test_a_function_may_return_any_number(value):
    returned = function(lambda _: value)(0)
    assert (returned, type(returned)) == (1.0, float)


@pytest.mark.parametrize("value", ["1", None, 1j, [1], "x", torch.tensor([1.0, 2.0]), np.arange(2)])
def test_a_function_must_return_a_number(value):
    with pytest.raises(TypeError, match=r"(?s)^function\(.*\): the value at 3 must be a finite number, got "):
        function(lambda _: value)(3)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, torch.tensor(float("nan"))])
def test_a_function_must_return_a_finite_number(value):
    with pytest.raises(ValueError, match=r"^function\(.*\): the value at 3 must be a finite number, got "):
        function(lambda _: value)(np.array([3]))


def test_the_index_at_which_a_function_fails_is_named():
    def square_root(i):
        return float("nan") if i > 2 else i

    square_root.__qualname__ = "square_root"
    with refused(ValueError, "function(square_root, steps=9): the value at 3 must be a finite number, got nan"):
        function(square_root, steps=9).values()


def test_what_a_function_raises_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        function(lambda i: 1 / i)(0)


# Its text


@pytest.mark.parametrize(
    ("fn", "path"),
    [
        (halving, f"{HERE}:halving"),
        (Slope, f"{HERE}:Slope"),
        (Slope.of_two, f"{HERE}:Slope.of_two"),
        (math.sqrt, "math:sqrt"),
        (abs, "builtins:abs"),
    ],
)
def test_what_can_be_imported_is_written_by_name(fn, path):
    plan = function(fn, steps=4)
    assert repr(plan) == f'function("{path}", steps=4)'
    assert parse(repr(plan)) == plan == function(path, steps=4)
    assert from_json(to_json(plan)) == plan == pickle.loads(pickle.dumps(plan))
    assert hash(parse(repr(plan))) == hash(plan)


def test_a_function_by_name_has_its_values():
    assert parse(f'function("{HERE}:halving")').values(3) == [1, 0.5, 0.25]
    assert parse(f'function("{HERE}:Slope.of_two", steps=3)').values() == [0, 2, 4]


NAMELESS = {
    "a lambda": (lambda i: i, "<lambda>"),
    "a bound method": (Slope(2).at, "Slope.at"),
    "a callable object": (Slope(2), "Slope"),
    "a partial": (partial(pow, 2), "partial"),
}


@pytest.mark.parametrize(("fn", "name"), NAMELESS.values(), ids=NAMELESS)
def test_what_cannot_be_imported_has_no_text(fn, name):
    plan = 2 * function(fn, steps=4)
    assert repr(plan) == f"2 * function({name}, steps=4)"
    with refused(
        ValueError,
        f"to_json(plan): function({name}, steps=4) must be importable by name to have a text; define it in a module",
    ):
        to_json(plan)
    with pytest.raises(ValueError, match=r"^parse: line 1, column "):
        parse(repr(plan))


@pytest.mark.parametrize("fn", [fn for fn, _ in NAMELESS.values()], ids=NAMELESS)
def test_what_cannot_be_imported_is_a_value_all_the_same(fn):
    plan = function(fn)
    assert plan == function(fn)
    assert plan != function(lambda i: i)
    assert hash(plan) == hash(function(fn))
    assert copy.deepcopy(plan) is plan


def test_a_callable_object_is_pickled_with_what_it_holds():
    plan = pickle.loads(pickle.dumps(function(Slope(3))))
    assert plan.values(3) == [0, 3, 6]


def test_a_name_that_leads_elsewhere_is_not_used():
    def another(i):
        return 7 * i

    another.__qualname__ = "halving"
    assert function(another).values(2) == [0, 7]
    assert repr(function(another)) == "function(halving)"


def test_a_function_keeps_to_what_it_was_given(monkeypatch):
    plan = function(halving)
    monkeypatch.setattr(sys.modules[HERE], "halving", lambda i: 9 * i)
    assert plan(1) == 0.5
    assert function(f"{HERE}:halving")(1) == 9


# Looking up a name


def test_a_name_is_looked_up_when_the_first_value_is_asked_for(monkeypatch):
    plan = parse('function("rates_of_mine:rate", steps=4)', functions=["rates_of_mine:rate"])
    assert (repr(plan), plan.steps) == ('function("rates_of_mine:rate", steps=4)', 4)
    rates = ModuleType("rates_of_mine")
    exec("def rate(i): return 10 + i", rates.__dict__)
    monkeypatch.setitem(sys.modules, "rates_of_mine", rates)
    assert plan.values() == [10, 11, 12, 13]


def test_a_module_that_is_not_imported_is_named_and_not_imported():
    words = 'function("this.that:rate"): its module must be imported first; import this.that'
    with refused(ValueError, words):
        function("this.that:rate")(0)
    assert "this" not in sys.modules


@pytest.mark.parametrize("name", ["nothing", "HERE", "Slope.nothing", "halving.__doc__"])
def test_a_name_that_is_no_function_is_refused(name):
    words = f'function("{HERE}:{name}"): {name} must be a function of {HERE}'
    with refused(ValueError, words):
        function(f"{HERE}:{name}")(0)


# What it may be made of


@pytest.mark.parametrize("text", ["", "rate", "a:", ":b", "a b:c", "a:b:c", "a:b c", "1a:b", 'a:b"', "a:b\n", "a..b:c"])
def test_a_name_has_a_module_and_a_name_in_it(text):
    with refused(ValueError, f'function(fn={text!r}): fn must be a function of your own or "module:name"'):
        function(text)


@pytest.mark.parametrize("fn", [None, 3, [halving]])
def test_a_function_must_be_callable(fn):
    with pytest.raises(TypeError, match=r'^function\(fn=.*\): fn must be a function of your own or "module:name"$'):
        function(fn)


def test_a_plan_is_no_function():
    words = 'function(fn=linear(0, 1, steps=4)): fn must be a function of your own or "module:name"'
    with refused(TypeError, words):
        function(linear(0, 1, steps=4))


def test_a_function_has_at_least_one_update():
    with refused(ValueError, "function(steps=0): steps must be 1 or more; a function has no end to hold"):
        function(halving, steps=0)


@pytest.mark.parametrize(("steps", "error"), [(-1, ValueError), (1.5, TypeError), ("3", ValueError), (True, TypeError)])
def test_the_length_of_a_function_is_a_whole_number(steps, error):
    with pytest.raises(error, match=r"^function\(steps=.*\): steps must be a whole number of updates"):
        function(halving, steps=steps)
