"""Every plan that the pages write can be exported, with its values."""

import re
from typing import Any

from book import ROOT

from exporting import ran
from preheat import Plan, parse, resolve

UNITS: dict[str, Any] = {
    "total_steps": 10_000,
    "steps_per_epoch": 100,
    "samples_per_step": 64,
    "tokens_per_step": 4_096,
    "beta2": 0.99,
}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def plans_on_pages():
    """Each text between backticks, and each line of a block, that means a plan; those in units once resolved."""
    found: dict[str, Plan] = {}
    for page in PAGES:
        text = page.read_text("utf-8")
        texts = [
            *re.findall(r"`([^`\n]+)`", text),
            *re.findall(r"^(?:\w+ = |>>> )?(.+?)(?:\s+#.*)?$", text, re.MULTILINE),
        ]
        for one in texts:
            try:
                plan = parse(one)
                found[one] = resolve(plan, **UNITS) if plan.unresolved else plan
            except (TypeError, ValueError):  # no plan, or one that needs another run
                continue
    return {text: plan for text, plan in found.items() if "function(" not in repr(plan)}


def test_the_plans_of_the_pages_have_their_values():
    plans = list(dict.fromkeys(plans_on_pages().values()))
    assert len(plans) >= 100
    for plan, indices, got in ran(plans, "python"):
        assert got == [plan(i) for i in indices], repr(plan)
