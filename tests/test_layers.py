"""Imports point one way, and the core stands alone."""

import ast
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"

# A module imports from the lines above its own, and inside its own folder. `preheat` is the package's `__init__`.
LAYERS = (
    ("_math", "_fields"),
    ("_plan",),
    ("_nodes",),
    ("shapes",),
    ("recipes",),
    ("like",),
    ("_language",),
    ("_analysis", "_lengths"),
    ("_lint", "theory"),
    ("_torch", "_plot"),
    ("preheat",),
    ("_finder",),
    ("torch",),
    ("integrations", "demo"),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
CORE = {"preheat", *(name for names in LAYERS[: RANK["_torch"]] for name in names)}  # imports the standard library only
LAZY = {("_plan", "_plot")}  # allowed inside a function: a plan's notebook display asks for a picture


def layer_of(name):
    """The layer's name of a dotted name in the package: `_torch` for `preheat._torch._clock`."""
    return next((part for part in name.split(".")[1:2] if part in RANK), "preheat")


def imports_of(tree, package):
    """Each import of a module: its line, what it imports in full, whether it waits inside a function."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    waiting = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield node.lineno, name, id(node) in waiting


def violations(source, path):
    """What a file of the package, `path` from src/, imports that it must not; imports for typing count too."""
    dotted = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    package = dotted if path.name == "__init__.py" else dotted.rpartition(".")[0]
    here = layer_of(dotted)
    if here == "preheat" and dotted != "preheat":
        return [f"{path}: has no layer; name it in LAYERS"]
    found = []
    for line, name, lazy in imports_of(ast.parse(source), package):
        if name.partition(".")[0] != "preheat":
            allowed = here not in CORE or name.partition(".")[0] in sys.stdlib_module_names
        else:
            there = layer_of(name)
            inside = there == here and dotted != "preheat"
            allowed = inside or RANK[there] < RANK[here] or (lazy and (here, there) in LAZY)
            allowed = allowed and not (lazy and dotted == "preheat")
        if not allowed:
            found.append(f"{path}:{line}: {here} must not import {name}")
    return found


def test_imports_point_one_way():
    files = sorted((SRC / "preheat").rglob("*.py"))
    assert files
    assert [bad for file in files for bad in violations(file.read_text("utf-8"), file.relative_to(SRC))] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("_math.py", "from preheat._plan import Plan"),
        ("_fields/fields.py", "import preheat._math"),
        ("_plan/base.py", "from preheat import _nodes"),
        ("_plan/base.py", "from .. import _language"),
        ("_plan/base.py", "from preheat._plot import picture"),
        ("_plan/base.py", "def display():\n    from preheat._torch import Scheduler"),
        (
            "_plan/base.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from preheat._nodes import function",
        ),
        ("shapes/ramps.py", "from ..recipes import warmup"),
        ("shapes/ramps.py", "def cosine():\n    import torch"),
        ("recipes.py", "from preheat import cosine"),
        ("_lint/rules.py", "from preheat import _torch"),
        ("_torch/_clock.py", "from preheat.torch import Scheduler"),
        ("__init__.py", "import preheat.torch"),
        ("__init__.py", "def __getattr__(name):\n    from preheat import _plot"),
        ("demo/model.py", "from preheat.cli import main"),
        ("schedules.py", ""),
    ],
)
def test_the_guard_sees_an_import_that_turns_upwards(path, source):
    assert len(violations(source, Path("preheat", path))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("_plan/base.py", "import math\nfrom preheat._math import sqrt"),
        ("_plan/base.py", "def display():\n    from preheat._plot import picture"),
        ("shapes/__init__.py", "from preheat.shapes import ramps\nfrom . import laws"),
        ("_torch/_clock.py", "import torch\nfrom ._knobs import Knob\nfrom .._plan import Plan"),
        ("__init__.py", "from preheat import recipes, shapes\nfrom preheat._language.parser import parse"),
        ("cli/app.py", "import click\nfrom preheat import parse\ndef demo():\n    from preheat.demo import train"),
    ],
)
def test_the_guard_lets_the_others_pass(path, source):
    assert violations(source, Path("preheat", path)) == []


def run(code):
    """What a fresh Python prints that runs `code`."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "numpy", "jax", "matplotlib", "pydantic", "click", "rich"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocked())
"""


def test_the_core_works_without_any_other_package():
    code = """
import pickle
from preheat import cosine, from_json, parse, to_json, warmup
plan = warmup(4) >> 2 * cosine(1, 0.5, steps=4)
assert plan(0) == 0.25 and plan(3) == 1 and plan(7) == 1 and len(plan.values()) == plan.steps == 8
assert parse(repr(plan)) == pickle.loads(pickle.dumps(plan)) == from_json(to_json(plan)) == plan
"""
    assert run(ALONE + code) == ""


def test_what_is_blocked_cannot_be_imported():
    with pytest.raises(AssertionError, match="ModuleNotFoundError: numpy"):
        run(ALONE + "import numpy")


def test_importing_preheat_imports_the_standard_library_only():
    code = """
import sys
before = set(sys.modules)
import preheat
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""
    assert run(code) == "preheat"
