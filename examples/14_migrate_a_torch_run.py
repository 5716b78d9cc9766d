"""Carry a run over from torch's schedulers, half-way, without a jump."""

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from preheat.torch import from_scheduler


def train(scheduler: torch.optim.lr_scheduler.LRScheduler, updates: int) -> list[float]:
    """Train, and return the learning rate of each update."""
    used = []
    for _ in range(updates):
        used.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return used


def theirs() -> SequentialLR:
    """The run as it was: a warm-up, then a cosine."""
    optimizer = torch.optim.SGD(torch.nn.Linear(8, 1).parameters(), lr=0.1)
    warm, cool = LinearLR(optimizer, 0.1, total_iters=10), CosineAnnealingLR(optimizer, T_max=90)
    return SequentialLR(optimizer, [warm, cool], milestones=[10])


straight = train(theirs(), 100)
old = theirs()
begun = train(old, 40)

found = from_scheduler(old)
print(f"plan:     {found.plan}")
print(f"bases:    {found.bases}\nposition: {found.position}")
new = found.bind(old.optimizer)
far = max(abs(a - b) for a, b in zip(straight, begun + train(new, 60), strict=True))
print(f"furthest from the run that was not moved: {far:.0e}")
