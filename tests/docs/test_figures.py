"""Numbers on pages that are constants of the code are those of the code."""

from book import ROOT

from preheat import parse
from preheat._analysis.sampling import EVERY, SAMPLES
from preheat._language.parser import LONGEST
from preheat._lint.view import CLOSE, EPOCHS, MANY
from preheat._plan.base import DEEPEST

SEE = " ".join((ROOT / "docs" / "see.md").read_text("utf-8").split())


def test_the_page_on_lint_has_the_tolerances_of_the_rules():
    assert f"Differences of up to {CLOSE:.0%}".replace("%", " %") + " of the plan's height count as none" in SEE
    assert {20: "a twentieth of the run"}[MANY] in SEE
    assert f"in at most {EPOCHS} updates" in SEE


def test_the_page_says_at_how_many_updates_a_plan_is_sampled():
    assert f"Up to {EVERY} updates every one is looked at" in SEE
    assert f"some {SAMPLES} samples" in SEE


def test_the_docstring_of_parse_and_the_page_on_text_have_its_bounds():
    said = " ".join((parse.__doc__ or "").split())
    page = " ".join((ROOT / "docs" / "text.md").read_text("utf-8").split())
    longest = f"at most {LONGEST:,} characters"
    assert longest in said
    assert f"{longest} long and {DEEPEST} brackets deep" in page
    assert f"nested at most {DEEPEST} deep" in said
