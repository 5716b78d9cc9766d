"""Imports point one way, no files import each other in a circle, and the core stands alone."""

import ast
import subprocess
import sys
from importlib.util import resolve_name
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"

# A module imports from the lines above its own, and inside its own layer. A layer is a folder or file of the package
# with what no other line names inside it; `preheat` is the package's `__init__`.
LAYERS = (
    ("_math", "_fields"),
    ("_plan",),
    ("_nodes",),
    ("shapes",),
    ("recipes",),
    ("like",),
    ("_language",),
    ("_analysis", "_lengths"),
    ("_export", "_lint", "_saved", "theory"),
    ("_torch.run", "_plot"),
    ("_torch.bind",),
    ("_torch.state",),
    ("_torch",),
    ("_torch.migrate",),
    ("preheat",),
    ("_finder",),
    ("torch",),
    ("integrations", "demo"),
    ("cli",),
    ("cli.inspect",),
    ("cli.commands",),
    ("cli.app",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
CORE = {"preheat", *(name for names in LAYERS[: RANK["_torch.run"]] for name in names)}  # the standard library only

# The modules that may import modules of preheat inside a function, and why; from there, upwards as well.
LATE = {
    "preheat": "one table of the names that are loaded when you first ask for them",
    "preheat.cli": "catches what its import raises, to say which package is missing",
    "preheat.cli.app": "loads the command that runs, and no other",
    "preheat.cli.commands.demo": "torch takes seconds to load, and may not be installed",
    "preheat.cli.commands.like": "loads the schedules of other libraries when they are asked for",
    "preheat.cli.inspect.command": "loads the readers of states when there is a file to read",
}


def dotted(path):
    """The name of a module, from its path below src/."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def layer_of(name):
    """The layer of a name: `_torch.run` for `preheat._torch.run.knob`, `_torch` for `preheat._torch.scheduler`."""
    parts = name.split(".")[1:]
    return next((layer for n in (2, 1) if (layer := ".".join(parts[:n])) in RANK), "preheat")


def loaded_by_name(call):
    """The module of preheat that `import_module("preheat...")` loads, as far as its text says it; or None."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function not in {"import_module", "__import__"} or not call.args:
        return None
    first = call.args[0].values[0] if isinstance(call.args[0], ast.JoinedStr) else call.args[0]
    name = first.value.rstrip(".") if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return name if name.partition(".")[0] == "preheat" else None


def imports_of(source, path):
    """Each import of a module: its line, the full name, whether it waits inside a function or loads by name."""
    tree, package = ast.parse(source), dotted(path)
    package = package if path.name == "__init__.py" else package.rpartition(".")[0]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    waiting = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and (name := loaded_by_name(node)):
            yield node.lineno, name, True
            continue
        else:
            continue
        yield from ((node.lineno, name, id(node) in waiting) for name in names)


def violations(source, path):
    """What a file of the package, `path` from src/, imports that it must not; imports for typing count too."""
    module = dotted(path)
    here = layer_of(module)
    if here == "preheat" and module != "preheat":
        return [f"{path}: has no layer; name it in LAYERS"]
    found = []
    for line, name, late in imports_of(source, path):
        there = layer_of(name)
        if name.partition(".")[0] != "preheat":
            if here in CORE and name.partition(".")[0] not in sys.stdlib_module_names:
                found.append(f"{path}:{line}: {here} must not import {name}")
        elif late and module not in LATE:
            found.append(f"{path}:{line}: must import {name} at the top of the file")
        elif RANK[there] >= RANK[here] and (there != here or module == "preheat") and not late:
            found.append(f"{path}:{line}: {here} must not import {name}")
    return found


def neighbours(source, path, modules):
    """The modules of its own layer that a module imports; between layers, imports point one way already."""
    named = {name if name in modules else name.rpartition(".")[0] for _, name, _ in imports_of(source, path)}
    return {name for name in named & modules if layer_of(name) == layer_of(dotted(path))}


def circles(sources):
    """The groups of modules that reach each other through their imports, from the source of each path below src/."""
    modules = {dotted(path) for path in sources}
    reached = {dotted(path): neighbours(source, path, modules) for path, source in sources.items()}
    for between in modules:  # Warshall's transitive closure
        for names in reached.values():
            names.update(reached[between] if between in names else ())
    together = {frozenset(other for other in names if name in reached[other]) for name, names in reached.items()}
    return sorted(sorted(group) for group in together if group)


@pytest.fixture(scope="module")
def sources():
    """The source of each file of the package, by its path below src/."""
    files = sorted((SRC / "preheat").rglob("*.py"))
    assert files
    return {file.relative_to(SRC): file.read_text("utf-8") for file in files}


def test_imports_point_one_way(sources):
    assert [bad for path, source in sources.items() for bad in violations(source, path)] == []


def test_no_files_import_each_other_in_a_circle(sources):
    assert circles(sources) == []


def test_every_layer_and_every_late_import_is_there(sources):
    names = {dotted(path) for path in sources}
    assert set(LATE) <= names
    assert {f"preheat.{layer}" for layer in RANK} - {"preheat.preheat"} <= names


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
        ("_torch/run/host.py", "from preheat.torch import Scheduler"),
        ("_torch/run/host.py", "from preheat._torch.bind.build import bind"),
        ("_torch/run/host.py", "from ..scheduler import Scheduler"),
        ("_torch/run/host.py", "from preheat import _plot"),
        ("_torch/bind/build.py", "from preheat._torch.state import edits"),
        ("_torch/state/edits.py", "from preheat._torch import scheduler"),
        ("_torch/scheduler.py", "from .migrate.torch import plan_of"),
        ("__init__.py", "import preheat.torch"),
        ("__init__.py", "from preheat import cli"),
        ("demo/model.py", "from preheat.cli import main"),
        ("cli/options.py", "from preheat.cli.inspect import states"),
        ("cli/inspect/states.py", "from preheat.cli import app"),
        ("schedules.py", ""),
    ],
)
def test_the_guard_sees_an_import_that_turns_upwards(path, source):
    assert len(violations(source, Path("preheat", path))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def display():\n    from preheat._math import sqrt",
        "class Plan:\n    async def display(self):\n        import preheat._math",
        "def display():\n    return import_module('preheat._math')",
        "def display(name):\n    return importlib.import_module(f'preheat.like.{name}')",
        "def display():\n    return __import__('preheat._math')",
        "like = import_module('preheat.like')",
    ],
)
def test_the_guard_sees_an_import_that_is_hidden(source):
    (bad,) = violations(source, Path("preheat", "_plan", "base.py"))
    assert bad.endswith(" at the top of the file")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("_plan/base.py", "import math\nfrom preheat._math import sqrt"),
        ("_plan/base.py", "def near(word):\n    from difflib import get_close_matches"),
        ("shapes/__init__.py", "from preheat.shapes import ramps\nfrom . import laws"),
        ("_torch/run/host.py", "import torch\nfrom .knob import Knob\nfrom ..._plan import Plan"),
        ("_torch/migrate/torch.py", "from ..scheduler import Scheduler\nfrom preheat._torch.run.knob import Knob"),
        ("_plot/files.py", "def save():\n    from matplotlib.figure import Figure"),
        ("_nodes/functions.py", "def find(name):\n    return import_module(name)"),
        ("__init__.py", "from preheat import recipes, shapes\nfrom preheat._language.parser import parse"),
        ("__init__.py", "def __getattr__(name):\n    return import_module('preheat.like')"),
        ("cli/__init__.py", "def main():\n    from preheat.cli.app import run"),
        ("cli/app.py", "import click\nfrom preheat import parse\ndef demo():\n    from preheat.demo import train"),
    ],
)
def test_the_guard_lets_the_others_pass(path, source):
    assert violations(source, Path("preheat", path)) == []


def circles_of(**files):
    """The circles between files of one folder, by their names."""
    folder = Path("preheat", "_torch", "run")
    found = circles({folder / f"{name}.py": source for name, source in files.items()})
    return [[name.rpartition(".")[2] for name in group] for group in found]


def test_the_guard_sees_a_circle_of_two():
    assert circles_of(host="from .knob import Knob", knob="from preheat._torch.run import host", hooks="") == [
        ["host", "knob"]
    ]


def test_the_guard_sees_a_circle_of_three_and_not_who_only_looks_on():
    assert circles_of(
        host="from .knob import Knob",
        knob="from .hooks import Hook",
        hooks="from . import host",
        other="from . import host",
    ) == [["hooks", "host", "knob"]]


def test_the_guard_sees_a_circle_that_a_function_or_the_type_checker_hides():
    for hidden in ("def late():\n    from .host import Host", "if TYPE_CHECKING:\n    from .host import Host"):
        assert circles_of(host="from .knob import Knob", knob=hidden) == [["host", "knob"]]


def test_the_guard_sees_a_circle_through_the_folder_itself():
    folder = Path("preheat", "_plan")
    sources = {folder / "__init__.py": "from ._base import Plan", folder / "_base.py": "from preheat._plan import Then"}
    assert circles(sources) == [["preheat._plan", "preheat._plan._base"]]


def test_the_guard_lets_a_ladder_pass():
    assert circles_of(host="from . import knob, hooks", hooks="from .knob import Knob", knob="import torch") == []


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
