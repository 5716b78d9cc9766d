"""Runs, each kept as soon as it is done: an experiment that was stopped goes on where it was."""

import json
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import chain, islice, pairwise
from math import inf, isfinite
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.optim import Adam, Optimizer, RAdam

import preheat
from experiments._models import Batch, Task, loss
from preheat import Plan
from preheat.torch import Scheduler

__all__ = ["BETA2", "RESULTS", "SCORES", "Run", "Setting", "Training", "kept", "trained"]

RESULTS = Path(__file__).parent / "results"
BETA2 = 0.98  # as Vaswani et al. 2017
POINTS = 100  # of a loss curve that is kept, each the mean of its share of the run
SCORES = 20  # times that the score of a task is taken
DIGITS = 6  # of what is kept


@dataclass(frozen=True)
class Setting:
    """One run to be made; whatever changes here makes it another."""

    label: str  # in tables
    task: Task
    plan: Plan  # multiplies lr
    lr: float
    steps: int
    seed: int
    optimizer: str = "Adam"
    norms: bool = False  # whether to keep the L1 norm of every gradient
    device: str = "cpu"

    @property
    def key(self) -> str:
        """All that the outcome depends on."""
        where = "" if self.device == "cpu" else f"; {self.device}"
        run = f"{self.optimizer} at {self.lr:g}; {self.plan!r}; {self.steps} updates; seed {self.seed}"
        return f"{self.task.name}; {run}{where}"


@dataclass(frozen=True)
class Run:
    """A run that was made; losses in nats."""

    key: str
    label: str
    plan: str
    lr: float
    steps: int
    seed: int
    trivial: float
    loss: float  # held out, at the end; infinite where it is not a number
    seconds: float
    curve: list[float]  # the training loss, in POINTS means
    norms: list[float] = field(default_factory=list)  # L1, of every gradient
    scores: list[float] = field(default_factory=list)  # of the task, at SCORES even distances


Training = Callable[[Sequence[Setting]], list[Run]]  # what an experiment asks for its runs
Tell = Callable[[int], None]


def trained(setting: Setting, tell: Tell = lambda _: None) -> Run:
    """Make one run; on the processor with one thread, so that it is the same again."""
    torch.set_num_threads(1)
    began, task, run = perf_counter(), setting.task, _Course([], [], [])
    model = task.start(setting.seed).to(setting.device)
    for done in _updates(setting, model, run):
        if task.score and done * SCORES // setting.steps > (done - 1) * SCORES // setting.steps:
            run.scores.append(task.score(model))
        tell(done)
    end, took = task.judge(model), round(perf_counter() - began, 1)
    return Run(
        **{name: getattr(setting, name) for name in ("key", "label", "lr", "steps", "seed")},
        plan=repr(setting.plan), trivial=task.trivial, loss=end if isfinite(end) else inf, seconds=took,
        curve=_means(run.losses), norms=run.norms, scores=run.scores,
    )  # fmt: skip


class _Course(NamedTuple):
    losses: list[float]
    norms: list[float]
    scores: list[float]


def _updates(setting: Setting, model: nn.Module, run: _Course) -> Iterator[int]:
    """Train, giving the number of updates done."""
    batches = setting.task.batches(setting.seed)
    first = next(batches)
    optimizer = _OPTIMIZERS[setting.optimizer](model, setting.lr, first)
    scheduler = Scheduler(optimizer, setting.plan)
    for batch in islice(chain([first], batches), setting.steps):
        optimizer.zero_grad()
        value = loss(model, batch)
        value.backward()
        if setting.norms:
            run.norms.append(_norm(model))
        optimizer.step()
        scheduler.step()
        run.losses.append(value.item())
        yield len(run.losses)


def _norm(model: nn.Module) -> float:
    return sum(weight.grad.abs().sum().item() for weight in model.parameters() if weight.grad is not None)


def _means(losses: Sequence[float]) -> list[float]:
    edges = [round(k * len(losses) / POINTS) for k in range(POINTS + 1)]
    return [fmean(losses[a:b]) for a, b in pairwise(edges) if a < b]


def _plain(make: type[Optimizer], model: nn.Module, lr: float, _first: Batch) -> Optimizer:
    return make(model.parameters(), lr=lr, betas=(0.9, BETA2), eps=1e-9)  # type: ignore[call-arg]


def _from_first_gradient(model: nn.Module, lr: float, first: Batch) -> Optimizer:
    """Adam whose second moment starts at the square of the first batch's gradient (Kalra and Barkeshli 2024)."""
    optimizer = _plain(Adam, model, lr, first)
    loss(model, first).backward()
    for weight in model.parameters():
        slope = torch.zeros_like(weight) if weight.grad is None else weight.grad
        start = {"step": torch.tensor(0.0), "exp_avg": torch.zeros_like(weight), "exp_avg_sq": slope.square()}
        optimizer.state[weight] = start
    return optimizer


_OPTIMIZERS: dict[str, Callable[[nn.Module, float, Batch], Optimizer]] = {
    "Adam": partial(_plain, Adam), "RAdam": partial(_plain, RAdam), "GI-Adam": _from_first_gradient,
}  # fmt: skip


@dataclass
class Kept:
    """What is kept of an experiment: one file of JSON, written anew after each run."""

    path: Path
    runs: list[Run]
    report: dict[str, Any]  # as the experiment last said it

    def train(self, settings: Sequence[Setting]) -> list[Run]:
        """The runs of these settings: those that are kept, and the others made and kept one by one."""
        done = {run.key: run for run in self.runs}
        missing = [setting for setting in settings if setting.key not in done]
        for count, setting in enumerate(missing, 1):
            head = f"{count} of {len(missing)}: {setting.label}, lr {setting.lr:g}, seed {setting.seed}"
            run = done[setting.key] = trained(setting, partial(_tell, head, setting.steps))
            self.runs.append(run)
            self.write()
            _say(f"{head}: loss {run.loss:.3f}, {run.seconds:.0f} s; {_left(done.values(), missing[count:])} left\n")
        return [done[setting.key] for setting in settings]

    def write(self) -> None:
        """Put it into the file."""
        versions = {"preheat": preheat.__version__, "torch": version("torch"), "python": platform.python_version()}
        content = {"versions": versions, "report": self.report, "runs": [_rounded(asdict(run)) for run in self.runs]}
        self.path.parent.mkdir(exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(_one_line_each(content) + "\n", encoding="utf-8")
        new.replace(self.path)  # whole or not at all, whenever it is interrupted


def kept(name: str, folder: Path = RESULTS) -> Kept:
    """What the file of an experiment holds, if there is one."""
    path = folder / f"{name}.json"
    if not path.exists():
        return Kept(path, [], {})
    content = json.loads(path.read_text(encoding="utf-8"))
    return Kept(path, [_read(run) for run in content["runs"]], content["report"])


def _read(run: dict[str, Any]) -> Run:
    return Run(**{**run, "loss": inf if run["loss"] is None else run["loss"]})


def _rounded(value: Any) -> Any:
    """Numbers with the digits that are kept; what is infinite or no number becomes null, as JSON has neither."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if isfinite(value) else None
    return value


def _one_line_each(content: dict[str, Any]) -> str:
    """JSON with a line for each run."""
    runs = ",\n".join(json.dumps(run, ensure_ascii=False, allow_nan=False) for run in content["runs"])
    head = json.dumps({**content, "runs": []}, indent=1, ensure_ascii=False, allow_nan=False)
    return head.replace('"runs": []', f'"runs": [\n{runs}\n]') if runs else head


def _left(done: Iterable[Run], missing: Sequence[Setting]) -> str:
    """The time that these settings will take, by the pace of the runs that are done."""
    made = [(run.seconds, run.steps) for run in done]
    pace = sum(seconds for seconds, _ in made) / sum(steps for _, steps in made)
    return f"about {pace * sum(setting.steps for setting in missing) / 60:.0f} min"


def _tell(head: str, steps: int, update: int) -> None:
    if sys.stderr.isatty() and update % 10 == 0:
        _say(f"\r{head}: update {update} of {steps}\r")


def _say(words: str) -> None:
    sys.stderr.write(words)
    sys.stderr.flush()
