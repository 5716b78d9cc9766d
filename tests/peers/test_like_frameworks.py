"""The schedules of torchtitan, Megatron-LM and nanoGPT against numbers that their own code has given.

`frameworks.json` has them, with the repository, commit and path of that code: the arguments of each call, and the value
at chosen updates, both ends and every boundary among them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from preheat import like

PUBLISHED = json.loads(Path(__file__).with_name("frameworks.json").read_text("utf-8"))
CASES = [(peer, case) for peer, published in PUBLISHED.items() for case in published["cases"]]


@pytest.mark.parametrize(("peer", "case"), CASES, ids=lambda x: x if isinstance(x, str) else str(x["arguments"])[:70])
def test_a_plan_has_the_published_values_of(peer, case, agree, record):
    plan = getattr(getattr(like, peer), case["function"])(**case["arguments"])
    updates, theirs = np.transpose(case["values"])
    record(f"{peer}.{case['function']}", plan, agree([plan(int(i)) for i in updates], theirs))


@pytest.mark.parametrize("peer", PUBLISHED)
def test_the_values_of_each_framework_have_a_run_of_10_000_updates_among_them(peer):
    assert max(update for case in PUBLISHED[peer]["cases"] for update, _ in case["values"]) >= 10_000
