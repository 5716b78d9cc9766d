"""Hold the peak until you decide to stop, cool down, and branch from the same checkpoint with a longer cooldown.

An edit is kept in the checkpoint with the update at which it was made, so the file says what the run really did.
"""

import torch

from preheat import warmup_constant
from preheat.torch import Scheduler

PLAN = warmup_constant(10)


def started() -> tuple[torch.optim.Optimizer, Scheduler]:
    """A run at update 0."""
    optimizer = torch.optim.SGD(torch.nn.Linear(8, 1).parameters(), lr=0.1)
    return optimizer, Scheduler(optimizer, PLAN)


def train(optimizer: torch.optim.Optimizer, scheduler: Scheduler, updates: int) -> float:
    """Train, and return the learning rate of the last update."""
    for _ in range(updates):
        optimizer.step()
        scheduler.step()
    return scheduler.used()[0]["lr"]


optimizer, scheduler = started()
print(f"held at     {train(optimizer, scheduler, 50):.4f}")
saved = scheduler.state_dict()

for updates, shape in ((10, "one_minus_sqrt"), (20, "cosine")):
    optimizer, branch = started()
    branch.load_state_dict(saved)
    branch.cooldown(updates, shape=shape)
    print(f"half-way at {train(optimizer, branch, updates // 2):.4f}, then {train(optimizer, branch, updates // 2)}")
    print(f"recorded    {branch.state_dict()['edits']}")
