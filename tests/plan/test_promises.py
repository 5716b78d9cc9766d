"""Every shape keeps every promise, without a test of its own; and each promise can be broken."""

import importlib
import sys
from textwrap import dedent, indent

import pytest

import promises
from preheat import constant, parse
from preheat._plan import VOCABULARY

sentence = lambda check: check.__name__.removeprefix("check_")  # noqa: E731  # an id, read in the names of tests


@pytest.mark.parametrize("make", promises.CATALOGUE, ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", promises.CHECKS, ids=sentence)
def test_every_shape_keeps_the_promise(check, make):
    check(make)


def test_the_catalogue_is_what_the_folder_of_shapes_defines():
    assert {make.__name__ for make in promises.CATALOGUE} >= {
        "linear", "cosine", "polynomial", "exponential", "one_minus_sqrt", "inverse_sqrt", "noam",
    }  # fmt: skip


@pytest.fixture
def define(tmp_path, monkeypatch):
    """Define a shape in a new module of one file, as a newcomer would; forgotten after the test."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(body, *, doc="", name="newcomer", imports=""):
        formula = f'def {name}(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:\n    """{doc}\n    """\n'
        source = f"from preheat.shapes import *\n{imports}\n\n@shape\n{formula}{indent(dedent(body), '    ')}\n"
        (tmp_path / "a_new_family.py").write_text(source)
        importlib.invalidate_caches()
        return getattr(importlib.import_module("a_new_family"), name)

    yield make
    sys.modules.pop("a_new_family", None)


DOC = """Falls as a parabola.

    >>> newcomer(1, 0, steps=4).values()
    [0.5625, 0.25, 0.0625, 0.0]

    Source: this very test."""
PARABOLA = "left = ((steps - t) / steps) ** 2\nreturn start * left + end * (1 - left)"


def failing(make):
    """The checks that a shape fails, and in what words."""
    words = {}
    for check in promises.CHECKS:
        try:
            check(make)
        except AssertionError as error:
            words[sentence(check)] = str(error)
    return words


def test_a_new_shape_is_one_function_and_keeps_all_promises_without_a_test(define):
    newcomer = define(PARABOLA, doc=DOC)
    assert failing(newcomer) == {}


def test_a_new_shape_is_a_word_of_the_language(define):
    newcomer = define(PARABOLA, doc=DOC)
    assert parse("newcomer(1, 0, steps=4) >> constant(0)") == newcomer(1, 0, steps=4) >> constant(0)


def test_a_new_shape_is_forgotten_after_its_test():
    assert not {"newcomer", "counting"} & set(VOCABULARY)


def test_an_if_on_time_is_caught(define):
    words = failing(define(f"if t == 0:\n    return start\n{PARABOLA}", doc=DOC))
    assert list(words) == [
        "an_array_equals_its_scalars", "it_stays_on_the_device", "it_is_defined_at_its_start", "it_keeps_its_end",
    ]  # fmt: skip
    assert "must take an array of NumPy, but The truth value of an array" in words["an_array_equals_its_scalars"]


def test_a_function_of_math_is_caught(define):
    body = PARABOLA.replace("** 2", "* math.sqrt((steps - t) / steps)")
    words = failing(define(body, doc="A power.\n\n    Source: none.", imports="import math"))
    assert "must take an array of NumPy, but only" in words["an_array_equals_its_scalars"]


def test_a_false_number_in_a_docstring_is_caught(define):
    words = failing(define(PARABOLA, doc=DOC.replace("0.5625", "0.5626")))
    assert list(words) == ["its_example_is_true"]
    assert "newcomer: the example in its docstring must be true" in words["its_example_is_true"]
    assert "Got:\n    [0.5625, 0.25, 0.0625, 0.0]" in words["its_example_is_true"]


def test_a_docstring_without_an_example_is_caught(define):
    words = failing(define(PARABOLA, doc="Falls as a parabola.\n\n    Source: this very test."))
    assert words == {"its_example_is_true": "newcomer: its docstring must have an example, `>>> newcomer(...)`"}


def test_a_docstring_without_a_source_is_caught(define):
    words = failing(define(PARABOLA, doc=DOC.replace("Source:", "See")))
    assert words == {"it_names_its_source": "newcomer: must name its Source:"}


def test_a_hidden_counter_is_caught(define):
    body = "calls.append(t)\nreturn start + (end - start) * len(calls)"
    words = failing(define(body, doc="Counts.", imports="calls = []"))
    promise = "it_depends_on_nothing_but_the_update"
    assert "must have one value for each update, whatever was asked before" in words[promise]
