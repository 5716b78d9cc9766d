"""The page of every schedule in the field: nothing is missing from it, and it is what its script writes."""

import json

import pytest
from peers_table import NUMBERS, entries, page, rows

from preheat import Plan, parse
from promises import LIKE

KEPT = json.loads(NUMBERS.read_text("utf-8"))
SCHEDULES = {entry.partition(": ")[0] for entry in entries()}
NO_PLAN = {row_of for row in rows()["none"] for row_of in row["of"]}


def test_the_page_is_what_its_script_writes():
    assert NUMBERS.with_suffix(".md").read_text("utf-8") == page()


def test_every_row_of_the_survey_is_there():
    assert {kind: len(of_kind) for kind, of_kind in rows().items()} == {
        "shape": 43, "framework": 16, "read": 7, "inside": 8, "nobody": 7, "none": 9,
    }  # fmt: skip


def test_every_schedule_that_was_compared_is_in_a_row():
    assert set(KEPT["largest"]) == SCHEDULES - {"formula"}


def test_every_name_of_the_peers_is_in_a_row():
    assert {f"{library}.{name}" for library, name in LIKE} <= SCHEDULES | NO_PLAN


@pytest.mark.parametrize("entry", entries())
def test_a_row_has_a_plan_and_a_small_difference(entry):
    text, difference = KEPT["entries"][entry]
    assert text.endswith("...") or "<lambda>" in text or isinstance(parse(text), Plan)
    assert difference < (1e-6 if entry.startswith("fastai.") else 1e-11)
