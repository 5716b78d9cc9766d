"""A plan as a field of a dataclass and of a pydantic model; OmegaConf, Hydra and jsonargparse are in tests/peers."""

import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from preheat import Plan, cosine, function, noam, warmup

CONFIGS = Path(__file__).parents[2] / "examples" / "configs"
TEXT = "warmup(10) >> cosine(1, 0.1, steps=90)"
PLAN = warmup(10) >> cosine(1, 0.1, steps=90)
UNKNOWN = "'warmap' must be the name of a shape; did you mean 'warmup'?"


@dataclass(frozen=True)
class Settings:
    plan: Plan = PLAN


class Training(BaseModel):
    plan: Plan = warmup(2)
    other: Plan | None = None


def test_a_plan_is_a_field_and_a_default_of_a_dataclass():
    settings = replace(Settings(), plan=PLAN / 2)
    assert asdict(settings) == {"plan": 0.5 * PLAN}
    assert len({Settings(), Settings(), settings}) == 2


@pytest.mark.parametrize("given", [TEXT, PLAN])
def test_pydantic_reads_a_plan_and_its_text(given):
    assert Training(plan=given).plan == PLAN


def test_pydantic_writes_a_plan_as_its_text_to_json_and_reads_it_again():
    training = Training(plan=PLAN, other=noam(512, 4000))
    written = '{"plan":"linear(0, 1, steps=10) >> cosine(1, 0.1, steps=90)","other":"noam(512, 4000)"}'
    assert training.model_dump_json() == written
    assert Training.model_validate_json(written) == training


def test_pydantic_keeps_a_plan_a_plan_in_python():
    assert Training(plan=PLAN).model_dump() == {"plan": PLAN, "other": None}


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_in_a_json_schema_a_plan_is_a_string(mode):
    assert TypeAdapter(Plan).json_schema(mode=mode) == {"type": "string"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("warmap(2)", f"parse: line 1, column 1: {UNKNOWN}\n  warmap(2)\n  ^"),
        (3, "plan=3: plan must be a plan or its text"),
    ],
)
def test_pydantic_reports_what_is_no_plan_once(given, sentence):
    with pytest.raises(ValidationError) as caught:
        Training(plan=given)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {sentence}"]


def test_a_plan_without_a_text_is_refused_when_it_is_written():
    words = r"model_dump_json\(plan\): function\(.*<lambda>\) must be importable by name to have a text; define it in a"
    with pytest.raises(ValueError, match=words):
        Training(plan=function(lambda i: 1 / (i + 1))).model_dump_json()


# The examples


def run(name):
    """What an example prints."""
    done = subprocess.run([sys.executable, CONFIGS / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_of_dataclasses():
    assert run("with_dataclasses.py")[1] == "given:    Training(lr=0.001, plan=linear(0, 1, steps=10) >> constant(1))"


def test_the_example_of_pydantic():
    plan = "linear(0, 1, steps=10) >> cosine(1, 0, steps=90)"
    assert run("with_pydantic.py") == [
        f"read:    Training(lr=0.001, plan={plan})",
        f'written: {{"lr":0.001,"plan":"{plan}"}}',
        "again:   True",
        "refused: Value error, parse: line 1, column 15: 'cosin' must be the name of a shape; did you mean 'cosine'?",
    ]
