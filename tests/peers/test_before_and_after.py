"""The page that puts each library beside a plan runs, theirs and ours."""

import sys
from pathlib import Path

import pytest

from pages import run_page as run

PAGE = Path(__file__).parents[2] / "docs" / "before-and-after.md"


@pytest.mark.filterwarnings("ignore")  # what the others say is theirs
def test_every_pair_gives_the_same_values(monkeypatch, timm_schedulers):
    monkeypatch.setitem(sys.modules, "timm.scheduler", timm_schedulers)
    run(PAGE, monkeypatch)
