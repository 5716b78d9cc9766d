"""The page on the length of a warm-up: its numbers are those of the runs that are kept."""

import json
from typing import Any

import how_long
import pytest


def test_the_page_is_what_its_script_writes_from_the_kept_runs():
    assert how_long.PAGE.read_text("utf-8") == how_long.page(), "run `make generated`"


def test_every_model_and_peak_is_in_the_tables_or_told_to_be_missing():
    held = how_long.kept()
    there = {(case.task, case.peak) for case in how_long.cases(held)}
    told = {(task, peak) for task, peak in held["cases"] if f"{task} at {peak:g}" in how_long.missing(held)}
    assert there | told == set(map(tuple, held["cases"]))
    assert not there & told
    assert all(len(case.seeds) == 3 for case in how_long.cases(held))


def search(seed, chosen):
    return {"task": "small", "peak": 0.5, "seed": seed, "warmup_steps": chosen, "updates": 120}


def run(seed, length, loss):
    return {"task": "small", "peak": 0.5, "seed": seed, "run": length, "loss": loss}


HELD: dict[str, Any] = {
    "grid": [0, 10], "seeds": [0, 1], "cases": [["small", 0.5]],
    "results": [
        search(0, 0), run(0, 0, 2.0), run(0, 10, 1.5), search(1, 10), run(1, 0, 3.0), run(1, 10, 2.5),
    ],
}  # fmt: skip


def test_a_regret_is_the_loss_above_the_least_of_the_same_seed():
    (case,) = how_long.cases(HELD)
    assert case.regrets(lambda seed: seed.chosen) == [0.5, 0.0]
    assert list(how_long.regrets_table([case], 10))[2] == (
        "| small | 0.5 | 0, 10 | 2.250 | 2.000 | 0.250 (0.500) | 0.000 (0.000) | 0.500 (0.500) |"
    )
    assert list(how_long.grid_table([case], [0, 10]))[2] == "| small | 0.5 | 2.500 | 2.000 | 120 |"


def test_a_choice_that_is_clearly_worse_is_told():
    assert list(how_long.failures(how_long.cases(HELD))) == [
        "- **small at 0.5**: it chose 0, and the run with 10 ended 0.500 nats lower."
    ]


def test_that_nothing_works_is_told_and_has_no_regret():
    held = json.loads(json.dumps(HELD))
    held["results"][0]["warmup_steps"] = None
    (case,) = how_long.cases(held)
    assert list(how_long.failures([case])) == ["- **small at 0.5**: nothing works, it found on 1 of 2 seeds."]
    assert "nothing works, 10 |  | 2.000 |  |" in list(how_long.regrets_table([case], 10))[2]


@pytest.mark.parametrize("missing", range(6))
def test_a_case_that_is_not_complete_is_left_out(missing):
    held = HELD | {"results": [one for k, one in enumerate(HELD["results"]) if k != missing]}
    assert how_long.cases(held) == []
    assert how_long.missing(held) == "Not run, or not by all seeds: small at 0.5."
