"""Two processes: ranks agree by construction, one that does not is named, and a metric is reduced over both."""

import json
from math import nan
from typing import Any

import pytest
import torch

from preheat import constant, warmup
from preheat.torch import Plateau, Scheduler
from processes import two_processes

PLAN = warmup(4) >> constant(1)


def trained(updates, *, lr=0.5, plan=PLAN, feedback=None):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)
    scheduler = Scheduler(optimizer, plan, feedback=feedback)
    for _ in range(updates):
        optimizer.step()
        scheduler.step()
    return scheduler


def refusal_of(scheduler):
    try:
        scheduler.check_ranks()
    except RuntimeError as error:
        return str(error)
    return ""


# What rank 0 and rank 1 are made with, and what is said of it: nothing, or what rank 1 differs in.
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "agree": ({"updates": 3}, {"updates": 3}, ""),
    "another update": ({"updates": 2}, {"updates": 3}, "its updates is [3], that of rank 0 is [2]"),
    "another plan": ({"updates": 3}, {"updates": 3, "plan": warmup(8) >> constant(1)}, "linear(0, 1, steps=8)"),
    "another lr": ({"updates": 3}, {"updates": 3, "lr": 0.25}, "its bases is [0.25, 1], that of rank 0 is [0.5, 1]"),
}


def check_all(which):
    return [refusal_of(trained(**made[which])) for *made, _ in PAIRS.values()]


SEEN = {"mean": 2.0, "min": 1.0, "max": 3.0}  # of the metrics 1 and 3


def observe_all(which):
    """What the Plateau of a rank makes of its metric and the other's; and what it says if that of rank 1 is NaN."""
    seen = []
    for reduce in SEEN:
        scheduler = trained(1, feedback=Plateau())
        scheduler.observe((1.0, 3.0)[which], reduce=reduce)
        scheduler.check_ranks()
        seen.append(scheduler.state_dict()["feedback"][-1])
    try:
        scheduler.observe((1.0, nan)[which], reduce="min")
    except ValueError as error:
        seen.append(str(error))
    return seen


def work_of_rank_1(path):
    path.write_text(json.dumps([check_all(1), observe_all(1)]))


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What checks and observations made rank 0 say and see, and rank 1."""
    folder = tmp_path_factory.mktemp("ranks")
    with two_processes(folder / "store", work_of_rank_1, folder / "said"):
        ours = [check_all(0), observe_all(0)]
    return ours, json.loads((folder / "said").read_text())


@pytest.fixture(scope="module")
def refusals(said):
    """What was said of each pair of schedulers."""
    (ours, _), _ = said
    return dict(zip(PAIRS, ours, strict=True))


def test_ranks_that_stand_at_the_same_place_agree(refusals):
    assert refusals["agree"] == ""


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair != "agree"])
def test_a_rank_that_disagrees_is_named(pair, refusals):
    assert refusals[pair].startswith("check_ranks(): rank 1 must agree with rank 0; its ")
    assert PAIRS[pair][2] in refusals[pair]


def test_every_rank_says_and_sees_the_same(said):
    ours, theirs = said
    assert ours == theirs


def test_a_metric_is_reduced_over_the_processes(said):
    (_, (*seen, _)), _ = said
    assert seen == list(SEEN.values())


def test_a_metric_that_is_nan_in_one_process_is_refused_in_all(said):
    for _, (*_, refusal) in said:
        assert refusal.startswith("observe(metric=nan): metric must be a number, not NaN")


def test_without_a_process_group_it_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"check_ranks\(\): torch.distributed must be initialised; call .*init_proc"):
        trained(1).check_ranks()
