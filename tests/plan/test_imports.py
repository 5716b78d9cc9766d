"""What `import preheat` loads, what it loads later, and under which names."""

import ast
import json
import subprocess
import sys
from inspect import getsource

import pytest

import preheat

LATER = {
    "preheat._analysis",
    "preheat._language",
    "preheat._lengths",
    "preheat._lint",
    "preheat._plot",
    "preheat.like",
    "preheat.theory",
    "dataclasses",
    "json",
    "textwrap",
}


def loaded_by(code):
    """The modules that a fresh Python has loaded after it has run `code`."""
    code = f"{code}\nimport sys\nloaded = list(sys.modules)\nimport json\nprint(json.dumps(loaded))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, timeout=60,
        env={"PYTHONPATH": str(next(iter(preheat.__path__))).removesuffix("preheat")},
    )  # fmt: skip
    return set(json.loads(done.stdout))


def test_importing_preheat_loads_what_makes_plans_and_no_more():
    loaded = loaded_by("import preheat")
    assert {"preheat._plan", "preheat.shapes", "preheat.recipes"} <= loaded
    assert loaded & LATER == set()


def test_the_guard_sees_a_module_that_is_loaded():
    assert "preheat._lint" in loaded_by("import preheat; preheat.lint") & LATER


@pytest.mark.parametrize("name", preheat._LATE)
def test_a_late_name_is_loaded_once_and_then_an_attribute(name):
    code = f"import preheat; assert {name!r} not in vars(preheat); preheat.{name}; assert {name!r} in vars(preheat)"
    assert preheat._LATE[name] in loaded_by(code)


def test_a_plan_is_a_pydantic_field_before_anything_reads_text():
    code = "import preheat; preheat.Plan.__get_pydantic_core_schema__, preheat.Plan._repr_mimebundle_"
    assert loaded_by(code) & LATER == set()


def test_dir_shows_the_public_names_only():
    assert set(dir(preheat)) == {*preheat.__all__, "__version__", "like", "recipes", "shapes"}


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'preheat' has no attribute 'cosin'"):
        getattr(preheat, "cosin")  # noqa: B009  # a checker knows that it is not there


def test_type_checkers_are_told_of_every_late_name():
    blocks = [node for node in ast.parse(getsource(preheat)).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    told = {alias.name: node.module for node in imports for alias in node.names}
    assert {name: told.get(name) for name in preheat._LATE} == preheat._LATE
