"""Inside preheat: every file that the page names is there, and its map has every folder."""

import re

import pytest
from book import ROOT

PAGE = (ROOT / "docs" / "inside.md").read_text("utf-8")
SRC = ROOT / "src" / "preheat"
WINGS = ("_torch", "cli")  # folders inside these are indented on the map, and named without them


def named(text):
    """The files and folders that a text names."""
    return set(re.findall(r"(?<![\w/.])(?:\w+/)+(?:\w+\.py)?|(?<![\w/.])\w+\.py", re.sub(r"\]\([^)]*\)", "]", text)))


def is_there(name):
    """Whether a name on the page is one of the package, of one of its wings, or of the repository."""
    return any((folder / name).exists() for folder in (SRC, ROOT, *(SRC / wing for wing in WINGS)))


def test_every_file_on_the_page_is_there():
    assert len(named(PAGE)) > 30
    assert {name for name in named(PAGE) if not is_there(name)} == set()


def test_the_map_has_every_file_and_folder_of_the_package():
    drawn = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert drawn
    there = {f"{path.name}{'/' * path.is_dir()}" for path in SRC.iterdir()}
    assert {name for name in there if name[:2] != "__" and name != "py.typed"} <= named(drawn[1])
    assert {f"{path.name}/" for path in (SRC / "_torch").iterdir() if path.is_dir() and path.name[:2] != "__"} <= named(
        drawn[1]
    )


@pytest.mark.parametrize("name", ["_torch/run/no.py", "gone.py", "nowhere/"])
def test_a_name_that_is_not_there_is_seen(name):
    assert named(f"See `{name}`.") == {name}
    assert not is_there(name)
