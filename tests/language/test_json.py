"""Plans as JSON and back: only what `to_json` could have written is read."""

import json
import re

import pytest

from preheat import constant, cosine, from_json, function, linear, noam, parse, polynomial, to_json, zero_based
from preheat._language.parser import LONGEST

UP, DOWN = linear(0, 1, steps=4), linear(1, 0, steps=4)


@pytest.mark.parametrize(
    ("plan", "tree"),
    [
        (UP, {"linear": {"start": 0, "end": 1, "steps": 4}}),
        (polynomial(1, 0, power=2, steps=4), {"polynomial": {"start": 1, "end": 0, "power": 2, "steps": 4}}),
        (noam(512, 4000), {"noam": {"d_model": 512, "warmup_steps": 4000}}),
        (constant(0.5), {"constant": {"value": 0.5}}),
        (constant(0.5, steps=3), {"constant": {"value": 0.5, "steps": 3}}),
        (constant(1, steps=4) >> noam(4, 4), {">>": [{"constant": {"value": 1, "steps": 4}},
                                                     {"noam": {"d_model": 4, "warmup_steps": 4}}]}),
        (2 * noam(4, 4), {"*": [2, {"noam": {"d_model": 4, "warmup_steps": 4}}]}),
        (0.5 + constant(1) + constant(2), {"+": [0.5, {"constant": {"value": 1}}, {"constant": {"value": 2}}]}),
        (zero_based(constant(1)), {"zero_based": {"plan": {"constant": {"value": 1}}}}),
        (function("math:sqrt", steps=3), {"function": {"fn": "math:sqrt", "steps": 3}}),
    ],
)  # fmt: skip
def test_a_plan_is_an_object_of_its_name_and_parameters(plan, tree):
    assert json.loads(to_json(plan)) == tree
    assert from_json(to_json(plan)) == from_json(json.dumps(tree)) == plan


def test_a_number_may_be_written_without_a_fraction():
    assert from_json('{"cosine": {"start": 1, "end": 0, "steps": 4}}') == cosine(1, 0, steps=4)


def test_what_is_optional_may_be_null():
    assert from_json('{"constant": {"value": 1, "steps": null}}') == constant(1)


def test_a_recipe_may_be_named():
    assert from_json('{"warmup": {"steps": 4}}') == UP


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("constant(1)", "Expecting value: line 1 column 1 (char 0)"),
        ('{"constant": {"value": NaN}}', "a number must be finite, got NaN"),
        ('{"constant": {"value": -Infinity}}', "a number must be finite, got -Infinity"),
        ('{"constant": {"value": 1e400}}', "constant(value=inf): value must be a finite number"),
        ('{"constant": {"value": true}}', "constant(value=True): value must be a finite number"),
        ('{"constant": {"value": [1]}}', "constant(value=(1,)): value must be a finite number"),
        ('{"constant": {"value": {"constant": {"value": 1}}}}',
         "constant(value=constant(1)): value must be a finite number"),
        ('{"constant": {"value": 1, "value": 2}}', "the names of an object must differ, got ['value', 'value']"),
        ('{"constant": {}}',
         "constant(): missing a required argument: 'value'; it takes constant(value, *, steps=None)"),
        ('{"constant": 1}', "'constant' must have an object of its parameters, got 1"),
        ('{"constan": {"value": 1}}', "'constan' must be the name of a shape; did you mean 'constant'?"),
        ('{"constant": {"value": 1}, "noam": {}}', "a plan must be an object of one name, got ['constant', 'noam']"),
        ("{}", "a plan must be an object of one name, got []"),
        ('{"*": [2, 3]}', "2 * 3: one side must be a plan"),
        ('{"+": ["a", "b"]}', "'a' + 'b': one side must be a plan"),
        ('{"*": [[1], 9999999999999]}', "(1,) * 9999999999999: one side must be a plan"),
        ('{">>": [8, 1]}', "8 >> 1: both sides must be plans; constant(value) holds a number"),
        ('{"*": [null, {"constant": {"value": 1}}]}', "plan * None: the other side must be a plan or a finite number"),
        ('{"function": {"fn": "rate"}}', "function(fn='rate'): fn must be a function of your own or \"module:name\""),
        ('{"zero_based": {"plan": 3}}', "zero_based(plan=3): plan must be a plan"),
        ("[" * 100_000, "brackets must nest less deeply"),
        ('{"zero_based": {"plan": ' * 100_000, "brackets must nest less deeply"),
        ("[" * 600 + "]" * 600, "brackets must nest less deeply"),
    ],
)  # fmt: skip
def test_what_no_plan_is_written_as_is_refused(text, words):
    with pytest.raises(ValueError, match=f"^{re.escape(f'from_json(text): {words}')}$"):
        from_json(text)


@pytest.mark.parametrize("operator", [">>", "*", "+"])
@pytest.mark.parametrize("operands", ["[]", '[{"constant": {"value": 1}}]', '{"a": 1}', "1"])
def test_an_operator_has_a_list_of_two_operands_or_more(operator, operands):
    words = rf"^from_json\(text\): '{re.escape(operator)}' must have a list of two operands or more, got "
    with pytest.raises(ValueError, match=words):
        from_json(f'{{"{operator}": {operands}}}')


@pytest.mark.parametrize("text", ["1", '"linear(0, 1, steps=4)"', "null", "[]", '[{"constant": {"value": 1}}]'])
def test_json_of_anything_but_a_plan_is_refused(text):
    with pytest.raises(ValueError, match=r"^from_json\(text\): it must be a plan, an object of one name and its"):
        from_json(text)


def test_a_number_of_five_thousand_digits_is_refused():
    with pytest.raises(ValueError, match=r"^from_json\(text\): Exceeds the limit"):
        from_json('{"constant": {"value": ' + "9" * 5000 + "}}")


def test_a_text_has_a_greatest_length():
    words = r"^from_json\(text='\[\[.*'\): text must be at most 8388608 characters long, got 8388609$"
    with pytest.raises(ValueError, match=words):
        from_json("[" * (LONGEST + 1))


@pytest.mark.parametrize("text", [b"{}", None, 3, {"constant": {"value": 1}}])
def test_only_a_string_is_a_text(text):
    with pytest.raises(TypeError, match=rf"^from_json\(text={re.escape(repr(text))}\): text must be a string$"):
        from_json(text)


def test_only_a_plan_becomes_json():
    with pytest.raises(TypeError, match=r"^to_json\(plan='constant\(1\)'\): plan must be a plan$"):
        to_json("constant(1)")  # type: ignore[arg-type]  # that is refused


def test_a_plan_that_nests_deeper_than_64_levels_is_refused():
    text = to_json(UP)
    for _ in range(64):
        text = f'{{"*": [2, {{"+": [1, {text}]}}]}}'
    with pytest.raises(ValueError, match=r"^from_json\(text\): plan\(depth=65\): depth must be at most 64"):
        from_json(text)


def test_a_plan_has_one_json():
    assert to_json(from_json(to_json(UP >> DOWN))) == to_json(UP >> DOWN) == to_json(parse(repr(UP >> DOWN)))
