"""A plan as a hyperparameter: the examples with Optuna, by workers of which one is killed, and with Ray Tune."""

import re
import subprocess
import sys
from contextlib import contextmanager
from os import environ, kill
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import optuna
import pytest
from optuna.trial import TrialState

from pages import run_page
from preheat import parse

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "integrations"
TRIALS, PATIENCE = 24, 240


@contextmanager
def started(name, folder, *arguments, **env):
    """An example that runs in a folder."""
    command = [sys.executable, EXAMPLES / name, "--trials", *map(str, arguments)]
    to = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env={**environ, **env}, stdout=to, stderr=to, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process):
    """The lines that it prints until it ends well."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out.splitlines()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The study of a search that lost a worker and was run again, and what both said."""
    folder = tmp_path_factory.mktemp("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = f"sqlite:///{folder}/plans.db"
    with started("optuna_search.py", folder, TRIALS) as process:
        _, *workers = process.stdout.readline().split()
        made, until = optuna.load_study(study_name="plans", storage=storage), monotonic() + PATIENCE
        while not made.get_trials(states=[TrialState.COMPLETE]) and monotonic() < until:
            sleep(0.02)
        kill(int(workers[-1]), SIGKILL)
        before = ended(process)
    with started("optuna_search.py", folder, TRIALS) as process:
        after = ended(process)
    return optuna.load_study(study_name="plans", storage=storage), workers, before, after


def test_workers_share_a_study_which_goes_on_without_one_that_is_killed(study):
    _, workers, before, _ = study
    assert len(workers) == 2
    assert re.match(rf"\d+ of {TRIALS} trials are done", before[0])
    assert 1 <= int(before[0].split()[0]) < TRIALS


def test_run_again_it_does_the_trials_that_are_missing(study):
    made, _, _, after = study
    assert after[-2].startswith(f"{TRIALS} of {TRIALS} trials are done; ")
    states = [trial.state for trial in made.trials]
    assert states.count(TrialState.COMPLETE) == TRIALS
    assert TrialState.RUNNING not in states


def test_the_plans_of_a_study_are_texts_that_are_read_back(study):
    trials = study[0].get_trials(states=[TrialState.COMPLETE])
    plans = [parse(trial.user_attrs["plan"]) for trial in trials]
    assert {plan.steps for plan in plans} == {60}
    assert all(plan(trial.params["warmup_steps"] - 1) == 1 for plan, trial in zip(plans, trials, strict=True))


def test_ray_tune_makes_the_trials_asked_for(tmp_path):
    env = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    with (
        TemporaryDirectory("", "ray") as short,
        started("ray_search.py", tmp_path, 3, RAY_TMPDIR=short, **env) as process,
    ):
        said, best = ended(process)[-2:]  # in a folder with a short name, as it makes sockets there
    assert said.startswith("3 of 3 trials are done; ")
    assert parse(best.partition(", lr")[0]).steps == 60


def test_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(ROOT / "docs" / "integrations" / "tuning.md", monkeypatch)
