"""A page of ours: its blocks of Python are run, and its links followed.

The runner is our own: two short functions, with the page's own line numbers, and nothing more to install (sybil,
mktestdocs and pytest-examples do the same).
"""

import doctest
import re
import sys
from textwrap import dedent
from types import ModuleType

from book import BLOCK

LINK = re.compile(r"""(?:\]\(|^\[[^\]]+\]:\s*|(?:src|href)=")<?(?P<target>[^\s)>"]+)""", re.MULTILINE)


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
    """The targets of links that should be files of ours, or headings in them, and are not."""
    prose = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text("utf-8")))
    return [target for target in LINK.findall(prose) if not re.match(r"[a-z]+:", target) and is_dead(page, target)]


def is_dead(page, target):
    """Whether a link of a page leads nowhere."""
    name, _, anchor = target.partition("#")
    there = page.parent / name if name else page
    return not there.exists() or (anchor != "" and anchor not in anchors(there))


def anchors(page):
    """What can stand after the `#` of a link to a page: its headings, as code hosts and the book write them."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
