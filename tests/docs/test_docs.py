"""Every example on every page runs, and every link to a file of ours leads to one."""

import doctest
import json
import re
import runpy
from pathlib import Path

import pytest
from book import BLOCK, ELSEWHERE, ROOT, place

from pages import dead_links, run_page

DOCS = ROOT / "docs"
INTEGRATIONS = DOCS / "integrations"
PAGES = [*(ROOT / name for name in ELSEWHERE), *sorted(DOCS.rglob("*.md"))]
RUN_BY_PEERS = {DOCS / "before-and-after.md", *INTEGRATIONS.iterdir()}
CHINESE = sorted((DOCS / "zh").iterdir())

every_page = pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if page not in {*RUN_BY_PEERS, *CHINESE}],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # what torch does to itself when it compiles
def test_the_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(page, monkeypatch)


@every_page
def test_the_links_lead_to_files(page):
    assert dead_links(page) == []


def test_every_page_has_its_place_in_the_book():
    listed = re.findall(r"([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert {place(page) for page in [*PAGES, *(ROOT / "examples").glob("*.py")]} <= set(listed)
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem) for page in CHINESE])
def test_a_chinese_page_has_the_code_of_the_english_one(page):
    english = ROOT / "README.md" if page.stem == "index" else DOCS / page.name
    theirs = [block[0] for block in BLOCK.finditer(english.read_text("utf-8"))]
    ours = [block[0] for block in BLOCK.finditer(page.read_text("utf-8"))]
    assert ours
    assert ours == theirs[: len(ours) if page.stem == "index" else None]  # of the README, the first screen


def those_with(text):
    """The subjects of the tests with frameworks whose files have that text."""
    files = ROOT.glob("tests/peers/test_*.py")
    return {path.stem.removeprefix("test_") for path in files if re.search(text, path.read_text("utf-8"), re.MULTILINE)}


HELD = r"^class \w+\(Contract\):"


def test_the_pages_of_frameworks_are_run_where_these_are_installed():
    pages = {page.stem: page.read_text("utf-8") for page in INTEGRATIONS.glob("*.md")}
    run = {name for name, text in pages.items() if any(block["language"][:2] == "py" for block in BLOCK.finditer(text))}
    assert run == those_with(rf"{HELD}|run_page\(")


def test_the_table_of_frameworks_is_what_the_tests_wrote():
    table = runpy.run_path(str(INTEGRATIONS / "table.py"))["table"]
    cells = json.loads((INTEGRATIONS / "cells.json").read_text("utf-8"))
    assert table(cells) in (INTEGRATIONS / "README.md").read_text("utf-8"), "run `make frameworks`"
    assert {row["page"] for row in cells.values()} == those_with(HELD)


def test_a_cell_of_the_table_names_the_test_that_filled_it():
    cells = json.loads((INTEGRATIONS / "cells.json").read_text("utf-8"))
    contract = (ROOT / "tests" / "helpers" / "contract.py").read_text("utf-8")
    marked = dict(re.findall(r'@pytest.mark.shows\("(.+)"\)\n    def (\w+)', contract))
    assert all({column: cell["by"] for column, cell in row["cells"].items()} == marked for row in cells.values())


def written(tmp_path, text):
    """A page with that text."""
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")
    return page


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n", AssertionError),
        ("1. In a list:\n\n   ```python\n   1 / 0\n   ```\n", ZeroDivisionError),
        ("~~~python\n1 / 0\n~~~\n", ZeroDivisionError),
        ("```pycon\n>>> 1 + 1\n3\n```\n", doctest.DocTestFailure),
        ("```pycon\n>>> 1 / 0\n```\n", doctest.UnexpectedException),
        ("```py\nx = 1\n```\n", ValueError),
    ],
)
def test_the_runner_sees_an_example_that_is_false(text, error, tmp_path, monkeypatch):
    with pytest.raises(error):
        run_page(written(tmp_path, text), monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        "No example at all.\n",
        "```console\n$ false\n```\n\n```\n1 / 0\n```\n\n```yaml\n1 / 0\n```\n",
        "```python\nx = 1\n```\n\n```pycon\n>>> x\n1\n>>> y = 2\n```\n\n```python\nassert x + y == 3\n```\n",
        "````text\n```python\n1 / 0\n```\n````\n",
        "```python\ndef f(): ...\nimport pickle\nassert pickle.loads(pickle.dumps(f)) is f\n```\n",
    ],
)
def test_the_runner_lets_the_others_pass(text, tmp_path, monkeypatch):
    run_page(written(tmp_path, text), monkeypatch)


def test_an_error_has_the_line_of_the_page(tmp_path, monkeypatch):
    page = written(tmp_path, "# Title\n\n```python\nx = 1\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page, monkeypatch)
    last = caught.traceback[-1]
    assert (Path(last.path), last.lineno + 1) == (page, 5)


def test_a_dead_link_is_seen(tmp_path):
    text = """
# Top of it

    [a](page.md#top-of-it) [a](#bottom) ![b](gone.md "title") <img src="none.png"> [c](https://example.org/d) `[f](g)`

[h]: lost.md
"""
    assert dead_links(written(tmp_path, text)) == ["#bottom", "gone.md", "none.png", "lost.md"]
