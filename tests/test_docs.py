"""Every example on every page runs, and every link to a file of ours leads to one.

The runner is our own: two short functions, with the page's own line numbers, and nothing more to install (sybil,
mktestdocs and pytest-examples do the same).
"""

import doctest
import re
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from unittest.mock import patch

import pytest

from preheat._plan import VOCABULARY

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

# A fenced block: its indentation, its fence, its language and its lines.
BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>```+|~~~+) *(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^ *(?P=fence)[`~]* *$",
    re.DOTALL | re.MULTILINE,
)
LINK = re.compile(r"""(?:\]\(|^\[[^\]]+\]:\s*|(?:src|href)=")<?(?P<target>[^\s)>"]+)""", re.MULTILINE)

every_page = pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])


def run_page(page, monkeypatch):
    """Run the python blocks of a page in order, and those with prompts (pycon) as doctests, as one script."""
    text = page.read_text("utf-8")
    script = ModuleType("__main__")  # so that what a page defines can be found by name, as in a script of the reader's
    monkeypatch.setitem(sys.modules, "__main__", script)
    for block in BLOCK.finditer(text):
        language, code = block["language"], dedent(block["code"])
        above = text.count("\n", 0, block.start("code"))
        if language == "python":
            exec(compile("\n" * above + code, page, "exec"), script.__dict__)
        elif language == "pycon":
            run_prompts(code, script.__dict__, page, above)
        elif language.lower().startswith("py"):
            raise ValueError(f"{page}:{above}: a block of {language} is not run; call it python or pycon")


def run_prompts(code, names, page, above):
    """Run a session with `>>>` prompts; what is printed must be what the page shows."""
    test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), above)
    test.globs = names  # its own copy would forget what the block defines
    doctest.DebugRunner(verbose=False).run(test, clear_globs=False)


def dead_links(page):
    """The targets of links that should be files of ours and are not."""
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text("utf-8")))
    targets = [target.partition("#")[0] for target in LINK.findall(prose) if not re.match(r"[a-z]+:", target)]
    return [target for target in targets if not (page.parent / target).exists()]


@every_page
def test_the_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with patch.dict(VOCABULARY):  # a shape that a page defines is gone after it
        run_page(page, monkeypatch)


@every_page
def test_the_links_lead_to_files(page):
    assert dead_links(page) == []


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
    [a](page.md#top) ![b](gone.md "title") <img src="none.png"> [c](https://example.org/d) [e](#top) `[f](g)`

[h]: lost.md
"""
    assert dead_links(written(tmp_path, text)) == ["gone.md", "none.png", "lost.md"]
