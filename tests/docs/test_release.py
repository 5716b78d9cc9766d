"""What a release holds together: one version, and one line where an extra is missing."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

import preheat

ROOT = Path(__file__).parents[2]


def test_the_citation_has_the_version_of_the_package():
    (said,) = re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert said == preheat.__version__


def test_the_changelog_begins_with_the_version_of_the_package():
    first = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first
    assert preheat.__version__.startswith(first[1])


def test_without_torch_the_adapter_says_what_to_install(monkeypatch):
    ours = [name for name in sys.modules if name.startswith(("preheat.torch", "preheat._torch", "preheat._finder"))]
    for name in ours:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        import_module("preheat.torch")
    assert str(caught.value) == 'preheat.torch needs torch: pip install "preheat[torch]"'
    assert caught.value.name == "torch"
