"""What the examples in docstrings and pages stand on: a word that one of them makes is unknown to the next."""

from collections.abc import Iterator

import pytest

from preheat._plan import VOCABULARY


@pytest.fixture(autouse=True)
def words_of_its_own() -> Iterator[None]:
    """Take back the shapes and recipes that a test or an example has made."""
    kept = dict(VOCABULARY)
    yield
    VOCABULARY.clear()
    VOCABULARY.update(kept)
