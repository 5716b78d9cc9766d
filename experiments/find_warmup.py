"""What `find_warmup` chooses, and what that costs: `python -m experiments.find_warmup`; its page is docs/how-long.md.

For each model, peak and seed: the warm-up that `find_warmup` chooses, then whole runs with every warm-up of a grid,
from the same first weights on the same batches, judged by their loss on held-out data. Each result is kept as soon as
it is there, and what is kept is not made again. `python docs/how_long.py` then writes the page.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from experiments._models import Batch, Task, digits, loss, text
from preheat import Plan, linear, untuned_linear, warmup
from preheat.torch import Scheduler, find_warmup

RESULTS = Path(__file__).parent / "results" / "find_warmup.json"
UPDATES = 400  # of a whole run
BETA2 = 0.95
ASKED = untuned_linear(BETA2).steps or 0  # 2 / (1 - beta2): 40, which is also a tenth of a run
GRID = (0, ASKED, 2 * ASKED, 4 * ASKED, 8 * ASKED)
SEEDS = range(3)
TEXTS, DIGITS = (4e-3, 8e-3, 2e-3), (4e-3, 1e-3, 16e-3)  # peaks
TASKS: dict[str, tuple[Callable[[], Task], tuple[float, ...]]] = {
    "post-LN Transformer": (lambda: text("post", layers=6, width=32, batch=4), TEXTS),
    "MLP": (lambda: digits("mlp"), DIGITS),
    "CNN": (lambda: digits("cnn"), DIGITS),
    "pre-LN Transformer": (lambda: text("pre", layers=6, width=32, batch=4), TEXTS),
}


@dataclass(frozen=True)
class Batches:
    """The batches of a task and a seed."""

    task: Task
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        """From the first on, whenever it is asked."""
        return self.task.batches(self.seed)


class Training:
    """A model with its first weights, its optimizer at the peak, and its training step."""

    def __init__(self, task: Task, peak: float, seed: int) -> None:
        """Begin anew."""
        self.model = task.start(seed)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=peak, betas=(0.9, BETA2), eps=1e-9, fused=True)

    def step(self, batch: Batch) -> torch.Tensor:
        """One update; returns the loss in nats."""
        self.optimizer.zero_grad()
        mean = loss(self.model, batch)
        mean.backward()
        self.optimizer.step()
        return mean


def searched(task: Task, peak: float, seed: int) -> dict[str, Any]:
    """What `find_warmup` says."""
    at = Training(task, peak, seed)
    found = find_warmup(
        at.step, Batches(task, seed), model=at.model, optimizer=at.optimizer, longest=GRID[-1], trivial=task.trivial,
        progress=False,
    )  # fmt: skip
    trials = [
        {"warmup_steps": one.warmup_steps, "updates": one.horizon, "loss": one.loss, "verdict": one.verdict}
        for one in found.trials
    ]
    return {"warmup_steps": found.warmup_steps, "reason": found.reason, "updates": found.updates, "trials": trials}


def trained(task: Task, peak: float, seed: int, warmup_steps: int) -> dict[str, Any]:
    """The loss that a whole run ends with: a warm-up, then a straight line to 0."""
    at = Training(task, peak, seed)
    scheduler = Scheduler(at.optimizer, plan(warmup_steps))
    for _, batch in zip(range(UPDATES), task.batches(seed), strict=False):
        at.step(batch)
        scheduler.step()
    return {"loss": task.judge(at.model)}


def plan(warmup_steps: int) -> Plan:
    """The schedule of a whole run."""
    fall = linear(1, 0, steps=UPDATES - warmup_steps)
    return warmup(warmup_steps) >> fall if warmup_steps else fall


def jobs() -> Iterator[tuple[str, float, int, int | None]]:
    """Task, peak, seed, and the warm-up of a whole run; None for a search."""
    for name, (_, peaks) in TASKS.items():
        for peak, seed, length in product(peaks, SEEDS, (None, *GRID)):
            yield name, peak, seed, length


def kept() -> list[dict[str, Any]]:
    """The results so far."""
    return json.loads(RESULTS.read_text("utf-8"))["results"] if RESULTS.exists() else []


def keep(results: list[dict[str, Any]]) -> None:
    """Write the results so far."""
    cases = [[name, peak] for name, (_, peaks) in TASKS.items() for peak in peaks]
    known = {"torch": torch.__version__, "updates": UPDATES, "beta2": BETA2, "grid": GRID, "seeds": [*SEEDS]}
    lines = ",\n".join(json.dumps(one) for one in results)
    fresh = RESULTS.with_suffix(".new")
    fresh.write_text(json.dumps(known | {"cases": cases})[:-1] + f', "results": [\n{lines}\n]}}\n', "utf-8")
    fresh.replace(RESULTS)  # whole or not at all, whenever it is interrupted


def main() -> None:
    """Make what is missing."""
    torch.set_num_threads(1)  # models so small are slower on more
    task = cache(lambda name: TASKS[name][0]())
    results = kept()
    keep(results)
    done = {(one["task"], one["peak"], one["seed"], one.get("run")) for one in results}
    for job in jobs():
        if job in done:
            continue
        name, peak, seed, length = job
        begun = perf_counter()
        made = searched(task(name), peak, seed) if length is None else trained(task(name), peak, seed, length)
        key = {"task": name, "peak": peak, "seed": seed} | ({} if length is None else {"run": length})
        results.append(key | made | {"seconds": round(perf_counter() - begun, 1)})
        keep(results)
        print(key, made.get("reason", made.get("loss")), results[-1]["seconds"], flush=True)


if __name__ == "__main__":
    main()
