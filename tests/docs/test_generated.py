"""What scripts write is complete, and `make generated` runs each of them."""

import re

import gallery
from book import ROOT

from preheat._plan import VOCABULARY

DOCS = ROOT / "docs"
GALLERY = DOCS / "gallery"
PAGE = (GALLERY / "README.md").read_text("utf-8")
NAMES = {name for name, make in VOCABULARY.items() if make.__module__.startswith("preheat.")}
GENERATED = re.search(r"^generated:.*##.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_make_generated_runs_every_script_that_writes_pages():
    assert GENERATED
    writers = {path for path in DOCS.rglob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8")}
    book = DOCS / "book.py"  # it writes the site, which is not kept
    assert set(re.findall(r"docs/\S+\.py", GENERATED[1])) == {str(path.relative_to(ROOT)) for path in writers - {book}}


def test_every_name_of_the_language_has_an_entry_and_a_picture_in_the_gallery():
    assert set(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == NAMES, "run `make generated`"
    assert set(re.findall(r'<img src="(\w+)\.png"', PAGE)) == NAMES, "run `make generated`"
    assert {path.stem for path in GALLERY.glob("*.png")} == NAMES, "run `make generated`"


def test_the_gallery_says_what_the_source_says():
    assert gallery.page() == PAGE, "run `make generated`"


def test_no_picture_is_an_orphan():
    pages = "".join(page.read_text("utf-8") for page in [ROOT / "README.md", *DOCS.rglob("*.md")])
    pictures = {path.name for path in (DOCS / "img").iterdir()}
    assert {name for name in pictures if f"img/{name}" not in pages} == set()
    scripts = "".join(path.read_text("utf-8") for path in [*DOCS.glob("*.py"), ROOT / "benchmarks" / "page.py"])
    assert {name for name in pictures if name not in scripts} == set()
