"""What every public callable does with nonsense: one form of words, or a value that means what it says.

Shapes and recipes are asked through the fields of their annotations, everything else through a table.
"""

import re
from decimal import Decimal
from fractions import Fraction
from inspect import signature
from itertools import product
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import bad_calls
from preheat._fields import Field, Range, short_repr
from preheat._plan import VOCABULARY
from promises import LIKE, choices

# Each is tried for every parameter that is a number.
NUMBERS = {
    "NaN": nan, "infinity": inf, "minus infinity": -inf, "too large": 10**400, "NumPy's NaN": np.float64(nan),
    "a bool": True, "NumPy's bool": np.bool_(1), "a text": "1", "nothing": None, "a list": [1], "a dict": {},
    "a complex number": 1j, "a type": int, "a tensor of two": torch.ones(2), "an array of two": np.ones(2),
    "a decimal": Decimal(1), "a rational": Fraction(1, 2), "2 ** 53": 2**53,
    "negative": -1, "a negative float": -0.5, "zero": 0, "minus zero": -0.0, "a fraction": 0.5, "a whole float": 2.0,
    "NumPy's float64": np.float64(0.25), "NumPy's float32": np.float32(0.25),
    "NumPy's int64": np.int64(7), "NumPy's uint8": np.uint8(7),
}  # fmt: skip
FORM = re.compile(r"^[\w.@]+\(.*\): .*\bmust\b", re.DOTALL)


class Row(NamedTuple):
    """One parameter of one callable."""

    who: str
    parameter: str
    call: Any  # makes something comparable of a value
    rule: Any

    def __str__(self):
        return f"{self.who}-{self.parameter}"

    def values(self):
        """What is tried; for a parameter that is no number, what its annotation calls bad as well."""
        return [*NUMBERS.items(), *((short_repr(bad), bad) for bad in getattr(self.rule, "bad", ()))]

    def allowed(self):
        return [(label, value) for label, value in self.values() if not self.rule.error(value)]

    def forbidden(self):
        return [(label, value) for label, value in self.values() if self.rule.error(value)]


def good_arguments(make):
    """The first of the good values of the annotations that the callable takes together."""
    tried = choices(make)
    for values in product(*tried.values()):
        arguments = dict(zip(tried, values, strict=True))
        try:
            make(**arguments)
        except ValueError:
            continue
        return arguments
    raise AssertionError(f"{make.__name__}: the good values of its annotations must make a plan")


class Kind(NamedTuple):
    """What a parameter that is no single number must be: asked of its own annotation."""

    field: Field
    none: bool

    @property
    def words(self):
        return self.field.words

    @property
    def bad(self):
        return self.field.bad

    def error(self, value):
        """The kind of error that a value is due, or None."""
        if value is None and self.none:
            return None
        try:
            self.field.check("it", "name", value)
        except (TypeError, ValueError) as error:
            return type(error)
        return None


def rule_of(field, parameter):
    none = parameter.default is None
    within = field.parse
    if not isinstance(within, Range):
        return Kind(field, none)
    return bad_calls.Rule(
        lambda x: within.low < x < within.high, field.words, whole=within.whole, none=none, units=within.units
    )


def of_annotations():
    """Every parameter of every shape, every recipe and every function with a peer's name."""
    for make in [*VOCABULARY.values(), *LIKE.values()]:
        parameters = make.shape.parameters if hasattr(make, "shape") else getattr(make, "parameters", None)
        if parameters is None:
            continue  # it is in the table
        good = good_arguments(make)
        for name, field in parameters.fields.items():

            def call(value, make=make, good=good, name=name):
                return make(**{**good, name: value})

            yield Row(make.__name__, name, call, rule_of(field, signature(make).parameters[name]))


ANNOTATED, BY_HAND = list(of_annotations()), [Row(*row) for row in bad_calls.NUMBERS_BY_HAND]
each = lambda rows: pytest.mark.parametrize("row", rows, ids=str)  # noqa: E731  # a short decorator


def plain(value):
    """A Python number in place of NumPy's."""
    return value.item() if isinstance(value, np.generic) else value


def made_or_refused(call, value):
    """What a call makes of a value, or its refusal."""
    try:
        return call(value), None
    except (TypeError, ValueError) as error:
        return None, error


@each(ANNOTATED + BY_HAND)
def test_a_value_that_its_parameter_forbids_is_refused_in_words(row):
    for label, value in row.forbidden():
        _, error = made_or_refused(row.call, value)
        assert type(error) is row.rule.error(value), label
        assert FORM.search(str(error)), label
        if row.rule.words is not None:
            words = f"{row.who}({row.parameter}={short_repr(value)}): {row.parameter} must be {row.rule.words}"
            assert str(error).startswith(words), label


def test_a_callable_that_takes_nonsense_is_caught():
    with pytest.raises(AssertionError, match="NaN"):
        test_a_value_that_its_parameter_forbids_is_refused_in_words(Row("lenient", "n", float, bad_calls.updates))


@each(BY_HAND)
def test_a_value_that_is_allowed_means_what_the_plain_number_means(row):
    for label, value in row.allowed():
        assert row.call(value) == row.call(plain(value)), label


@each(ANNOTATED)
def test_a_value_that_an_annotation_allows_makes_a_plan_unless_a_rule_between_parameters_forbids_it(row):
    for label, value in row.allowed():
        made, error = made_or_refused(row.call, value)
        if error is None:
            assert made == row.call(plain(value)), label
        else:
            assert type(error) is ValueError, label
            assert re.match(rf"{row.who}\([^:]*\): .* must be ", str(error)), label
            assert f"{row.parameter} must be {row.rule.words}" not in str(error), label


@pytest.mark.parametrize(("_", "call", "words"), bad_calls.WRONG_KIND)
def test_what_is_of_a_wrong_kind_is_refused_in_words(_, call, words):
    with pytest.raises(TypeError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize(("_", "call", "words"), bad_calls.WRONG_VALUE)
def test_what_means_nothing_is_refused_in_words(_, call, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the words are asserted below
        call()
    assert words in str(caught.value)


def test_no_public_callable_is_forgotten():
    by_hand = {name.partition(" ")[0] for name, _, _ in bad_calls.WRONG_KIND + bad_calls.WRONG_VALUE}
    assert {row.who for row in ANNOTATED + BY_HAND} | by_hand >= bad_calls.public()


def test_how_many_probes_there_are():
    assert sum(len(row.values()) for row in ANNOTATED) >= 4664  # more with every shape
    assert sum(len(row.values()) for row in BY_HAND) == 840
    assert len(bad_calls.WRONG_KIND) + len(bad_calls.WRONG_VALUE) == 122
