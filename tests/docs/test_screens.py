"""What pages show of the command `preheat` is what it prints."""

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))

import screens  # noqa: E402  # a script beside the pages


@pytest.mark.parametrize("page", screens.PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_the_commands_print(page):
    text = page.read_text("utf-8")
    assert screens.SESSION.search(text)
    assert screens.current(text) == text
