"""The book: links lead where its pages are, code stays as it is, and every public name has an entry."""

from book import ROOT, public, there_are, turned

import preheat

PAGE = ROOT / "docs" / "integrations" / "lightning.md"


def test_a_link_to_a_page_kept_outside_of_docs_leads_to_its_place():
    assert turned("[a](../../CONTRIBUTING.md#names)", PAGE) == "[a](../contributing.md#names)"
    assert turned("[a](../../examples/01_first.py)", PAGE) == "[a](../examples/01_first.md)"
    assert turned('<img src="docs/img/plan.png">', ROOT / "README.md") == '<img src="img/plan.png">'


def test_a_link_that_leads_out_of_the_book_is_its_words_alone():
    assert turned("See [the tests](../../tests/helpers/contract.py).", PAGE) == "See the tests."


def test_other_links_and_code_stay_as_they_are():
    text = "[a](https://example.org/b) [c](#d) [e](../torch.md)\n\n```text\n[f](../../tests/helpers/contract.py)\n```\n"
    assert turned(text, PAGE) == text


def test_a_page_that_is_not_written_yet_is_left_out_and_said(capsys):
    assert list(there_are([{"A part": ["gone.md"]}])) == [{"A part": []}]
    assert capsys.readouterr().out == "left out, for there is no such page: gone.md\n"


def test_every_name_of_the_package_has_an_entry_in_the_reference():
    entries = [name for module in ("preheat", "preheat.shapes", "preheat.recipes") for name, _ in public(module)]
    assert set(preheat.__all__) <= set(entries)
