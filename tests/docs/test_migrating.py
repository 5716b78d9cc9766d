"""Every row of the page on migrating, held to values that the other library's own code gave."""

import json
import re
from pathlib import Path

import pytest

from preheat import like, parse
from promises import PEERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migrating.md").read_text("utf-8")
LIBRARIES = json.loads((ROOT / "tests" / "migrating.json").read_text("utf-8"))  # theirs, at some updates; the peak is 1
WITHIN = {"fastai": 1e-6}  # of the largest value; it computes shares of a run in float32


def rows_of(library):
    """The rows of a library's table: their schedule, and our plan as text."""
    section = PAGE.partition(f"\n## {library}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (.+?) \| `([^`]+)` \|$", section, re.MULTILINE))


ROWS = [(library, theirs, text) for library in LIBRARIES for theirs, text in rows_of(library).items()]


@pytest.mark.parametrize(("library", "theirs", "text"), ROWS)
def test_a_plan_has_their_values(library, theirs, text):
    plan, expected = parse(text), LIBRARIES[library]["rows"][theirs]["values"]
    near = WITHIN.get(library, 1e-12) * max(map(abs, expected.values()))
    assert {i: plan(int(i)) for i in expected} == pytest.approx(expected, rel=0, abs=near)


CALLS = re.findall(r"^\| `(like\.[^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("call", "text"), CALLS)
def test_a_name_of_theirs_makes_the_plan(call, text):
    assert repr(eval(call, {"like": like})) == text


def test_every_library_with_names_of_its_own_has_a_row():
    assert {call.split(".")[1] for call, _ in CALLS} == {peer.__name__.rpartition(".")[2] for peer in PEERS}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_schedule_of_theirs_has_a_row(library):
    assert list(rows_of(library)) == list(LIBRARIES[library]["rows"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_page_names_the_commit_and_the_place(library):
    about = LIBRARIES[library]
    link = re.escape(f"https://github.com/{about['repository']}/") + f"(?:blob|tree)/{about['commit']}/(.+)"
    place = re.search(link, PAGE)
    assert place
    assert all(row["path"].startswith(place[1]) for row in about["rows"].values())
