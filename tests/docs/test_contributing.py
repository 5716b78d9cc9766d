"""CONTRIBUTING is true: its table is complete, and its shape and recipe need one place each."""

import os
import re
import shutil
import subprocess
import sys
from textwrap import dedent
from typing import Annotated, get_origin

import pytest
from book import BLOCK, ROOT

from preheat import shapes
from promises import CHECKS

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def example(name):
    """The function of that name on the page, without the imports above it."""
    blocks = (dedent(block["code"]) for block in BLOCK.finditer(PAGE) if block["language"] == "python")
    return next(
        re.sub(r"\A.*?(?=^@)", "", code, flags=re.DOTALL | re.MULTILINE) for code in blocks if f"def {name}(" in code
    )


def test_the_table_has_every_annotation_that_a_shape_can_have():
    exported = {name for name in shapes.__all__ if get_origin(getattr(shapes, name)) is Annotated}
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert rows == exported | {"Time", "Value"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Run Python where the package has the page's shape and recipe, each added in one place."""
    src = tmp_path_factory.mktemp("copy") / "src"
    shutil.copytree(ROOT / "src", src, ignore=shutil.ignore_patterns("__pycache__"))
    for file, name in (("shapes/ramps.py", "smoothstep"), ("recipes/phases.py", "straight_to_zero")):
        with (src / "preheat" / file).open("a", encoding="utf-8") as family:
            family.write(f"\n\n{example(name)}")

    def run(*arguments):
        command = [sys.executable, *arguments]
        environment = os.environ | {"PYTHONPATH": str(src), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_shape_added_in_one_place_keeps_every_promise(fresh):
    tests = ("tests/plan/test_promises.py", "tests/plan/test_numbers.py")
    said = fresh("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "smoothstep or source", *tests)
    passed = re.search(r"(\d+) passed", said)
    assert passed
    assert int(passed[1]) > len(CHECKS)
    assert "failed" not in said


def test_a_recipe_added_in_one_place_is_a_name_of_the_language(fresh):
    code = """
import doctest, preheat, preheat.recipes
from preheat import parse
from preheat.recipes import phases
assert preheat.recipes.straight_to_zero is preheat.straight_to_zero
assert parse("straight_to_zero(2, total_steps=4)").values() == [0.5, 1.0, 0.5, 0.0]
print(doctest.run_docstring_examples(phases.straight_to_zero, vars(phases)))
"""
    assert fresh("-c", code) == "None\n"


def test_no_test_reads_a_clock():
    clocks = re.compile(r"perf_counter|process_time|\btime\.time\(")
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path.name != "test_contributing.py"]
    assert [path.name for path in tests if clocks.search(path.read_text("utf-8"))] == []
