"""What a framework must keep of a schedule: tests that the file of each framework inherits, and the table they fill.

`--cells FILE` writes, for each framework, its version and what each test marked `shows("a column")` found.
"""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, NamedTuple

import pytest
import torch
from torch.utils.data import Dataset

from pages import run_page
from preheat import cosine, warmup
from processes import afresh, both

PLAN = warmup(4) >> cosine(1, 0.1, steps=20)
LR = 0.05
UPDATES, BATCHES, STOP = 24, 6, 12  # of the run; of an epoch; before the run is stopped, at the end of an epoch
USED = [LR * value for value in PLAN.values()]
PAGES = Path(__file__).parents[2] / "docs" / "integrations"


class Samples(Dataset):  # type: ignore[type-arg]  # of any form
    """Samples of a line, in whichever form a framework wants them."""

    def __init__(self, form=lambda x, y: (x, y), batches=BATCHES):
        self.form = form
        self.x = torch.randn(8 * batches, 4, generator=torch.Generator().manual_seed(0))
        self.y = self.x.sum(1, keepdim=True)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, k):
        return self.form(self.x[k], self.y[k])


def model():
    """A model of a line, the same in every process."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))


class Run(NamedTuple):
    """What is compared of a run: the lr of each update, its loss, and the weights at the end."""

    lrs: list[float]
    losses: list[float]
    weights: list[list[float]]

    @classmethod
    def empty(cls):
        return cls([], [], [])

    def watch(self, optimizer):
        """Read the lr that each update is about to use; after the `Scheduler` is built, whose own hook writes it."""
        optimizer.register_step_pre_hook(lambda one, *_: self.lrs.append(float(one.param_groups[0]["lr"])))

    def lose(self, loss):
        self.losses.append(float(loss.detach()))
        return loss

    def ended(self, module):
        self.weights.extend(parameter.detach().flatten().tolist() for parameter in module.parameters())
        return self


class Contract:
    """The tests; a subclass says who it is about and how a run goes.

    `train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False)` begins, or goes on from the checkpoint in
    the folder; stops after so many updates of the run, saves a checkpoint and returns the `Run`.
    """

    framework: str
    distribution: str
    amp: str  # what mixed precision it has on a CPU; whether a scaler skips updates
    train: ClassVar[Callable[..., Run]]

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls, tmp_path_factory):
        return cls.train(tmp_path_factory.mktemp("whole"))

    @pytest.mark.shows("trains")
    def test_trains_to_a_falling_loss(self, whole):
        quarters = [sum(whole.losses[k : k + BATCHES]) for k in range(0, len(whole.losses), BATCHES)]
        assert quarters == sorted(quarters, reverse=True)
        assert quarters[-1] < quarters[0] / 4

    @pytest.mark.shows("lr true at every update")
    def test_every_update_uses_its_value(self, whole):
        assert whole.lrs == USED

    @pytest.mark.shows("accumulation")
    def test_micro_batches_do_not_move_the_plan(self, tmp_path):
        run = self.train(tmp_path, stop=STOP, accumulate=2)
        assert (run.lrs, len(run.losses)) == (USED[:STOP], 2 * STOP)

    @pytest.mark.shows("AMP")
    def test_mixed_precision_keeps_the_plan(self, tmp_path):
        lrs, losses, _ = self.train(tmp_path, amp=True)
        assert lrs == USED[: len(lrs)]
        assert len(lrs) > STOP  # a framework may take an update that its scaler skipped for one that was made
        assert (len(losses) > len(lrs)) == self.amp.endswith("skips")

    @pytest.mark.shows("resume bit-identical")
    def test_resumes_in_a_fresh_process_bit_for_bit(self, whole, tmp_path):
        before = self.train(tmp_path, stop=STOP)
        after = afresh(self.train, tmp_path, resume=True)
        assert before.lrs + after.lrs == whole.lrs
        assert before.losses + after.losses == whole.losses
        assert after.weights == whole.weights

    @pytest.mark.shows("several processes")
    def test_two_processes_go_through_the_plan_together(self, tmp_path):
        first, second = both(tmp_path / "store", self.train, tmp_path, stop=STOP)
        assert first.lrs == second.lrs == USED[:STOP]
        assert first.weights == second.weights
        assert first.losses != second.losses  # each has its own samples

    def test_the_page_runs(self, request, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        run_page(PAGES / f"{request.path.stem.removeprefix('test_')}.md", monkeypatch)


class Cells:
    """A plugin of pytest that writes what the marked tests found."""

    def __init__(self, file):
        self.file, self.rows = file, {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        mark = item.get_closest_marker("shows")
        if mark and (call.when == "call" or report.failed):
            column = mark.args[0]
            row = self.rows.setdefault(item.cls.framework, _head(item))
            how = item.cls.amp if column == "AMP" else "yes"
            row["cells"][column] = {"shown": how if report.passed else "no", "by": item.originalname}
        return report

    def pytest_sessionfinish(self):
        known = json.loads(self.file.read_text("utf-8")) if self.file.exists() else {}
        rows = dict(sorted({**known, **self.rows}.items()))
        self.file.write_text(f"{json.dumps(rows, indent=1)}\n", "utf-8")


def _head(item):
    names = dict.fromkeys((item.cls.distribution, "torch"))
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return {"page": item.path.stem.removeprefix("test_"), "version": versions, "cells": {}}
