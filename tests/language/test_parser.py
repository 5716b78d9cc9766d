"""The language: what `repr` writes, `parse` reads, without running or importing anything."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest

import fuzz_text
from preheat import (
    constant,
    cosine,
    exponential,
    from_json,
    function,
    linear,
    noam,
    parse,
    polynomial,
    to_json,
    warmup,
    zero_based,
)
from preheat._language.parser import LONGEST
from preheat._plan import VOCABULARY
from preheat._plan.base import to_source

LENGTH = 'a whole number of updates, from {} up to 2**53, or a text such as "3ep" or "5%"'
OWN = "; one of your own is known once its module is imported"
PART = "must be part of a name, a number, a string or an operator"
UP, DOWN = linear(0, 1, steps=4), linear(1, 0, steps=4)


def pointed(text):
    """What parse says of a text: the sentence, and the characters under its arrow."""
    with pytest.raises(ValueError, match=r"^parse: ") as caught:
        parse(text)
    sentence, shown, arrow = str(caught.value).rsplit("\n", 2)
    return sentence, shown[arrow.index("^") :]


# What is written


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (UP, "linear(0, 1, steps=4)"),
        (constant(0.1), "constant(0.1)"),
        (constant(-1, steps=3), "constant(-1, steps=3)"),
        (constant(1e-9), "constant(1e-09)"),
        (constant(1e22), "constant(1e+22)"),
        (constant(2**53), "constant(9007199254740992.0)"),
        (constant(2**53 - 1), "constant(9007199254740991)"),
        (polynomial(1, 0, power=0.5, steps=4), "polynomial(1, 0, power=0.5, steps=4)"),
        (UP >> DOWN, "linear(0, 1, steps=4) >> linear(1, 0, steps=4)"),
        (UP >> 2 * DOWN, "linear(0, 1, steps=4) >> 2 * linear(1, 0, steps=4)"),
        (2 * (UP >> DOWN), "2 * (linear(0, 1, steps=4) >> linear(1, 0, steps=4))"),
        (UP * (1 + DOWN), "linear(0, 1, steps=4) * (1 + linear(1, 0, steps=4))"),
        (UP + 2 * DOWN, "linear(0, 1, steps=4) + 2 * linear(1, 0, steps=4)"),
        (1 - UP, "1 + -1 * linear(0, 1, steps=4)"),
        (-UP, "-1 * linear(0, 1, steps=4)"),
        (zero_based(UP >> DOWN), "zero_based(linear(0, 1, steps=4) >> linear(1, 0, steps=4))"),
        (function("math:sqrt", steps=4), 'function("math:sqrt", steps=4)'),
    ],
)
def test_a_plan_is_written_as_what_makes_it(plan, text):
    assert repr(plan) == str(plan) == text
    assert parse(text) == plan


@pytest.mark.parametrize(
    ("value", "text"), [((), "()"), ((1.0,), "(1,)"), ((1, 0.5, "a"), '(1, 0.5, "a")'), (True, "True"), (None, "None")]
)
def test_values_other_than_plans_are_written_too(value, text):
    assert to_source(value) == text


# What is read


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("warmup(2_000) >> cosine(1, 0.1, steps=98_000)", warmup(2000) >> cosine(1, 0.1, steps=98000)),
        (" linear (\n 0 ,\t1 , steps = 4 , ) ", UP),
        ("linear(start=0, end=1, steps=4)", UP),
        ("linear(-0.0, +1, steps=4)".replace("+", ""), UP),
        ("((linear(0, 1, steps=(4))))", UP),
        ("linear(0, 1, steps=2 * 2)", UP),
        ("linear(3 - 2 - 1, 8 / 4 / 2, steps=4)", UP),
        ("linear(0, 2 - 1 * 1, steps=1 + 1 + 1 * 2)", UP),
        ("linear(8 / 4 * 2 - 4 * 2 / 2, 3 - 4 + 2, steps=4)", UP),
        ("linear(- - 0, - - - -1, steps=4)", UP),
        ("constant(1.) * constant(.5) * constant(1e3)", constant(1) * constant(0.5) * constant(1000)),
        ("constant(1_0.2_5e-0_2)", constant(0.1025)),
        ("2 * linear(0, 1, steps=4) / 4", UP / 2),
        ("1 - linear(0, 1, steps=4) - 1", -UP),
        ("-linear(0, 1, steps=4) * 2", -2 * UP),
        ("linear(0, 1, steps=4) >> linear(1, 0, steps=4) * 2 + 1", UP >> DOWN * 2 + 1),
        ("constant(1, steps=None)", constant(1)),
        ("function('math:sqrt')", function("math:sqrt")),
        ("zero_based(plan=linear(0, 1, steps=4))", zero_based(UP)),
        ("constant(" + "0" * 400 + "1)", constant(1)),
        ("constant(" + "9" * 308 + ")", constant(float("9" * 308))),
    ],
)
def test_a_text_is_read(text, plan):
    assert parse(text) == plan


def test_tuples_and_lists_are_values(monkeypatch):
    given = []

    def taking(*values, **named):
        given.extend([*values, *named.values()])
        return UP

    monkeypatch.setitem(VOCABULARY, "taking", taking)
    assert parse("taking((), (1,), (1, 2), [], [1], [1, 'a', (None, True, False),], k=(3))") == UP
    assert given == [(), (1,), (1, 2), (), (1,), (1, "a", (None, True, False)), 3]


def test_nothing_is_imported():
    assert repr(parse('function("antigravity:fly")')) == 'function("antigravity:fly")'
    assert "antigravity" not in sys.modules


# What is refused, and where


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ("", "line 1, column 1: a plan or a number must stand here, got the end of the text", ""),
        ("liner(0)", "line 1, column 1: 'liner' must be the name of a shape; did you mean 'linear'?", "liner(0)"),
        ("warmup(4) >>\n cosin(1)", "line 2, column 2: 'cosin' must be the name of a shape; did you mean 'cosine'?",
         "cosin(1)"),
        ("\nliner(0)", "line 2, column 1: 'liner' must be the name of a shape; did you mean 'linear'?", "liner(0)"),
        ("linear", "line 1, column 7: '(' after 'linear' must stand here, got the end of the text", ""),
        ("linear(0, 1, steps=4", "line 1, column 21: a comma or ')' must stand here, got the end of the text", ""),
        ("linear(0 1)", "line 1, column 10: a comma or ')' must stand here, got '1'", "1)"),
        ("(constant(1)", "line 1, column 13: a comma or ')' must stand here, got the end of the text", ""),
        ("[constant(1))", "line 1, column 13: a comma or ']' must stand here, got ')'", ")"),
        ("constant(1) constant(2)", "line 1, column 13: an operator or the end must stand here, got 'constant'",
         "constant(2)"),
        ("constant(1) end", "line 1, column 13: an operator or the end must stand here, got 'end'", "end"),
        ("constant(1))", "line 1, column 12: an operator or the end must stand here, got ')'", ")"),
        ("constant(1) >>", "line 1, column 15: a plan or a number must stand here, got the end of the text", ""),
        ("constant(1) * * 2", "line 1, column 15: a plan or a number must stand here, got '*'", "* 2"),
        ("constant(=1)", "line 1, column 10: a plan or a number must stand here, got '='", "=1)"),
        ("linear(steps=4, 0, 1)", "line 1, column 17: values by position must come before those by keyword", "0, 1)"),
        ("linear(0, 1, steps=4, steps=4)", "line 1, column 23: steps must be given once", "steps=4)"),
        ("linear(0, 1, steps=4.0)",
         "line 1, column 1: linear(steps=4.0): steps must be " + LENGTH.format(0),
         "linear(0, 1, steps=4.0)"),
        ("2 * noam(512, 0)",
         "line 1, column 5: noam(warmup_steps=0): warmup_steps must be " + LENGTH.format(1),
         "noam(512, 0)"),
        ("noam(4, 4) >> constant(1)",
         "line 1, column 12: plan >> plan: noam(4, 4) must end before another plan can follow; give it steps",
         ">> constant(1)"),
        ("constant(1) / 0", "line 1, column 13: plan / 0: the divisor must be a finite number other than 0", "/ 0"),
        ("constant(1 / 0)", "line 1, column 12: division by zero", "/ 0)"),
        ("2 / constant(1)",
         "line 1, column 3: 2 / plan: the divisor must be a number; a plan can only be divided by one",
         "/ constant(1)"),
        ("constant(8 >> 1)", "line 1, column 12: 8 >> 1: both sides must be plans; constant(value) holds a number",
         ">> 1)"),
        ("2 * 3", "line 1, column 1: it must be a plan, got 6; constant(value) holds a number", "2 * 3"),
        ("'text'", "line 1, column 1: it must be a plan, got 'text'; constant(value) holds a number", "'text'"),
        ("'a' + 'b'", "line 1, column 5: both sides must be plans or numbers", "+ 'b'"),
        ("(1, 2) * 9999999999", "line 1, column 8: both sides must be plans or numbers", "* 9999999999"),
        ("2 * None", "line 1, column 3: both sides must be plans or numbers", "* None"),
        ("2 - True", "line 1, column 3: both sides must be plans or numbers", "- True"),
        ("-'a'", "line 1, column 1: a minus must stand before a number or a plan", "-'a'"),
        ("--True", "line 1, column 1: a minus must stand before a number or a plan", "--True"),
        ("constant(1e400)", "line 1, column 10: the number must be finite", "1e400)"),
        ("constant(1e300 * 1e300)", "line 1, column 16: the number must be finite", "* 1e300)"),
        ("constant('a\n')", f"line 1, column 10: \"'\" {PART}", "'a"),
        ('constant("a\\"")', f"line 1, column 10: '\"' {PART}",
         '"a\\"")'),
        ("constant(1); constant(2)", f"line 1, column 12: ';' {PART}",
         "; constant(2)"),
        ("constant(1) > constant(2)", f"line 1, column 13: '>' {PART}; write >> to put one piece after another",
         "> constant(2)"),
        ("constant(1\0)", f"line 1, column 11: '\\x00' {PART}", "\0)"),
        ("constant(\ud800)", f"line 1, column 10: '\\ud800' {PART}",
         "\ud800)"),
        ("constant(\u0663)", f"line 1, column 10: '\\u0663' {PART}",
         "\u0663)"),
        ("constant(2\u00b2)", "line 1, column 11: a comma or ')' must stand here, got '\u00b2'", "\u00b2)"),
        ("constant.fn", f"line 1, column 9: '.' {PART}", ".fn"),
    ],
)  # fmt: skip
def test_a_bad_text_is_refused_with_the_place(text, sentence, at):
    assert pointed(text) == (f"parse: {sentence}", at)


def test_a_name_like_none_there_is_is_refused_with_all_there_are():
    names = ", ".join(sorted(VOCABULARY))
    assert pointed("__import__('os')") == (
        f"parse: line 1, column 1: '__import__' must be the name of a shape, one of {names}{OWN}",
        "__import__('os')",
    )


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that is installed, and says that it has the shape `sagging`."""
    about = tmp_path / "curves-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: curves\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[preheat.shapes]\nsagging = curves.ramps:sagging\n")
    (tmp_path / "curves").mkdir()
    (tmp_path / "curves" / "__init__.py").touch()
    (tmp_path / "curves" / "ramps.py").write_text(SAGGING)
    monkeypatch.syspath_prepend(tmp_path)
    with patch.dict(VOCABULARY), patch.dict(sys.modules):
        yield tmp_path


SAGGING = """
from preheat.shapes import Number, Steps, Time, Value, shape

@shape
def sagging(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    return end + (start - end) * ((steps - t) / steps) ** 2
"""


@pytest.mark.usefixtures("package")
def test_a_shape_of_an_installed_package_is_refused_with_what_to_import():
    said = "'sagging' must be the name of a shape; curves.ramps has it: import it first"
    assert pointed("2 * sagging(1, 0, steps=4)")[0] == f"parse: line 1, column 5: {said}"
    with pytest.raises(ValueError, match=re.escape(f"from_json(text): {said}")):
        from_json('{"sagging": {"start": 1, "end": 0, "steps": 4}}')
    assert "curves" not in sys.modules


@pytest.mark.usefixtures("package")
def test_once_imported_a_shape_of_a_package_is_part_of_the_language():
    import_module("curves.ramps")
    plan = parse("warmup(2) >> sagging(1, 0, steps=2)")
    assert repr(plan) == "linear(0, 1, steps=2) >> sagging(1, 0, steps=2)"
    assert plan.values() == [0.5, 1.0, 0.25, 0.0]
    assert from_json(to_json(plan)) == plan


def test_only_the_neighbourhood_of_the_place_is_shown():
    with pytest.raises(ValueError, match=r"^parse: line 1, column 24001: ") as caught:
        parse("constant(1, steps=4) >> " * 1000 + "here" + " >> constant(1)" * 1000)
    assert len(str(caught.value).splitlines()[1]) == 102


@pytest.mark.parametrize("text", [b"constant(1)", None, 3, constant(1)])
def test_only_a_string_is_a_text(text):
    with pytest.raises(TypeError, match=rf"^parse\(text={re.escape(repr(text))}\): text must be a string$"):
        parse(text)


# Bounds


def test_a_text_has_a_greatest_length():
    words = r"^parse\(text='xxx.*xxx'\): text must be at most 8388608 characters long, got 8388609$"
    with pytest.raises(ValueError, match=words):
        parse("x" * (LONGEST + 1))


def test_brackets_may_stand_64_deep_around_a_plan():
    assert parse("(" * 64 + "constant(1)" + ")" * 64) == constant(1)


@pytest.mark.parametrize("opening", ["(", "[", "zero_based("])
@pytest.mark.parametrize("deep", [66, 100_000])
def test_brackets_that_nest_deeper_are_refused(opening, deep):
    sentence, _ = pointed(opening * deep)
    assert sentence.endswith("brackets must nest at most 64 levels deep")


@pytest.mark.parametrize(("minuses", "plan"), [(2, constant(1)), (3, -constant(1)), (1_000_000, constant(1))])
def test_a_million_minus_signs_are_one_or_none(minuses, plan):
    assert parse("-" * minuses + "constant(1)") == plan


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100_000,
        "0." + "9" * 100_000,
        "1e" + "9" * 100_000,
        "9" * 100_000 + "e-" + "9" * 100_000,
        "x" * 100_000,
        "'" + "x" * 100_000,
        "'" + "x" * 100_000 + "'",
        " " * 100_000,
        "\n" * 100_000 + "$",
        "1_" * 100_000,
        "1+" * 20_000,
        "9*" * 100_000 + "9",
        "linear(" + "a=1," * 100_000,
        "constant((" + "1," * 20_000 + "))",
        "linear(steps" + " " * 100_000,
    ],
)
def test_a_monstrous_text_is_refused_in_a_few_words(text):
    sentence, shown = pointed(text)
    assert len(sentence) + len(shown) < 1000


def test_a_number_that_is_long_is_none_the_less_a_number():
    assert parse("constant(0." + "3" * 100_000 + ")") == constant(1 / 3)


# The fuzz


def test_random_texts_make_plans_or_value_errors():
    assert fuzz_text.fuzz(2_000, seed=1) > 100


def test_the_fuzz_shows_its_count_and_can_be_run_by_hand():
    script = Path(fuzz_text.__file__)
    command = [sys.executable, str(script), "--inputs", "50", "--seed", "3"]
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(script.parents[1] / "src"), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    assert re.search(r"50 of 50 inputs, \d+ were plans", done.stdout)
    assert done.stdout.endswith("only plans and ValueErrors came out\n")


@pytest.mark.parametrize("error", [KeyError, RecursionError, MemoryError])
def test_the_fuzz_sees_any_other_error(error):
    def read(text):
        raise error(text)

    with pytest.raises(AssertionError, match=r"^read\('x'\): must be a plan or a ValueError, got "):
        fuzz_text.survives(read, "x")


def test_exponential_is_refused_in_text_by_its_rule():
    sentence, _ = pointed("exponential(1, 0, steps=4)")
    assert sentence.endswith("start and end must be both above 0 or both below, their ratio finite")
    assert exponential(1, 0.5, steps=4) == parse("exponential(1, 0.5, steps=4)")


def test_a_law_is_read():
    assert parse("noam(512, 4000)") == noam(512, 4000)
