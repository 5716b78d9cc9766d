"""A plan as a field of what holds configurations, with the libraries themselves; the files under examples/configs."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from jsonargparse import ArgumentError, ArgumentParser
from jsonargparse.typing import register_type
from omegaconf import OmegaConf

from preheat import Plan, constant, cosine, linear, parse, warmup

CONFIGS = Path(__file__).parents[2] / "examples" / "configs"
TEXT = "warmup(10) >> cosine(1, 0.1, steps=90)"
PLAN = warmup(10) >> cosine(1, 0.1, steps=90)


def run(name, *arguments):
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, name, *arguments], cwd=CONFIGS, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# OmegaConf and Hydra


def test_a_plan_is_a_string_of_omegaconf_with_its_interpolation():
    @dataclass
    class Settings:
        steps: int = 10
        plan: str = "warmup(${steps}) >> cosine(1, 0.1, steps=90)"

    assert parse(OmegaConf.structured(Settings).plan) == PLAN


def test_hydra_makes_a_plan_of_a_target_and_of_a_shape_by_its_own_name():
    with initialize_config_dir(version_base=None, config_dir=str(CONFIGS)):
        config = compose("hydra", overrides=['text="warmup(50) >> constant(1)"'])
    assert instantiate(config.plan) == warmup(50) >> constant(1)
    assert instantiate({"_target_": "preheat.linear", "start": 0, "end": 1, "steps": 4}) == linear(0, 1, steps=4)


# jsonargparse


@pytest.fixture
def parser():
    register_type(Plan, serializer=repr, deserializer=parse, type_check=isinstance)
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--plan", type=Plan, default=warmup(2))
    parser.add_argument("--other", type=Plan | None)
    return parser


def test_jsonargparse_reads_the_text_and_writes_it(parser):
    given = parser.parse_args(["--plan", TEXT])
    assert (given.plan, given.other) == (PLAN, None)
    assert parser.dump(given) == f"plan: {PLAN}\n"
    assert parser.parse_string(parser.dump(given)).plan == PLAN


def test_jsonargparse_shows_what_is_wrong_with_a_text(parser):
    with pytest.raises(ArgumentError, match=r"'warmap' must be the name of a shape; did you mean 'warmup'\?"):
        parser.parse_args(["--plan", "warmap(2)"])


# The examples


def test_the_example_of_omegaconf():
    plan = "cosine(1, 0.1, steps=180)"
    assert run("with_omegaconf.py") == [f"text: warmup(10) >> {plan}", f"plan: linear(0, 1, steps=10) >> {plan}"]


def test_the_example_of_hydra_in_a_folder_that_it_leaves_as_it_was():
    before = sorted(CONFIGS.iterdir())
    assert run("with_hydra.py", "lr=0.1") == [
        f"string   {TEXT}, first lr 0.01",
        f"_target_ {PLAN}, first lr 0.01",
    ]
    assert sorted(CONFIGS.iterdir()) == before


def test_the_example_of_jsonargparse():
    plan = ("--plan", "warmup(10) >> constant(1, steps=5)")
    assert run("with_jsonargparse.py", *plan) == [
        "lr 0.0003 times linear(0, 1, steps=10) >> constant(1, steps=5), 15 updates"
    ]
    assert run("with_jsonargparse.py", *plan, "--print_config") == [
        "lr: 0.0003",
        "plan: linear(0, 1, steps=10) >> constant(1, steps=5)",
    ]


def test_the_example_of_lightning_trains_by_the_plan_of_its_yaml_file():
    said = run("with_lightning.py", "fit", "--config", "lightning.yaml")
    lrs = [float(line.removeprefix("lr ")) for line in said if line.startswith("lr ")]
    assert lrs == [round(0.1 * value, 4) for value in (warmup(2) >> cosine(1, 0.1, steps=6)).values()]
