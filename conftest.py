"""For every test, docstring and page: the same random examples in every run, and no new names left behind."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from preheat._plan import VOCABULARY

settings.register_profile("preheat", derandomize=True, deadline=None)  # the same examples, and no clock
settings.load_profile("preheat")


@pytest.fixture(autouse=True)
def own_vocabulary() -> Iterator[None]:
    """Remove the shapes and recipes that a test or an example defines."""
    known = dict(VOCABULARY)
    yield
    VOCABULARY.clear()
    VOCABULARY.update(known)
