"""Text that was read, from a file, a configuration or a checkpoint, never makes a function callable."""

import json
import os
import pickle
import re
import subprocess
import sys
import textwrap

import pytest

from preheat import (
    after,
    constant,
    describe,
    diff,
    from_json,
    function,
    lint,
    parse,
    repeat,
    resolve,
    stretch,
    to_json,
    until,
)
from preheat.theory import rank

MODULE = "marks_of_a_call"
TEXT = f'function("{MODULE}:mark", steps=4)'
REFUSED = re.escape(f'function("{MODULE}:mark", steps=4)'.replace(", steps=4", "")) + ": text must not call a function"


@pytest.fixture
def marks(tmp_path, monkeypatch):
    """The calls of a module's function that text names; nobody has allowed it."""
    source = """
        import os
        from functools import partial

        MARKS = []


        def mark(i):
            MARKS.append(i)
            return 1.0


        class Kept:
            @staticmethod
            def mark(i):
                return mark(i)


        handle = partial(mark)
        """
    (tmp_path / f"{MODULE}.py").write_text(textwrap.dedent(source), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("preheat._nodes.functions._ALLOWED", set())
    __import__(MODULE)
    yield sys.modules[MODULE].MARKS
    del sys.modules[MODULE]


READ = {
    "parse": lambda: parse(TEXT),
    "json": lambda: from_json(json.dumps({"function": {"fn": f"{MODULE}:mark", "steps": 4}})),
    "written again": lambda: parse(repr(parse(TEXT))),
    "to JSON and back": lambda: from_json(to_json(parse(TEXT))),
    "pickled": lambda: pickle.loads(pickle.dumps(parse(TEXT))),
    "cut": lambda: until(parse(TEXT), 2),
    "from an update on": lambda: after(parse(TEXT), 2),
    "joined": lambda: parse(TEXT) >> constant(1),
    "multiplied": lambda: 2 * parse(TEXT) + 1,
    "stretched": lambda: stretch(parse(TEXT), steps=8),
    "repeated": lambda: repeat(parse(TEXT)),
    "resolved": lambda: parse(f'function("{MODULE}:mark", steps="4ep")'),
}


@pytest.mark.parametrize("how", READ)
def test_a_function_that_text_names_is_not_called(how, marks):
    plan = READ[how]()
    if plan.unresolved:
        plan = resolve(plan, steps_per_epoch=1)
    for use in (lambda: plan(0), lambda: plan.values(2), lambda: describe(plan), lambda: diff(plan, constant(1))):
        with pytest.raises(ValueError, match=REFUSED):
            use()
    assert marks == []


def test_theory_does_not_call_it(marks):
    with pytest.raises(ValueError, match=REFUSED):
        rank([TEXT, "constant(1)"], 4)
    assert marks == []


def test_it_is_shown_compared_and_written_all_the_same(marks):
    assert repr(parse(TEXT)) == TEXT
    assert parse(TEXT) == parse(TEXT) == from_json(to_json(parse(TEXT)))
    assert parse(TEXT).steps == 4
    assert marks == []


@pytest.mark.parametrize(
    "allow",
    [
        lambda module: parse(TEXT, functions=[module.mark]),
        lambda _: parse(TEXT, functions=[f"{MODULE}:mark"]),
        lambda _: parse(TEXT, functions=[f"{MODULE}:"]),
        lambda module: (function(module.mark), parse(TEXT))[1],
        lambda _: function(f"{MODULE}:mark", steps=4),
        lambda _: (function(f"{MODULE}:mark"), parse(TEXT))[1],
    ],
)
def test_the_program_may_allow_it(allow, marks):
    plan = allow(sys.modules[MODULE])
    assert plan == parse(TEXT)
    assert plan.values() == [1.0] * 4
    assert marks == [0, 1, 2, 3]


def test_allowing_one_function_allows_no_other(marks):
    parse("constant(1)", functions=[f"{MODULE}:Kept.mark"])
    with pytest.raises(ValueError, match=REFUSED):
        parse(TEXT)(0)
    assert parse(f'function("{MODULE}:Kept.mark")')(0) == 1
    assert marks == [0]


@pytest.mark.parametrize("name", ["os.strerror", "os.path.exists", "handle", "MARKS.append", "partial", "mark.real"])
def test_only_what_a_module_defines_is_found_in_it(name, marks):
    """No walk passes through another module or an object, and what was imported into a module is not the module's."""
    with pytest.raises(ValueError, match=f"{re.escape(name)} must be a function of {MODULE}$"):
        parse(f'function("{MODULE}:{name}")', functions=[f"{MODULE}:"])(3)
    assert marks == []


@pytest.mark.parametrize("functions", ["mark", 3, None])
def test_functions_must_be_a_list(functions):
    with pytest.raises(TypeError, match=r"^parse\(functions=.*\): functions must be a list of functions or names$"):
        parse("constant(1)", functions=functions)


@pytest.mark.parametrize("one", [lambda i: i, "mark", "a b:c", 3])
def test_each_must_have_a_name(one):
    words = r"^parse\(functions=\[.*\]\): each must be a function that can be imported by name, or \"module:name\"$"
    with pytest.raises(ValueError, match=words):
        parse("constant(1)", functions=[one])


@pytest.mark.parametrize("path", ["os:_exit", "posix:_exit", "time:sleep", "sys:exit", "builtins:exec", "os:system"])
def test_a_hostile_text_does_nothing(path):
    code = f"""
import preheat
plan = preheat.parse('function("{path}")')
try:
    plan(42)
except ValueError as error:
    print(str(error)[:8])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "function\n"), done.stderr


def test_a_plan_with_its_function_reaches_another_process(tmp_path, marks):
    """Pickle brings the function itself: it runs code in any case, so nothing is gained by refusing."""
    held = pickle.dumps(function(sys.modules[MODULE].mark, steps=4))
    code = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])).values())"
    done = subprocess.run(
        [sys.executable, "-c", code, held.hex()], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )  # fmt: skip
    assert done.stdout == "[1.0, 1.0, 1.0, 1.0]\n", done.stderr
    assert marks == []


def test_lint_says_that_it_was_not_called(marks):
    findings = lint(parse(TEXT), total_steps=4)
    assert [(finding.code, finding.kind) for finding in findings] == [("not-called", "wrong")]
    assert marks == []
